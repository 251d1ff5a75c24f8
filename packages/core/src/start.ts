import { setMaxListeners } from 'node:events'
import { abortGrace } from './budget.ts'
import { now } from './clock.ts'
import { HookTimeoutError } from './errors.ts'
import type { LifecycleEmitter } from './lifecycle-events.ts'
import type { Owner } from './owner.ts'
import type { Entry, Registry } from './registry.ts'
import { callHook } from './tracing.ts'

/** Why a start did not get to its end. */
export interface StartFailure {
  /** The name of the hook that failed; `undefined` when the start was cancelled. */
  readonly hook: string | undefined
  readonly cause: unknown
}

interface StartParts {
  readonly owner: Owner
  readonly registry: Registry
  readonly emitter: LifecycleEmitter
}

/** One start of everything in a registry, oldest first. */
export class Start {
  readonly #parts: StartParts
  readonly #deadline: number
  readonly #window: number
  readonly #interrupt = new AbortController()
  #giveUpAt = Infinity
  #failure: StartFailure | undefined

  /** @param timeout - The time for all hooks together, in ms. */
  constructor(parts: StartParts, timeout: number) {
    this.#parts = parts
    this.#deadline = now() + timeout
    this.#window = abortGrace(timeout)
    setMaxListeners(0, this.#interrupt.signal)
  }

  /** Aborts the signal of the hooks that are starting; they have `window` ms to give up. No further hook is started. */
  cancel(reason: unknown, window: number = this.#window): void {
    this.#fail({ hook: undefined, cause: reason }, window)
  }

  /** Starts one step after the other, and resolves to what went wrong, if anything did. Never rejects. */
  async run(): Promise<StartFailure | undefined> {
    for (const { entries } of this.#parts.registry.steps) {
      if (this.#failure) break
      await Promise.all(entries.filter(({ state }) => state === 'waiting').map((entry) => this.#startEntry(entry)))
    }
    if (!this.#failure) this.#parts.registry.startEnded = true
    return this.#failure
  }

  async #startEntry(entry: Entry): Promise<void> {
    const { name } = entry.hook
    const begin = now()
    entry.state = 'starting'
    this.#parts.emitter.emit('hookStarting', { name })
    const { signal: interrupt } = this.#interrupt
    const rollback = this.#parts.owner.isLifecycle(entry.hook) ? { rollback: false } : {}
    const trace = { lifecycle: this.#parts.owner.name, hook: name, action: 'start' } as const
    const { result, abortReason } = await callHook(trace, (signal) => entry.hook.start?.({ signal, ...rollback }), {
      abortAt: () => this.#deadline,
      abandonAt: () => Math.min(this.#deadline + this.#window, this.#giveUpAt),
      abortError: () =>
        interrupt.aborted
          ? (interrupt.reason as Error)
          : new HookTimeoutError(name, 'start', Math.max(0, this.#deadline - begin), this.#window),
      interrupt,
    })
    if (result?.status === 'fulfilled') {
      entry.state = 'started'
      this.#parts.emitter.emit('hookStarted', { name, detail: result.value })
    } else if (result?.status === 'rejected') {
      entry.state = 'failed'
      this.#fail({ hook: name, cause: result.reason })
    }
    if (abortReason !== undefined) this.#fail({ hook: name, cause: abortReason })
  }

  /** Keeps the first failure, and cuts short what else is starting. */
  #fail(failure: StartFailure, window: number = this.#window): void {
    if (this.#failure) return
    this.#failure = failure
    this.#giveUpAt = now() + window
    this.#interrupt.abort(failure.cause)
  }
}
