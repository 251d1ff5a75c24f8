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
