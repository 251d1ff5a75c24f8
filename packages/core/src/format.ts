import { isNativeError } from 'node:util/types'
import { isInstance } from './is-instance.ts'

/** How many causes of causes are followed. */
export const maxCauses = 5
/** How many members of an `AggregateError` are printed. */
const maxMembers = 10
/** How many causes and members are printed of one error, at all depths together. */
const maxTexts = 15
const unprintable = '(a value that cannot be printed)'
/** The classes that come with Node.js and have a `toString` that lists what is in a value, or has nothing of it. */
const builtIn: ReadonlySet<unknown> = new Set(['Object', 'Array', 'Error', 'Function', 'URLSearchParams'])

/** A duration for people: `7 ms`, `0.52 s`, `12.30 s`. */
export function formatDuration(milliseconds: number): string {
  return milliseconds < 100 ? `${Math.round(milliseconds)} ms` : `${(milliseconds / 1_000).toFixed(2)} s`
}

/** A limit for people, as short as it can be written: `250 ms`, `5 s`, `1.5 s`. */
export function formatLimit(milliseconds: number): string {
  return milliseconds < 1_000
    ? `${Number(milliseconds.toFixed(0))} ms`
    : `${Number((milliseconds / 1_000).toFixed(2))} s`
}

/**
 * The text of a value that a hook returned: a string itself, or what the `toString` of the value's own class returns.
 *
 * Anything else is `undefined`: clients, pools and configurations contain passwords. Credentials in URLs are masked. Never throws.
 */
export function valueText(value: unknown): string | undefined {
  if (typeof value === 'string') return maskCredentials(value)
  try {
    return hasOwnText(value) ? maskCredentials(String(value)) : undefined
  } catch {
    return undefined
  }
}

/**
 * What was thrown, for a log: the stack of an error, with its causes and the members of an `AggregateError`.
 *
 * No other property is printed, because the errors of clients contain configurations. Of what is no error, the type and the message
 * are printed. Credentials in URLs are masked. Never throws.
 */
export function errorText(thrown: unknown): string {
  return maskCredentials(attempt(() => fullText(thrown, new Set()), unprintable))
}

/** What was thrown, on one line: the message, after the name of an error that has one of its own. */
export function errorLine(thrown: unknown): string {
  return maskCredentials(attempt(() => shortText(thrown), unprintable))
}

/** Whether a value is an error, also of another realm. Never throws. */
export function isError(value: unknown): value is Error {
  return isNativeError(value) || isInstance(value, Error)
}

/** A reason in one line. */
export function reasonText(reason: unknown): string {
  return firstLine(typeof reason === 'string' ? maskCredentials(reason) : errorHeader(reason))
}

/** The first line of a text that is not empty. */
export function firstLine(text: string): string {
  return text.split('\n').find((line) => line.trim() !== '') ?? ''
}

/** The lines of a stack that name a call. Empty where an application makes something else of its stacks. */
export function stackFrames(stack: unknown): string[] {
  return typeof stack === 'string' ? stack.split('\n').filter((line) => /^\s*at /.test(line)) : []
}

/** Replaces the characters that would move the cursor, colour the terminal, break the line or turn its direction. */
export function printable(text: string): string {
  return text.replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, '?')
}

/** The same for a text of several lines. */
export function printableLines(text: string): string {
  return text
    .split('\n')
    .map((line) => printable(line.replaceAll('\t', '  ')))
    .join('\n')
}

/** Replaces user names and passwords in URLs, as in `postgres://app:secret@db`. */
export function maskCredentials(text: string): string {
  return text.replaceAll(/:\/\/[^\s/?#"'<>]+@/g, '://***@')
}

/** Whether a value, or a class that it is of, declares its text: a class of the language's own does not. */
function hasOwnText(value: unknown): boolean {
  if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value)) return false
  for (let owner: object | null = value; owner !== null; owner = Object.getPrototypeOf(owner) as object | null) {
    // By the name of the class: a value may be of another realm.
    if (Object.hasOwn(owner, 'toString')) return owner === value || !builtIn.has(classOf(owner))
  }
  return false
}

function fullText(thrown: unknown, seen: Set<unknown>): string {
  if (!isError(thrown)) return thrownText(thrown)
  seen.add(thrown)
  const parts = [`${headerOf(thrown)}${framesOf(thrown)}`]
  const { cause, errors } = thrown as { readonly cause?: unknown; readonly errors?: unknown }
  const members: readonly unknown[] = Array.isArray(errors) ? errors : []
  const more = (title: string, inner: unknown): void => {
    if (seen.size > maxTexts || seen.has(inner)) return
    parts.push(indent(`${title}: ${fullText(inner, seen)}`))
  }
  if (cause !== undefined) more('cause', cause)
  for (const [index, member] of members.slice(0, maxMembers).entries()) {
    more(`error ${index + 1} of ${members.length}`, member)
  }
  return parts.join('\n')
}

function shortText(thrown: unknown): string {
  if (!isError(thrown)) return firstLine(thrownText(thrown))
  const { errors } = thrown as { readonly errors?: unknown }
  // Node says by several errors, and no message, that it could connect to none of the addresses of a host.
  if (messageOf(thrown) === '' && Array.isArray(errors) && errors.length > 0) {
    return `${errorHeader(thrown)}: ${errors.slice(0, maxMembers).map(errorLine).join(', ')}`
  }
  const message = firstLine(messageOf(thrown))
  return message === '' ? errorHeader(thrown) : `${nameOf(thrown)}: ${message}`.replace(/^Error: /, '')
}

/** The name and the message of an error, and of what is no error its type and message. Never throws. */
function errorHeader(thrown: unknown): string {
  return attempt(() => (isError(thrown) ? headerOf(thrown) : thrownText(thrown)), unprintable)
}

function headerOf(error: Error): string {
  const name = nameOf(error)
  const message = messageOf(error)
  const code = textOf((error as { readonly code?: unknown }).code)
  // A code is a word, as `ECONNREFUSED` is. Node itself puts it here where it stands in no message.
  const title = /^\w{1,40}$/.test(code) && !message.includes(code) ? `${name} [${code}]` : name
  return message === '' ? title : `${title}: ${message}`
}

/** The lines of a stack that follow the message. An application may have put anything in its place. */
function framesOf({ stack }: Error): string {
  if (typeof stack !== 'string') return ''
  const frames = stack.split('\n').filter((line) => /^\s+at /.test(line))
  return frames.map((line) => `\n${line}`).join('')
}

/** The type of what is no error, and its message. */
function thrownText(thrown: unknown): string {
  if (typeof thrown === 'string') return thrown === '' ? 'string' : `string: ${thrown}`
  if (typeof thrown === 'function' || typeof thrown === 'symbol') return typeof thrown
  if (typeof thrown !== 'object' || thrown === null) return String(thrown)
  const message = textOf((thrown as { readonly message?: unknown }).message)
  const type = textOf(classOf(thrown)) || 'object'
  return message === '' ? type : `${type}: ${message}`
}

function nameOf(error: Error): string {
  return textOf(error.name) || 'Error'
}

function messageOf(error: Error): string {
  return textOf(error.message)
}

function classOf(value: object): unknown {
  return (value as { readonly constructor?: { readonly name?: unknown } }).constructor?.name
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : ''
}

function indent(text: string): string {
  return text.replaceAll(/^/gm, '  ')
}

/** What a function returns, or a substitute where it throws: a value of an application may be a proxy that does. */
function attempt<Result>(ask: () => Result, substitute: Result): Result {
  try {
    return ask()
  } catch {
    return substitute
  }
}
