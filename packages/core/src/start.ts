import { setMaxListeners } from 'node:events'
import { abortGrace } from './budget.ts'
import { now, since } from './clock.ts'
import { HookTimeoutError } from './errors.ts'
import type { Hook } from './hook.ts'
import type { LifecycleEmitter } from './lifecycle-events.ts'
import { startOutcomeOf } from './outcome.ts'
import type { Owner } from './owner.ts'
import type { Entry, Registry } from './registry.ts'
import type { InterruptedStart } from './report.ts'
import { callHook } from './tracing.ts'

/** Why a start did not get to its end. */
export interface StartFailure {
  /** The name of the hook that failed; `undefined` when the start was cancelled. */
  readonly hook: string | undefined
  readonly cause: unknown
}

/** Until when a stop waits for what is still starting. */
export interface StartBounds {
  /** The instant at which it is abandoned: read anew when `interrupt` aborts. */
  abandonAt(): number
  readonly interrupt: AbortSignal
}

interface StartContext {
  readonly owner: Owner
  readonly registry: Registry
  readonly emitter: LifecycleEmitter
  /** Is called with the first failure: other hooks may still be starting. */
  onFailure(failure: StartFailure): void
}

/** One start of everything in a registry, oldest first. */
export class Start {
  /** The hooks that were starting when something interrupted them, each with how its start ended. */
  readonly interrupted: Map<Hook, InterruptedStart> = new Map()
  readonly #context: StartContext
  readonly #deadline: number
  readonly #grace: number
  readonly #interrupt = new AbortController()
  /** Abort when the instant moves at which starts are abandoned. */
  readonly #bounded = new AbortController()
  readonly #hurried = new AbortController()
  #bounds: StartBounds | undefined
  #failure: StartFailure | undefined
  #over = false

  /** @param timeout - The time for all hooks together, in ms. */
  constructor(context: StartContext, timeout: number) {
    this.#context = context
    this.#deadline = now() + timeout
    this.#grace = abortGrace(timeout)
    setMaxListeners(0, this.#interrupt.signal)
  }

  /** Whether nothing is starting any more. */
  get over(): boolean {
    return this.#over
  }

  /** Aborts the signal of the hooks that are starting. No further hook is started. */
  cancel(reason: unknown): void {
    this.#fail({ hook: undefined, cause: reason })
  }

  /** Abandons what is still starting when its time in a stop is over. Without bounds, whatever interrupts waits for it. */
  bound(bounds: StartBounds): void {
    this.#bounds = bounds
    this.#bounded.abort()
    bounds.interrupt.addEventListener('abort', () => this.#hurried.abort())
  }

  /** Starts one step after the other, and resolves to what went wrong, if anything did. Never rejects. */
  async run(): Promise<StartFailure | undefined> {
    for (const { entries } of this.#context.registry.steps) {
      if (this.#failure) break
      await Promise.all(entries.filter(({ state }) => state === 'waiting').map((entry) => this.#startEntry(entry)))
    }
    this.#over = true
    if (!this.#failure) this.#context.registry.startEnded = true
    return this.#failure
  }

  async #startEntry(entry: Entry): Promise<void> {
    const { hook } = entry
    const { name } = hook
    const { owner, emitter } = this.#context
    const [begin, startedAt] = [now(), Date.now()]
    entry.state = 'starting'
    emitter.emit('hookStarting', { name, hook, deadline: Math.floor(startedAt + this.#deadline - begin) })
    const { signal: interrupt } = this.#interrupt
    const rollback = owner.isLifecycle(hook) ? { rollback: false } : {}
    const trace = { lifecycle: owner.name, hook: name, action: 'start' } as const
    const end = await callHook(trace, (signal) => hook.start?.({ signal, ...rollback }), {
      abortAt: () => this.#deadline,
      abandonAt: () => Math.min(this.#deadline + this.#grace, this.#bounds?.abandonAt() ?? Infinity),
      abortError: () =>
        interrupt.aborted
          ? (interrupt.reason as Error)
          : new HookTimeoutError(name, 'start', Math.max(0, this.#deadline - begin), this.#grace),
      interrupt,
      moved: [interrupt, this.#bounded.signal, this.#hurried.signal],
    })
    const { outcome, detail, error } = startOutcomeOf(end)
    const failedByItself = outcome !== 'started' && !interrupt.aborted
    if (interrupt.aborted) {
      this.interrupted.set(hook, { outcome, startedAt, duration: since(begin), error })
    }
    if (outcome === 'started') {
      entry.state = 'started'
      emitter.emit('hookStarted', { name, detail })
    } else {
      if (outcome !== 'abandoned') entry.state = failedByItself ? 'failed' : 'interrupted'
      emitter.emit('hookNotStarted', { name, outcome, error })
      if (outcome === 'failed' || failedByItself) emitter.emit('hookFailed', { name, what: 'start failed', error })
    }
    if (failedByItself) this.#fail({ hook: name, cause: error })
    // What has started in spite of its limit is too late for what is to start after it.
    else if (end.abortReason !== undefined) this.#fail({ hook: name, cause: end.abortReason })
  }

  /** Keeps the first failure, and interrupts what else is starting. */
  #fail(failure: StartFailure): void {
    if (this.#failure) return
    this.#failure = failure
    this.#interrupt.abort(failure.cause)
    this.#context.onFailure(failure)
  }
}
