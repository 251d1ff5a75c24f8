import { setMaxListeners } from 'node:events'
import { reportingWindowOf, StoppingError } from './errors.ts'
import { describe, expectOptions } from './expect.ts'
import type { Hook, StopContext } from './hook.ts'

/** What became of the tasks that were there when the stop began. */
export class TaskReport {
  /** How many ended in time, well or badly. */
  readonly finished: number
  /** How many were left when the time was over. */
  readonly left: number

  constructor(finished: number, left: number) {
    this.finished = finished
    this.left = left
  }

  toString(): string {
    return `${this.finished} ${this.finished === 1 ? 'task' : 'tasks'} finished, ${this.left} left`
  }
}

/**
 * A hook for background work: its stop waits for what it tracks, and new work is refused from then on.
 *
 * @example
 * const jobs = lifecycle.register(new TaskTracker('jobs'))
 * void jobs.run(async (signal) => deliver(mail, { signal })).catch(logError)
 */
export class TaskTracker implements Hook {
  readonly name: string
  readonly timeout: number | undefined
  readonly #tasks = new Set<Promise<unknown>>()
  readonly #giveUp = new AbortController()
  #stopping: StoppingError | undefined
  #onEmpty: (() => void) | undefined

  /**
   * @param name - The name of the hook.
   * @param options - `timeout`: its own limit, in ms, 1 to 2^31−1. Default: the lifecycle's deadline alone.
   */
  constructor(name: string, options: { readonly timeout?: number | undefined } = {}) {
    expectOptions(options, { timeout: true })
    this.name = name
    this.timeout = options.timeout
    setMaxListeners(0, this.#giveUp.signal)
  }

  /** How many tasks there are at present. */
  get size(): number {
    return this.#tasks.size
  }

  /**
   * Tracks work that is under way, and returns the promise it was given. A rejection stays the caller's to handle.
   *
   * @throws StoppingError when the tracker is stopping; TypeError when `promise` is none.
   */
  track<Tracked extends PromiseLike<unknown>>(promise: Tracked): Tracked {
    if (this.#stopping) throw this.#stopping
    if (typeof (promise as Partial<Tracked> | null | undefined)?.then !== 'function') {
      throw new TypeError(`Expected \`promise\` to be a promise, got ${describe(promise)}`)
    }
    void this.#follow(promise)
    return promise
  }

  /**
   * Begins a task, tracks it, and resolves to what it returns.
   *
   * Rejects with what the task throws; with a StoppingError, and without beginning it, when the tracker is stopping.
   *
   * @param task - Gets a signal that aborts when the time of the stop is over: give up what is left. For work that ends only
   * when it is told to, use `lifecycle.stopping`, which aborts when the stop begins.
   */
  async run<Result>(task: (signal: AbortSignal) => Result | PromiseLike<Result>): Promise<Result> {
    if (this.#stopping) throw this.#stopping
    return this.track((async () => task(this.#giveUp.signal))())
  }

  /** Says how many tasks there are. */
  waitingFor(): string {
    return `${this.size} ${this.size === 1 ? 'task' : 'tasks'}`
  }

  /** Waits until every task has ended, and resolves to how many did. */
  async stop({ signal, reason }: Pick<StopContext, 'signal' | 'reason'>): Promise<TaskReport> {
    this.#stopping = new StoppingError(`task tracker "${this.name}"`, reason)
    const before = this.#tasks.size
    const empty = new Promise<void>((resolve) => {
      this.#onEmpty = resolve
    })
    let timer: NodeJS.Timeout | undefined
    const giveUp = (): void => {
      this.#giveUp.abort(signal.reason)
      timer = setTimeout(() => this.#onEmpty?.(), reportingWindowOf(signal.reason) ?? 0)
    }
    if (signal.aborted) giveUp()
    else signal.addEventListener('abort', giveUp, { once: true })
    if (before > 0) await empty
    signal.removeEventListener('abort', giveUp)
    clearTimeout(timer)
    return new TaskReport(before - this.#tasks.size, this.#tasks.size)
  }

  async #follow(task: PromiseLike<unknown>): Promise<void> {
    const followed = settled(task)
    this.#tasks.add(followed)
    await followed
    this.#tasks.delete(followed)
    if (this.#tasks.size === 0) this.#onEmpty?.()
  }
}

async function settled(task: PromiseLike<unknown>): Promise<void> {
  try {
    await task
  } catch {
    // Whoever began the task has its promise, and with it the error.
  }
}
