import { formatLimit } from './duration.ts'
import type { StopReason } from './hook.ts'
import { isInstance } from './is-instance.ts'
import type { StopReport } from './report.ts'
import { firstLine, valueText } from './value-text.ts'

/** A hook was not done at its limit. It is the reason of the hook's aborted signal, and stands in the report. */
export class HookTimeoutError extends Error {
  override readonly name = 'HookTimeoutError'
  readonly code = 'ERR_HOOK_TIMEOUT'
  /** The name of the hook. */
  readonly hook: string
  /** The time that the hook had, in ms. */
  readonly limit: number
  /** The time that it has left to give up, in ms: after that it is abandoned. */
  readonly abortGrace: number

  constructor(hook: string, action: 'start' | 'beforeStop' | 'stop' | 'check', limit: number, abortGrace: number) {
    super(`Expected \`${action}\` of hook "${hook}" to end within ${formatLimit(limit)}, and it did not`)
    this.hook = hook
    this.limit = limit
    this.abortGrace = abortGrace
  }
}

/** The lifecycle is stopping. It is the reason of `lifecycle.stopping`, and of the signal of a start cut short. */
export class StoppingError extends Error {
  override readonly name = 'StoppingError'
  readonly code = 'ERR_STOPPING'
  readonly reason: StopReason

  constructor(lifecycle: string, reason: StopReason) {
    super(`The ${lifecycle} is stopping: ${reasonText(reason)}`)
    this.reason = reason
  }
}

/** The stop was forced. It is the reason of the signals of the hooks that were still to end. */
export class StopForcedError extends Error {
  override readonly name = 'StopForcedError'
  readonly code = 'ERR_STOP_FORCED'
  /** The name of the hook. */
  readonly hook: string
  /** The time that the hook has left to give up, in ms: after that it is abandoned. */
  readonly abortGrace: number

  constructor(hook: string, abortGrace: number) {
    super(`The stop was forced before hook "${hook}" had ended`)
    this.hook = hook
    this.abortGrace = abortGrace
  }
}

/** The start failed or was cut short; what had started is stopped again. */
export class StartError extends Error {
  override readonly name = 'StartError'
  readonly code = 'ERR_START_FAILED'
  /** The name of the hook that failed; `undefined` when `stop()` cut the start short. */
  readonly hook: string | undefined
  readonly #report: StopReport | undefined

  constructor(hook: string | undefined, cause: unknown, report: StopReport | undefined) {
    const text = isInstance(cause, Error) ? cause.message : valueText(cause)
    super(hook === undefined ? `The start was cut short: ${text}` : `Hook "${hook}" failed to start: ${text}`, {
      cause,
    })
    this.hook = hook
    this.#report = report
  }

  /** How stopping what had started went; `undefined` where that is left to an outer lifecycle. */
  get report(): StopReport | undefined {
    return this.#report
  }
}

/** The stop was not clean. Its `errors` are those of the report. */
export class StopError extends AggregateError {
  override readonly name = 'StopError'
  readonly code = 'ERR_STOP_NOT_CLEAN'
  readonly #report: StopReport

  constructor(report: StopReport) {
    const hooks = report.hooks.filter(({ outcome }) => outcome !== 'stopped' && outcome !== 'not-started')
    super(report.errors, `The stop was not clean: ${hooks.map(({ name, outcome }) => `${name} ${outcome}`).join(', ')}`)
    this.#report = report
  }

  get report(): StopReport {
    return this.#report
  }
}

/** A reason in one line. */
export function reasonText(reason: StopReason): string {
  return firstLine(valueText(reason))
}

/** The time that an aborted signal leaves to give up, in ms, where its reason says. */
export function abortGraceOf(reason: unknown): number | undefined {
  return reason instanceof HookTimeoutError || reason instanceof StopForcedError ? reason.abortGrace : undefined
}

/** How much of the grace period is used by what has a report to deliver: the rest is left for it to arrive. */
const shareBeforeReport = 0.8

/** The same for what has a report to deliver before it is abandoned: a little less. */
export function reportingWindowOf(reason: unknown): number | undefined {
  const window = abortGraceOf(reason)
  return window === undefined ? undefined : window * shareBeforeReport
}
