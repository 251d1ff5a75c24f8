import { tracingChannel } from 'node:diagnostics_channel'
import { boundedCall, type CallEnd, type Limits } from './bounded-call.ts'
import { valueText } from './format.ts'
import type { StopReason } from './hook.ts'
import { callOutcomeOf, outcomeOf } from './outcome.ts'
import type { StopReport } from './report.ts'

/** What subscribers of the tracing channel `lastcall:start` get: the start of one lifecycle. */
export interface StartTrace {
  /** The name of the lifecycle. */
  readonly lifecycle: string
  /** The StartError, once the start has failed and what had started has stopped. */
  readonly error?: unknown
}

/** What subscribers of the tracing channel `lastcall:stop` get: the stop of one lifecycle. */
export interface StopTrace {
  /** The name of the lifecycle. */
  readonly lifecycle: string
  readonly reason: StopReason
  /** The time that the stop has, in ms. */
  readonly timeout: number
  /** The StopReport, once everything has stopped: clean or not, a stop is no error. */
  readonly result?: StopReport
}

/** What subscribers of the tracing channel `lastcall:hook` get: one call of a hook's function. */
export interface HookTrace {
  /** The name of the lifecycle. */
  readonly lifecycle: string
  /** The name of the hook. */
  readonly hook: string
  readonly action: 'start' | 'beforeStop' | 'stop' | 'check'
  /** What the function returned, as text: a string, or what the `toString` of the value's own class returns. */
  readonly result?: string | undefined
  /** What it threw; or why its signal aborted, where it was not done in time, abandoned or not. */
  readonly error?: unknown
}

const startChannel = tracingChannel<unknown, StartTrace>('lastcall:start')
const stopChannel = tracingChannel<unknown, StopTrace>('lastcall:stop')
const hookChannel = tracingChannel<unknown, HookTrace>('lastcall:hook')

/** Runs a start, traced where somebody subscribes. */
export function traceStart(trace: StartTrace, start: () => Promise<void>): Promise<void> {
  return startChannel.hasSubscribers ? startChannel.tracePromise(start, trace) : start()
}

/** Runs a stop, traced where somebody subscribes. */
export function traceStop(trace: StopTrace, stop: () => Promise<StopReport>): Promise<StopReport> {
  return stopChannel.hasSubscribers ? stopChannel.tracePromise(stop, trace) : stop()
}

/** Calls a function of a hook within its limits, as `boundedCall` does, traced where somebody subscribes. */
export function callHook(trace: HookTrace, call: (signal: AbortSignal) => unknown, limits: Limits): Promise<CallEnd> {
  const bounded = (): Promise<CallEnd> => boundedCall(call, limits)
  return hookChannel.hasSubscribers ? traceCall(trace, bounded) : bounded()
}

async function traceCall(trace: HookTrace, call: () => Promise<CallEnd>): Promise<CallEnd> {
  let end: Promise<CallEnd> | undefined
  const traced = async (): Promise<unknown> => {
    end = call()
    return resultOf(trace, await end)
  }
  // How the call ended is judged by who made it.
  await hookChannel.tracePromise(traced, trace).catch(() => {})
  return end ?? call()
}

/** What a call came to, as a promise would tell it: without the value itself, which may contain passwords. */
function resultOf({ action }: HookTrace, end: CallEnd): string | undefined {
  const stops = action === 'stop' || action === 'beforeStop'
  const { outcome, error } = stops ? outcomeOf(end) : callOutcomeOf(end)
  if (outcome !== 'stopped' || end.result?.status !== 'fulfilled') throw error
  return valueText(end.result.value)
}
