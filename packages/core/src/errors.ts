import { errorLine, firstLine, formatLimit, isError, maskCredentials, maxCauses, reasonText } from './format.ts'
import type { StopReason } from './hook.ts'
import type { StopReport } from './report.ts'

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

/** A hook has nothing to do: it stands for something that the application does not use. */
export class HookUnusedError extends Error {
  override readonly name = 'HookUnusedError'
  readonly code = 'ERR_HOOK_UNUSED'
  /** The name of the hook. */
  readonly hook: string

  constructor(hook: string, why: string) {
    super(why)
    this.hook = hook
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
    const text = isError(cause) && cause.message !== '' ? firstLine(maskCredentials(cause.message)) : errorLine(cause)
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

/** The codes of the errors that say that a stop has begun, was forced, or has run out of time for a hook. */
const stopCodes: ReadonlySet<unknown> = new Set(['ERR_STOPPING', 'ERR_STOP_FORCED', 'ERR_HOOK_TIMEOUT'])

/** Whether an error, or one of its causes, is why a signal of a stop aborted. By their codes: there may be two copies of this package. */
export function isStopError(error: unknown, depth = 0): boolean {
  if (typeof error !== 'object' || error === null || depth === maxCauses) return false
  const { code, cause } = error as { readonly code?: unknown; readonly cause?: unknown }
  return stopCodes.has(code) || isStopError(cause, depth + 1)
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
