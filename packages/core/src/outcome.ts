import type { CallEnd } from './bounded-call.ts'
import { StopError } from './errors.ts'
import { isInstance } from './is-instance.ts'
import { type Outcome, StopReport } from './report.ts'

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

/** Judges how a call ended. */
export function outcomeOf({ result, abortReason }: CallEnd): CallOutcome {
  if (result === undefined) return { outcome: 'abandoned', error: abortReason }
  if (result.status === 'rejected' && !isGivingUp(result.reason, abortReason)) {
    return { outcome: 'failed', error: result.reason }
  }
  if (result.status === 'fulfilled' && isInstance(result.value, StopReport) && !result.value.ok) {
    return { outcome: result.value.hooks.reduce(worse).outcome, error: new StopError(result.value) }
  }
  return abortReason === undefined ? { outcome: 'stopped' } : { outcome: 'aborted', error: abortReason }
}

/** Whether a rejection only says that our own signal aborted: its reason, or an `AbortError` that it caused. */
function isGivingUp(error: unknown, abortReason: unknown): boolean {
  return (
    abortReason !== undefined && (error === abortReason || (isInstance(error, Error) && error.cause === abortReason))
  )
}
