import { EventEmitter } from 'eventemitter3'
import type { Hook, StopReason } from './hook.ts'
import type { HookReport, StopReport } from './report.ts'

/** Where a lifecycle is. It only ever moves to the right, and not every stage is visited. */
export type State = 'idle' | 'starting' | 'running' | 'stopping' | 'stopped'

/** The events of a lifecycle, each with its one argument. */
export interface LifecycleEvents {
  /** The state has changed. */
  state: (change: { readonly state: State; readonly previous: State }) => void
  /** The `start` of a hook is about to be called. */
  hookStarting: (hook: { readonly name: string }) => void
  /** The `start` of a hook is done; `detail` is what it returned. */
  hookStarted: (hook: { readonly name: string; readonly detail: unknown }) => void
  /** Stopping begins; `timeout` is the time it has, in ms. */
  stopping: (stop: { readonly reason: StopReason; readonly timeout: number }) => void
  /** The `stop` of a hook is about to be called; `deadline` is its limit: milliseconds since the epoch. */
  hookStopping: (stop: { readonly name: string; readonly hook: Hook; readonly deadline: number }) => void
  /** A hook has stopped, or is no longer waited for. */
  hookStopped: (hook: HookReport) => void
  /** Everything has stopped. */
  report: (report: StopReport) => void
}

type Listener = (argument: never) => unknown

/** An emitter whose listeners cannot disturb who emits, nor each other: what they throw is collected. */
export class LifecycleEmitter {
  readonly #emitter = new EventEmitter<Record<string, [unknown]>>()
  readonly #guarded = new WeakMap<Listener, (argument: unknown) => void>()
  readonly #onError: (error: unknown) => void

  constructor(onError: (error: unknown) => void) {
    this.#onError = onError
  }

  on<Event extends keyof LifecycleEvents>(event: Event, listener: LifecycleEvents[Event]): void {
    this.#emitter.on(event, this.#guard(listener))
  }

  once<Event extends keyof LifecycleEvents>(event: Event, listener: LifecycleEvents[Event]): void {
    this.#emitter.once(event, this.#guard(listener))
  }

  off<Event extends keyof LifecycleEvents>(event: Event, listener: LifecycleEvents[Event]): void {
    this.#emitter.off(event, this.#guard(listener))
  }

  emit<Event extends keyof LifecycleEvents>(event: Event, argument: Parameters<LifecycleEvents[Event]>[0]): void {
    this.#emitter.emit(event, argument)
  }

  #guard(listener: Listener): (argument: unknown) => void {
    const known = this.#guarded.get(listener)
    if (known) return known
    const guard = (argument: unknown): void => {
      void this.#call(listener, argument)
    }
    this.#guarded.set(listener, guard)
    return guard
  }

  async #call(listener: Listener, argument: unknown): Promise<void> {
    try {
      await listener(argument as never)
    } catch (error) {
      this.#onError(error)
    }
  }
}
