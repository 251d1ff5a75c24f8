/** A promise, and the function that fulfils it. */
export function deferred(): { promise: Promise<void>; resolve: () => void } {
  const settle: (() => void)[] = []
  const promise = new Promise<void>((resolve) => settle.push(resolve))
  return { promise, resolve: () => settle[0]?.() }
}
