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
  if (typeof value === 'string') return `the string \`${JSON.stringify(value)}\``
  if (typeof value === 'function') return `the function \`${value.name || 'anonymous'}\``
  if (typeof value !== 'object' || value === null) return `\`${String(value)}\``
  if (Array.isArray(value)) return `an array of ${value.length}`
  return `an object of \`${(Object.getPrototypeOf(value) as { constructor?: Function } | null)?.constructor?.name ?? 'null prototype'}\``
}

/** A duration for people: `7 ms`, `0.52 s`, `12.30 s`. */
export function formatDuration(milliseconds: number): string {
  return milliseconds < 100 ? `${Math.round(milliseconds)} ms` : `${(milliseconds / 1_000).toFixed(2)} s`
}

/** A limit for people, as short as it can be said: `250 ms`, `5 s`, `1.5 s`. */
export function formatLimit(milliseconds: number): string {
  return milliseconds < 1_000
    ? `${Number(milliseconds.toFixed(0))} ms`
    : `${Number((milliseconds / 1_000).toFixed(2))} s`
}
