/** The present on a clock that never jumps, in ms. For instants to hand out, use `Date.now()`. */
export function now(): number {
  return performance.now()
}
