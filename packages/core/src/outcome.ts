import type { CallEnd } from './bounded-call.ts'
import { StopError } from './errors.ts'
import { valueText } from './format.ts'
import { isInstance } from './is-instance.ts'
import { type Outcome, type StartOutcome, StopReport } from './report.ts'

/** What a call of a hook came to. */
export interface CallOutcome {
  readonly outcome: Outcome
  /** Why it is not `stopped`. */
  readonly error?: unknown
}

const severity: readonly Outcome[] = ['not-started', 'stopped', 'aborted', 'abandoned', 'failed']

/** The worse of two outcomes; the first when they are equally bad. */
export function worse<T extends { readonly outcome: Outcome }>(one: T, other: T): T {
  return severity.indexOf(other.outcome) > severity.indexOf(one.outcome) ? other : one
}

/** How a `beforeStop` or `stop` ended: what it returns may say that it has failed. */
export function outcomeOf(end: CallEnd): CallOutcome {
  const { result } = end
  if (result?.status === 'fulfilled') {
    const { value } = result
    if (isInstance(value, StopReport)) {
      if (!value.ok) return { outcome: value.hooks.reduce(worse).outcome, error: new StopError(value) }
    } else if (isNotOk(value)) return { outcome: 'failed', error: refusalOf(value) }
  }
  return callOutcomeOf(end)
}

/** How the call of any function of a hook ended, whatever it returned. */
export function callOutcomeOf({ result, abortReason }: CallEnd): CallOutcome {
  if (result === undefined) return { outcome: 'abandoned', error: abortReason }
  if (result.status === 'rejected' && !isGivingUp(result.reason, abortReason)) {
    return { outcome: 'failed', error: result.reason }
  }
  return abortReason === undefined ? { outcome: 'stopped' } : { outcome: 'aborted', error: abortReason }
}

/** What a call of `start` came to. */
interface StartEnd {
  readonly outcome: StartOutcome
  /** What it returned. */
  readonly detail?: unknown
  /** Why it has not started. */
  readonly error?: unknown
}

/** How a `start` ended: one that gets to its end has started, whether its signal has aborted or not. */
export function startOutcomeOf({ result, abortReason }: CallEnd): StartEnd {
  if (result === undefined) return { outcome: 'abandoned', error: abortReason }
  if (result.status === 'fulfilled') return { outcome: 'started', detail: result.value }
  const gaveUp = isGivingUp(result.reason, abortReason)
  return gaveUp ? { outcome: 'aborted', error: abortReason } : { outcome: 'failed', error: result.reason }
}

/** Whether what a hook returned has `ok: false`: the report of another copy of this package, or the answer to a `fetch`. */
export function isNotOk(value: unknown): value is { readonly ok: false; readonly errors?: unknown } {
  try {
    return (value as { readonly ok?: unknown } | null | undefined)?.ok === false
  } catch {
    return false
  }
}

function refusalOf(value: { readonly errors?: unknown }): AggregateError {
  const errors: unknown[] = Array.isArray(value.errors) ? value.errors : []
  return new AggregateError(errors, valueText(value) ?? 'it returned an object with `ok: false`')
}

/** Whether a rejection only repeats that our own signal aborted: its reason, or an `AbortError` that it caused. */
function isGivingUp(error: unknown, abortReason: unknown): boolean {
  return (
    abortReason !== undefined && (error === abortReason || (isInstance(error, Error) && error.cause === abortReason))
  )
}
