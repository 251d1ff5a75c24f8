import { errorLine, isError, maskCredentials, maxCauses, valueText } from './format.ts'

/** An error as plain data. */
export interface ErrorJson {
  readonly name: string
  /** Such as `ECONNREFUSED`. */
  readonly code?: string
  readonly message: string
  readonly stack?: string
  readonly cause?: ErrorJson
  /** The members of an `AggregateError`. */
  readonly errors?: readonly ErrorJson[]
}

/** What was thrown as plain data, with none of its other properties: clients put their configuration there. Never throws. */
export function errorJson(thrown: unknown, depth = 0): ErrorJson {
  const fallback = { name: isError(thrown) ? 'Error' : typeof thrown, message: errorLine(thrown) }
  try {
    if (!isError(thrown)) return fallback
    const { name, code, message, stack, cause, errors } = thrown as unknown as Readonly<Record<string, unknown>>
    const members: readonly unknown[] = Array.isArray(errors) && depth < maxCauses ? errors : []
    return {
      name: typeof name === 'string' ? name : 'Error',
      ...(typeof code === 'string' && { code }),
      message: maskCredentials(typeof message === 'string' ? message : ''),
      ...(typeof stack === 'string' && { stack: maskCredentials(stack) }),
      ...(cause !== undefined && depth < maxCauses && { cause: errorJson(cause, depth + 1) }),
      ...(members.length > 0 && { errors: members.map((member) => errorJson(member, depth + 1)) }),
    }
  } catch {
    return fallback
  }
}

/**
 * What a hook returned as plain data: a string, or what the `toJSON` or `toString` of its own class returns. Anything else, and an
 * error, is `undefined`: clients, pools and configurations contain passwords. Never throws.
 */
export function valueJson(value: unknown): unknown {
  if (isError(value) || ArrayBuffer.isView(value)) return undefined
  try {
    const { toJSON } = (typeof value === 'object' ? value : undefined) as { toJSON?: unknown }
    if (typeof toJSON === 'function') return JSON.parse(maskCredentials(JSON.stringify(value)))
  } catch {
    // Its text is left.
  }
  return valueText(value)
}
