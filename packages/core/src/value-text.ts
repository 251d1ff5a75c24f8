import { inspect } from 'node:util'

/** What a hook returned or threw, as text for people. Never throws. */
export function valueText(value: unknown): string {
  try {
    return hasOwnText(value) ? String(value) : inspect(value, { depth: 2, breakLength: Infinity })
  } catch {
    return '(a value that cannot be printed)'
  }
}

/** The first line of a text that is not empty. */
export function firstLine(text: string): string {
  return text.split('\n').find((line) => line.trim() !== '') ?? ''
}

/** Whether a value says itself what its text is: a string, a number, an error, a class with a `toString`. */
function hasOwnText(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return true
  const { toString } = value as { toString?: unknown }
  return (
    typeof toString === 'function' && toString !== Object.prototype.toString && toString !== Array.prototype.toString
  )
}
