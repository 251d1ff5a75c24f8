import type { EventEmitter } from 'node:events'

// oxlint-disable-next-line typescript/no-explicit-any -- as EventEmitter declares it
export type Listener = (...args: any[]) => void

/**
 * Listens to events as long as somebody else does: with no listener, Node answers an upgrade or an expectation in its own way,
 * and so it must remain. Its listener is called before the others.
 */
export class Follower {
  readonly #emitter: EventEmitter
  readonly #listeners: ReadonlyMap<string, Listener>

  constructor(emitter: EventEmitter, listeners: ReadonlyMap<string, Listener>) {
    this.#emitter = emitter
    this.#listeners = listeners
    for (const [event, listener] of listeners)
      if (emitter.listenerCount(event) > 0) emitter.prependListener(event, listener)
    emitter.on('newListener', this.#onAdd).on('removeListener', this.#onRemove)
  }

  detach(): void {
    this.#emitter.off('newListener', this.#onAdd).off('removeListener', this.#onRemove)
    for (const [event, listener] of this.#listeners) this.#emitter.off(event, listener)
  }

  readonly #onAdd = (event: string, listener: unknown): void => {
    const ours = this.#listeners.get(event)
    if (ours !== undefined && listener !== ours && this.#emitter.listenerCount(event) === 0) {
      this.#emitter.prependListener(event, ours)
    }
  }

  readonly #onRemove = (event: string): void => {
    const [first, ...others] = this.#emitter.listeners(event)
    const ours = this.#listeners.get(event)
    // Only ours is left.
    if (ours !== undefined && first === ours && others.length === 0) this.#emitter.off(event, ours)
  }
}
