/** Signals for one process, one after the other. */
export interface SignalVolley {
  readonly pid: number
  readonly signals: readonly NodeJS.Signals[]
  /** How long after a signal the next one is sent, in µs. */
  readonly gap: number
}

/** What became of a volley. */
export interface SignalsSent {
  /** How many signals were sent: fewer than asked for when the process was gone. */
  readonly count: number
  /** How long after the signal before it each but the first was sent, in µs. */
  readonly gaps: readonly number[]
}
