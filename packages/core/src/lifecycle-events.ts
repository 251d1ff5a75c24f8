import { EventEmitter } from 'eventemitter3'
import { expectFunction, expectKnown } from './expect.ts'
import type { Hook, StopReason } from './hook.ts'
import type { HookReport, StartOutcome, StopReport } from './report.ts'

/** Where a lifecycle is. It only ever moves to the right, and not every stage is visited. */
export type State = 'idle' | 'starting' | 'running' | 'stopping' | 'stopped'

/** The events of a lifecycle, each with its one argument. */
export interface LifecycleEvents {
  /** The state has changed. */
  state: (change: { readonly state: State; readonly previous: State }) => void
  /** The `start` of a hook is about to be called; `deadline` is its limit: milliseconds since the epoch. */
  hookStarting: (start: { readonly name: string; readonly hook: Hook; readonly deadline: number }) => void
  /** The `start` of a hook is done; `detail` is what it returned. */
  hookStarted: (hook: { readonly name: string; readonly detail: unknown }) => void
  /** The `start` of a hook has failed, has given up because its signal aborted, or is no longer waited for. */
  hookNotStarted: (start: { readonly name: string; readonly outcome: StartOutcome; readonly error: unknown }) => void
  /** A function of a hook has failed, or work that it does beside them; `what` says which: `stop failed`, `a task failed`. */
  hookFailed: (failure: { readonly name: string; readonly what: string; readonly error: unknown }) => void
  /** Stopping begins; `timeout` is the time it has, in ms. */
  stopping: (stop: { readonly reason: StopReason; readonly timeout: number }) => void
  /** The `stop` of a hook is about to be called; `deadline` is its limit: milliseconds since the epoch. */
  hookStopping: (stop: { readonly name: string; readonly hook: Hook; readonly deadline: number }) => void
  /** A hook has stopped, or is no longer waited for. */
  hookStopped: (hook: HookReport) => void
  /** Everything has stopped. */
  report: (report: StopReport) => void
}

const eventNames: Readonly<Record<keyof LifecycleEvents, true>> = {
  state: true,
  hookStarting: true,
  hookStarted: true,
  hookNotStarted: true,
  hookFailed: true,
  stopping: true,
  hookStopping: true,
  hookStopped: true,
  report: true,
}

type Listener = (argument: never) => unknown

/** An emitter whose listeners cannot disturb who emits, nor each other: what they throw is collected. */
export class LifecycleEmitter {
  readonly #emitter = new EventEmitter<Record<string, [unknown]>>()
  readonly #guarded = new WeakMap<Listener, (argument: unknown) => void>()
  readonly #onError: (error: unknown) => void

  /** @param onError - Gets what a listener throws. */
  constructor(onError: (error: unknown) => void) {
    this.#onError = onError
  }

  on<Event extends keyof LifecycleEvents>(event: Event, listener: LifecycleEvents[Event]): void {
    this.#emitter.on(...this.#expect(event, listener))
  }

  once<Event extends keyof LifecycleEvents>(event: Event, listener: LifecycleEvents[Event]): void {
    this.#emitter.once(...this.#expect(event, listener))
  }

  off<Event extends keyof LifecycleEvents>(event: Event, listener: LifecycleEvents[Event]): void {
    this.#emitter.off(...this.#expect(event, listener))
  }

  emit<Event extends keyof LifecycleEvents>(event: Event, argument: Parameters<LifecycleEvents[Event]>[0]): void {
    this.#emitter.emit(event, argument)
  }

  /** @throws TypeError when there is no such event, or `listener` is no function. */
  #expect(event: string, listener: Listener): [event: string, listener: (argument: unknown) => void] {
    expectKnown('`event` to be one of', event, eventNames)
    expectFunction(`\`listener\` of event "${event}"`, listener)
    return [event, this.#guard(listener)]
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
