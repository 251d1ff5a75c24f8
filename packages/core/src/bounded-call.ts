import { setMaxListeners } from 'node:events'
import pTimeout from 'p-timeout'
import { now } from './clock.ts'

/** When a call must end. The instants are read anew whenever they matter: a forced stop moves them. */
export interface Limits {
  /** The instant at which the signal aborts. */
  abortAt(): number
  /** The instant, after that, at which the call is no longer waited for; `Infinity` for one that ends by itself. */
  abandonAt(): number
  /** Makes the error that the signal aborts with. */
  abortError(): Error
  /** Aborts the signal before its limit. */
  readonly interrupt: AbortSignal
  /** Each aborts when `abandonAt` moves. Default: `interrupt` alone. */
  readonly moved?: readonly AbortSignal[]
}

/** How a call ended. */
export interface CallEnd {
  /** What came of it; `undefined` when it was abandoned. */
  readonly result: PromiseSettledResult<unknown> | undefined
  /** Why the signal aborted, and `undefined` when it did not. */
  readonly abortReason: unknown
  /** Settles with the call's result, however late, and never rejects. */
  readonly eventually: Promise<PromiseSettledResult<unknown>>
}

/**
 * Calls a function and waits for it until its limit; then aborts its signal, and waits until it is to be abandoned.
 *
 * A function whose limit has already passed is called all the same, with an aborted signal. Never rejects.
 */
export async function boundedCall(call: (signal: AbortSignal) => unknown, limits: Limits): Promise<CallEnd> {
  const { interrupt, moved = [interrupt] } = limits
  const controller = new AbortController()
  const { signal } = controller
  // Whoever is called may pass it on to any number of others.
  setMaxListeners(0, signal)
  const abort = (): void => controller.abort(limits.abortError())
  interrupt.addEventListener('abort', abort)
  try {
    if (interrupt.aborted || limits.abortAt() <= now()) abort()
    const eventually = settle(() => call(signal))
    let result = signal.aborted ? undefined : await within(eventually, limits.abortAt(), [interrupt])
    if (result === undefined && !signal.aborted) abort()
    for (let again = true; again && result === undefined;) {
      const toCome = moved.filter(({ aborted }) => !aborted)
      result = await within(eventually, limits.abandonAt(), toCome)
      again = toCome.some(({ aborted }) => aborted)
    }
    return { result, abortReason: signal.aborted ? signal.reason : undefined, eventually }
  } finally {
    interrupt.removeEventListener('abort', abort)
  }
}

async function settle(call: () => unknown): Promise<PromiseSettledResult<unknown>> {
  try {
    return { status: 'fulfilled', value: await call() }
  } catch (reason) {
    return { status: 'rejected', reason }
  }
}

/** Timers for a time that has run out: what can settle at once still may, and no longer. */
const oneTurn = {
  setTimeout: (callback: () => void) => setImmediate(callback),
  clearTimeout: (immediate: NodeJS.Immediate) => clearImmediate(immediate),
} as unknown as { setTimeout: typeof setTimeout; clearTimeout: typeof clearTimeout }

/** Resolves to what the promise settles with, or to `undefined` at `instant`, or when one of `signals` aborts before it. */
async function within<T>(
  promise: Promise<T>,
  instant: number,
  signals: readonly AbortSignal[],
): Promise<T | undefined> {
  const milliseconds = instant - now()
  const timers = milliseconds < 1 ? { milliseconds: 1, customTimers: oneTurn } : { milliseconds }
  try {
    return await pTimeout(promise, { ...timers, message: false, signal: AbortSignal.any([...signals]) })
  } catch {
    return undefined
  }
}
