import { setMaxListeners } from 'node:events'

/** Tells the handlers of a server that its listener has closed. */
export class DrainNotice {
  readonly #controller = new AbortController()
  readonly #calls = new Set<() => void>()

  constructor() {
    setMaxListeners(0, this.signal)
  }

  /** Aborts when the notice is given. */
  get signal(): AbortSignal {
    return this.#controller.signal
  }

  /**
   * Calls a function once: when the notice is given, or in the next tick where it has been given. Adding and removing one takes the
   * same time however many there are; with listeners of a signal it does not.
   *
   * @returns A function that removes it.
   */
  subscribe(listener: () => void): () => void {
    const call = (): void => {
      if (this.#calls.delete(call)) listener()
    }
    this.#calls.add(call)
    if (this.signal.aborted) process.nextTick(call)
    return () => void this.#calls.delete(call)
  }

  /** Calls every function. What one throws becomes an uncaught error, as of a listener of the signal, and the others are called. */
  give(): void {
    this.#controller.abort()
    const calls = [...this.#calls]
    for (const call of calls) attempt(call)
  }
}

function attempt(call: () => void): void {
  try {
    call()
  } catch (error) {
    process.nextTick(() => {
      throw error
    })
  }
}
