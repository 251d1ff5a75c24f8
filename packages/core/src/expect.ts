import { maskCredentials } from './format.ts'

/** How much of a string is shown in a message, in characters. */
const maxText = 100

/** The longest delay a timer takes, in ms. A longer one fires after 1 ms (Node API, `setTimeout`). */
export const longestTimeout = 2_147_483_647

/**
 * Checks a duration and returns it.
 *
 * @param option - The name of the option, for the message.
 * @param value - Milliseconds, from `shortest` to 2^31−1.
 * @param shortest - The smallest value allowed. Default 1.
 * @throws TypeError when `value` is not a number.
 * @throws RangeError when it is NaN, infinite or out of range.
 */
export function expectDuration(option: string, value: unknown, shortest = 1): number {
  const expectation = `Expected \`${option}\` to be a number of milliseconds from ${shortest} to ${longestTimeout}`
  if (typeof value !== 'number') throw new TypeError(`${expectation}, got ${describe(value)}`)
  if (!(value >= shortest && value <= longestTimeout)) throw new RangeError(`${expectation}, got \`${value}\``)
  return value
}

/** Names a value that was not what was expected, in a few words. */
export function describe(value: unknown): string {
  if (typeof value === 'string') return `the string \`${JSON.stringify(clip(maskCredentials(value)))}\``
  if (typeof value === 'function') return `the function \`${value.name || 'anonymous'}\``
  if (typeof value !== 'object' || value === null) return `\`${String(value)}\``
  if (Array.isArray(value)) return `an array of ${value.length}`
  return `an object of \`${(Object.getPrototypeOf(value) as { constructor?: Function } | null)?.constructor?.name ?? 'null prototype'}\``
}

function clip(text: string): string {
  return text.length > maxText ? `${text.slice(0, maxText)}…` : text
}

/** Checks that a value is a string with something in it. `what` names it in the message: `` `name` of a hook ``. */
export function expectName(what: string, value: unknown): asserts value is string {
  if (typeof value !== 'string' || value.trim() === '') {
    throw new TypeError(`Expected ${what} to be a string that is not empty, got ${describe(value)}`)
  }
}

/** The names of all options of a kind, for {@link expectOptions}: the compiler notices one that is missing. */
export type OptionNames<Options> = Readonly<Record<keyof Options, true>>

/**
 * Checks that a value is an object that has known keys only.
 *
 * @param known - Every option there is.
 * @param what - Names the value in the message. Default `options`.
 * @throws TypeError when it is not an object, or has a key that is not known: a typo must not pass for a default.
 */
export function expectOptions<Options>(value: Options, known: OptionNames<Options>, what = 'options'): void {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new TypeError(`Expected \`${what}\` to be an object, got ${describe(value)}`)
  }
  for (const key of Object.keys(value)) expectKnown(`\`${what}\` to have only`, key, known)
}

/**
 * Checks that a name is a known one.
 *
 * @param expectation - What has such a name, for the message: `` `options` to have only ``.
 * @throws TypeError that lists the known ones.
 */
export function expectKnown(expectation: string, name: unknown, known: object): void {
  if (typeof name === 'string' && Object.hasOwn(known, name)) return
  const names = Object.keys(known).map((each) => `\`${each}\``)
  const got = typeof name === 'string' ? `\`${clip(name)}\`` : describe(name)
  throw new TypeError(`Expected ${expectation} ${names.join(', ')}, got ${got}`)
}

/** Checks that a value is a function. `what` names it in the message: `` `stop` of hook "http" ``. */
export function expectFunction(what: string, value: unknown): void {
  if (typeof value !== 'function') throw new TypeError(`Expected ${what} to be a function, got ${describe(value)}`)
}

/** Checks that a value is an `AbortSignal`, where there is one. */
export function expectSignal(signal: unknown): void {
  if (signal !== undefined && !(signal instanceof AbortSignal)) {
    throw new TypeError(`Expected \`signal\` to be an AbortSignal, got ${describe(signal)}`)
  }
}
