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
  /**
   * Opens the thing. A hook without `start` counts as started. What it returns is logged where it is a string, or has a `toString` of
   * its own class.
   */
  start?(context: StartContext): unknown
  /** Called for all hooks at once, before any `stop`: stop attracting work, but keep serving. */
  beforeStop?(context: StopContext): unknown
  /**
   * Finishes the work and releases the thing. After an interrupted `start` it is called as well, once that has ended.
   *
   * What it returns is the `detail` of the report, and printed where it is a string, or has a `toString` of its own class. An object
   * that has `ok: false` means that it has failed; its `errors` say how.
   */
  stop?(context: StopContext): unknown
  /**
   * Says what its `stop` is still waiting for, in a few words: `3 tasks`. Shown when the stop has not ended after a third of its time,
   * and in the report when it is abandoned. What it throws is as if it had said nothing.
   */
  waitingFor?(): string | undefined
  /**
   * Says why the hook has nothing to do: a server that does not listen. It is called 1 s after everything has started, and what it
   * returns is logged as a warning. It is called again before `stop`: a hook that is still unused by then has failed. What it throws
   * is as if it had said nothing.
   */
  unused?(): string | undefined
  /**
   * Is called when the hook is registered, with a function to report failures outside of the other functions, such as that of a
   * background task. They are logged: `jobs: a task failed: Error: …` for `report('a task failed', error)`.
   */
  reportFailures?(report: ReportFailure): void
  /** Says whether the thing is healthy: it throws when it is not, or returns an object whose `ok` is `false`. */
  check?(context: CheckContext): unknown
}

/** Takes what has failed, in a few words, and the error. */
export type ReportFailure = (what: string, error: unknown) => void

/** What a value must have to be registered: a hook has at least one of these functions. */
export interface HookNeeds {
  readonly 'a hook has `start`, `beforeStop`, `stop` or `check`': never
}

/**
 * Is `unknown` for a hook, and for a group of hooks, and cannot be fulfilled by an object that has no function to call, such as a
 * client or a pool.
 */
export type Registrable<Registered> = Registered extends readonly unknown[]
  ? { readonly [Index in keyof Registered]: Registrable<Registered[Index]> }
  : keyof Registered & ('start' | 'beforeStop' | 'stop' | 'check') extends never
    ? HookNeeds
    : unknown

/** Hooks that start together and stop together. */
export type HookGroup = readonly Hook[]
