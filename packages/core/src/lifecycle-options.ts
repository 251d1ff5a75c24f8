import type { OptionNames } from './expect.ts'
import type { StopReason } from './hook.ts'

export interface LifecycleOptions {
  /** Names the lifecycle in messages. Default `'lifecycle'`. */
  readonly name?: string | undefined
  /** The time that a whole stop may take. Milliseconds, 1 to 2^31−1. Default 9,000. */
  readonly timeout?: number | undefined
  /** The time that a whole start may take. Milliseconds, 1 to 2^31−1. Default 60,000. */
  readonly startTimeout?: number | undefined
}

export interface StartOptions {
  /** Cancels the start when it aborts. */
  readonly signal?: AbortSignal | undefined
  /**
   * Whether what had started is stopped when the start fails. Default `true`; an outer lifecycle says `false`, because it stops
   * this one in its turn.
   */
  readonly rollback?: boolean | undefined
}

export interface StopOptions {
  /**
   * Why it stops: stands in the report and in every hook's context. Default `'stop()'`. That of a later call changes nothing;
   * where it is an error, it is kept in the report's `errors`.
   */
  readonly reason?: StopReason | undefined
  /**
   * The instant by which it must have stopped, in ms since the epoch. A `timeout` that the lifecycle was given still holds.
   * Default: the lifecycle's timeout from now.
   */
  readonly deadline?: number | undefined
  /** Forces the stop when it aborts. */
  readonly signal?: AbortSignal | undefined
  /** Aborts every hook's signal at once: one grace period, min(250 ms, 5 % of the timeout), is left. Default `false`. */
  readonly force?: boolean | undefined
}

export interface CheckOptions {
  /** The time for each hook's check. Milliseconds, 1 to 2^31−1. Default 900. */
  readonly timeout?: number | undefined
  /** Cuts the checks short: those that have not ended have failed. */
  readonly signal?: AbortSignal | undefined
}

export const lifecycleOptions: OptionNames<LifecycleOptions> = { name: true, timeout: true, startTimeout: true }
export const startOptions: OptionNames<StartOptions> = { signal: true, rollback: true }
export const stopOptions: OptionNames<StopOptions> = { reason: true, deadline: true, signal: true, force: true }
export const checkOptions: OptionNames<CheckOptions> = { timeout: true, signal: true }
