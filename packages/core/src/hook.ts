/** Why a lifecycle stops: a word such as `'SIGTERM'`, or the error that brought the process down. */
export type StopReason = string | Error

/** What a `start` function gets. */
export interface StartContext {
  /** Aborts when the start takes too long, another start has failed, or `stop()` was called meanwhile. */
  readonly signal: AbortSignal
}

/** What a `beforeStop` or `stop` function gets. It is a valid argument for the `stop` of another lifecycle. */
export interface StopContext {
  /** Aborts at the hook's limit or when the stop is forced: give up what is left, the grace period has begun. */
  readonly signal: AbortSignal
  /** The hook's limit as an instant: milliseconds since the epoch, comparable with `Date.now()`. */
  readonly deadline: number
  readonly reason: StopReason
}

/** What a `check` function gets. */
export interface CheckContext {
  /** Aborts at the check's limit. */
  readonly signal: AbortSignal
}

/** One thing that is started and stopped. Every function may be sync or async; a throw is a rejection like any other. */
export interface Hook {
  /** Names the hook in reports, logs and errors. A non-empty string, unique within its lifecycle. */
  readonly name: string
  /**
   * The hook's own limit, and the time that is set aside for it while earlier hooks stop.
   *
   * Milliseconds, 1 to 2^31−1. Default: no limit but the lifecycle's deadline, and a floor is set aside,
   * min(1 s, a half of the lifecycle's timeout ÷ the number of steps).
   */
  readonly timeout?: number | undefined
  /** Opens the thing. What it returns is shown in the log. A hook without `start` counts as started. */
  start?(context: StartContext): unknown
  /** Called for all hooks at once, before any `stop`: stop attracting work, but keep serving. */
  beforeStop?(context: StopContext): unknown
  /** Finishes the work and releases the thing. What it returns goes into the report. */
  stop?(context: StopContext): unknown
  /**
   * Says what its `stop` is still waiting for, in a few words: `3 tasks`. Shown when the stop has not ended after a third of its time,
   * and in the report when it is abandoned. What it throws is as if it had said nothing.
   */
  waitingFor?(): string | undefined
  /** Says whether the thing is healthy: it throws when it is not, or returns an object whose `ok` is `false`. */
  check?(context: CheckContext): unknown
}

/** Hooks that start together and stop together. */
export type HookGroup = readonly Hook[]
