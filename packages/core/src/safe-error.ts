import { StartError } from './errors.ts'
import { isError, maxCauses } from './format.ts'

/** What is copied of an error: Node.js prints every property of an error that nothing catches. */
const copied = ['name', 'message', 'stack', 'code'] as const

/**
 * Copies an error, for a rejection that Node.js may print: of the same class, with the same name, message, stack and code, and copies
 * of its cause and members. It has no other property, because clients put their configuration there. What is no error stays as it is.
 */
export function safeError(error: unknown, depth = 0): unknown {
  if (!isError(error)) return error
  if (error instanceof StartError) return new StartError(error.hook, safeError(error.cause), error.report)
  const copy = Object.create(Object.getPrototypeOf(error) as object) as Error
  for (const key of copied) define(copy, key, (error as { readonly code?: unknown } & Error)[key], error)
  if (depth === maxCauses) return copy
  const { errors, cause } = error as { readonly errors?: unknown; readonly cause?: unknown }
  define(copy, 'cause', safeError(cause, depth + 1), error)
  if (Array.isArray(errors)) {
    const members = errors.map((member) => safeError(member, depth + 1))
    define(copy, 'errors', members, error)
  }
  return copy
}

/** Gives a copy a property that its original has itself, and that is not printed besides the stack. */
function define(copy: Error, key: string, value: unknown, original: Error): void {
  if (value === undefined || !Object.hasOwn(original, key)) return
  Object.defineProperty(copy, key, { value, writable: true, configurable: true, enumerable: key === 'code' })
}
