/** What a hook returned or threw, as text for people. Never throws. */
export function valueText(value: unknown): string {
  try {
    const plain = typeof value === 'object' && value?.toString === Object.prototype.toString
    return plain ? JSON.stringify(value) : String(value)
  } catch {
    return '(a value that cannot be printed)'
  }
}
