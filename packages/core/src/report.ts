import type { StopReason } from './hook.ts'
import { type ErrorJson, errorJson, valueJson } from './json.ts'
import { isInstance } from './is-instance.ts'
import { isError } from './format.ts'
import { drawReport } from './picture.ts'

/**
 * How a hook ended.
 *
 * - `stopped`: it was done before its limit.
 * - `aborted`: its signal aborted, and it gave up within the grace period.
 * - `abandoned`: it was still not done after that, and was abandoned.
 * - `failed`: it threw or rejected.
 * - `not-started`: its `start` had not run, so there was nothing to stop.
 */
export type Outcome = 'stopped' | 'aborted' | 'abandoned' | 'failed' | 'not-started'

/**
 * How a `start` ended that something interrupted: a stop, or the failure of another hook.
 *
 * - `started`: it got to its end all the same.
 * - `aborted`: its signal aborted, and it gave up.
 * - `abandoned`: it was still not done at its limit.
 * - `failed`: it threw or rejected for another reason than its signal.
 */
export type StartOutcome = 'started' | 'aborted' | 'abandoned' | 'failed'

/** An interrupted `start`. */
export interface InterruptedStart {
  readonly outcome: StartOutcome
  /** The instant at which it was called: milliseconds since the epoch. */
  readonly startedAt: number
  /** How long it took, or how long it was waited for, in ms. */
  readonly duration: number
  /** What it failed with, or why its signal aborted. */
  readonly error?: unknown
}

/** What came of one `beforeStop`. */
export interface BeforeStopReport {
  readonly outcome: Outcome
  /** The instant at which it was called: milliseconds since the epoch. */
  readonly startedAt: number
  /** How long it took, or how long it was waited for, in ms. */
  readonly duration: number
  /** What it failed with, or why its signal aborted. */
  readonly error?: unknown
}

/** How one hook stopped. */
export interface HookReport {
  readonly name: string
  /** The worst of what came of its `beforeStop`, of its `stop`, and of a `start` that the stop interrupted. */
  readonly outcome: Outcome
  /** The instant at which its `stop` was called: milliseconds since the epoch. */
  readonly startedAt: number
  /** How long it took, or how long it was waited for, in ms. */
  readonly duration: number
  /** How its `start` ended, where the stop interrupted it. */
  readonly start?: InterruptedStart
  /** What came of its `beforeStop`, where it has one. */
  readonly beforeStop?: BeforeStopReport
  /** What it failed with; for `aborted` and `abandoned`, why its signal aborted. */
  readonly error?: unknown
  /** What `stop` returned. */
  readonly detail?: unknown
  /** What it was still waiting for when it was abandoned, where its `waitingFor` said so. */
  readonly waitingFor?: string
  /** How long after it was abandoned it settled after all, in ms, if that was before the stop ended. */
  readonly settledLate?: number
}

/** A {@link HookReport} as plain data. */
export interface HookReportJson extends Omit<HookReport, 'start' | 'beforeStop' | 'error'> {
  readonly start?: Omit<InterruptedStart, 'error'> & { readonly error?: ErrorJson }
  readonly beforeStop?: Omit<BeforeStopReport, 'error'> & { readonly error?: ErrorJson }
  readonly error?: ErrorJson
}

/** A {@link StopReport} as plain data. */
export interface StopReportJson extends Pick<StopReport, 'ok' | 'timeout' | 'scale' | 'startedAt' | 'duration'> {
  readonly reason: string | ErrorJson
  readonly hooks: readonly HookReportJson[]
  readonly errors: readonly ErrorJson[]
}

/** How a stop went. As a string it is a picture: one bar a hook on one time axis. */
export class StopReport {
  static {
    // What `console.log` prints of it: the picture, and nothing else that a hook returned or threw.
    Object.defineProperty(StopReport.prototype, Symbol.for('nodejs.util.inspect.custom'), {
      value(this: StopReport) {
        return this.toString()
      },
    })
  }

  /** Whether every hook that had started was `stopped`. */
  readonly ok: boolean
  readonly reason: StopReason
  /** The time that the stop had, in ms. */
  readonly timeout: number
  /** What the hooks' declared timeouts were multiplied with to fit into the timeout: 1 when they fitted. */
  readonly scale: number
  /** The instant at which stopping began: milliseconds since the epoch. */
  readonly startedAt: number
  /** How long it took, in ms. */
  readonly duration: number
  /** The hooks in the order in which they stopped. */
  readonly hooks: readonly HookReport[]
  /** Everything that was thrown, by hooks and by listeners, in the order in which it came. */
  readonly errors: readonly unknown[]

  constructor(facts: Omit<StopReport, 'ok' | 'toString' | 'toJSON'>) {
    this.ok = facts.hooks.every(({ outcome }) => outcome === 'stopped' || outcome === 'not-started')
    this.reason = facts.reason
    this.timeout = facts.timeout
    this.scale = facts.scale
    this.startedAt = facts.startedAt
    this.duration = facts.duration
    this.hooks = facts.hooks
    this.errors = facts.errors
  }

  /** Draws the picture: plain text, at most 100 columns wide, no newline at its end. */
  toString(): string {
    return drawReport(this, (detail) => isInstance(detail, StopReport))
  }

  /**
   * The report as plain data, which is safe to log: errors with `name`, `code`, `message`, `stack`, their `cause` and members, and
   * nothing else; a `detail` where it is a string, or has a `toJSON` or `toString` of its own class.
   */
  toJSON(): StopReportJson {
    const { ok, reason, timeout, scale, startedAt, duration, hooks, errors } = this
    return {
      ok,
      reason: isError(reason) ? errorJson(reason) : reason,
      timeout,
      scale,
      startedAt,
      duration,
      hooks: hooks.map(hookJson),
      errors: errors.map((error) => errorJson(error)),
    }
  }
}

function hookJson({ detail, error, start, beforeStop, ...facts }: HookReport): HookReportJson {
  const shown = valueJson(detail)
  return {
    ...facts,
    ...(start && { start: callJson(start) }),
    ...(beforeStop && { beforeStop: callJson(beforeStop) }),
    ...(error !== undefined && { error: errorJson(error) }),
    ...(shown !== undefined && { detail: shown }),
  }
}

function callJson<Call extends { readonly error?: unknown }>({
  error,
  ...facts
}: Call): Omit<Call, 'error'> & { readonly error?: ErrorJson } {
  return { ...facts, ...(error !== undefined && { error: errorJson(error) }) }
}
