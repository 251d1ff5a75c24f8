/** The present on a clock that never jumps, in ms. For instants to hand out, use `Date.now()`. */
export function now(): number {
  return performance.now()
}

/** The time since an instant of that clock, in ms, to the microsecond. */
export function since(instant: number): number {
  return Math.round((now() - instant) * 1_000) / 1_000
}
