/** Whether a value that may be anything is an instance of a class. Never throws: a proxy may, at the question. */
export function isInstance<Instance>(
  value: unknown,
  type: abstract new (...args: never[]) => Instance,
): value is Instance {
  try {
    return value instanceof type
  } catch {
    return false
  }
}
