import type { Hook, StopContext } from '../src/index.ts'

/** Makes hooks that write down what is called, in one list. */
export class Recorder {
  readonly calls: string[] = []
  readonly contexts = new Map<string, StopContext>()

  /** A hook that starts and stops, each taking so many ms. */
  hook(name: string, { start = 0, stop = 0 }: { start?: number; stop?: number } = {}): Hook {
    return { ...this.open(name, stop), start: () => this.#take(`start ${name}`, start) }
  }

  /** A hook that is open from the beginning, and whose stop takes so many ms. */
  open(name: string, stop = 0): Hook {
    return {
      name,
      stop: (context) => {
        this.contexts.set(name, context)
        return this.#take(`stop ${name}`, stop)
      },
    }
  }

  /** A hook whose stop never ends. */
  hanging(name: string, options: { timeout?: number } = {}): Hook {
    return {
      name,
      ...options,
      stop: (context) => {
        this.contexts.set(name, context)
        this.calls.push(`stop ${name}`)
        return new Promise(() => {})
      },
    }
  }

  async #take(what: string, milliseconds: number): Promise<void> {
    this.calls.push(what)
    if (milliseconds === 0) return
    await new Promise((resolve) => {
      setTimeout(resolve, milliseconds)
    })
    this.calls.push(`${what} done`)
  }
}
