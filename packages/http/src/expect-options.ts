import { describe } from '@lastcall/core'

/** @throws TypeError when a value is no object that could hold options. */
export function expectOptions(value: unknown): void {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return
  throw new TypeError(`Expected \`options\` to be an object, got ${describe(value)}`)
}
