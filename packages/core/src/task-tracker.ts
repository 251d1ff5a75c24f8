import { setMaxListeners } from 'node:events'
import { now } from './clock.ts'
import { isStopError, reportingWindowOf, StoppingError } from './errors.ts'
import { describe, expectDuration, expectFunction, expectOptions } from './expect.ts'
import type { Hook, ReportFailure, StopContext } from './hook.ts'

/** How many errors of failed tasks a report keeps. */
const maxErrors = 10

/** What became of the tasks that were in flight when the stop began, or came before the tracker's own turn. */
export class TaskReport {
  /** How many ended in time, those among them that gave up because they were told to stop. */
  readonly finished: number
  /** How many threw or rejected for another reason. */
  readonly failed: number
  /** How many had not ended when the time was over. */
  readonly left: number
  /** What the first 10 of them failed with. */
  readonly errors: readonly unknown[]

  constructor({ finished, failed, left, errors }: Pick<TaskReport, 'finished' | 'failed' | 'left' | 'errors'>) {
    this.finished = finished
    this.failed = failed
    this.left = left
    this.errors = errors
  }

  /** Whether no task failed: a report that is not makes the stop unclean. */
  get ok(): boolean {
    return this.failed === 0
  }

  toString(): string {
    const failed = this.failed === 0 ? '' : `, ${this.failed} failed`
    return `${this.finished} ${this.finished === 1 ? 'task' : 'tasks'} finished${failed}, ${this.left} left`
  }
}

/**
 * A hook for background work: its stop waits for what it tracks, and refuses new work from then on.
 *
 * A task that rejects because it was told to stop has ended, and not failed: by its own signal, by `lifecycle.stopping`, or because
 * the tracker refused work that it offered. Such a rejection never crashes the process, also where nothing handles it. Any other is
 * a failure. It is logged once with its stack, and makes the stop unclean where the stop had begun.
 *
 * @example
 * const jobs = lifecycle.register(new TaskTracker('jobs'))
 * jobs.every(60_000, (signal) => refresh({ signal }))
 * queue.on('message', (message) => jobs.run((signal) => deliver(message, { signal })).catch(requeue))
 */
export class TaskTracker implements Hook {
  readonly name: string
  readonly timeout: number | undefined
  readonly #tasks = new Set<Promise<unknown>>()
  readonly #intervals = new Set<() => void>()
  readonly #giveUp = new AbortController()
  readonly #reports: ReportFailure[] = []
  /** Whether a stop has begun: it counts what ends from then on. */
  #told = false
  #finished = 0
  #failed = 0
  readonly #errors: unknown[] = []
  #refusal: StoppingError | undefined
  #onEmpty: (() => void) | undefined

  /**
   * @param name - The name of the hook.
   * @param options - `timeout`: its own limit, in ms, 1 to 2^31−1. Default: the lifecycle's deadline alone.
   * @throws TypeError or RangeError when an option is not what it should be.
   */
  constructor(name: string, options: { readonly timeout?: number | undefined } = {}) {
    expectOptions(options, { timeout: true })
    this.name = name
    this.timeout = options.timeout
    setMaxListeners(0, this.#giveUp.signal)
  }

  /** How many tasks are in flight. */
  get size(): number {
    return this.#tasks.size
  }

  /**
   * Begins a task, tracks it, and resolves to what it returns.
   *
   * Rejects with what the task throws, and with a StoppingError, without beginning it, when the tracker is stopping.
   *
   * @param task - Gets a signal that aborts when the time of the stop is over: give up what is left. For work that ends only
   * when it is told to, use `lifecycle.stopping`, which aborts when the stop begins.
   */
  run<Result>(task: (signal: AbortSignal) => Result | PromiseLike<Result>): Promise<Result> {
    if (this.#refusal) return this.#refuse()
    const work = (async (): Promise<Result> => {
      expectFunction('`task`', task)
      return task(this.#giveUp.signal)
    })()
    const followed = this.#follow(work)
    const result = behind(followed, work)
    void quietIf(followed, result)
    return result
  }

  /**
   * Tracks work that is under way, and returns the promise it was given. Its rejection is logged, and crashes nothing.
   *
   * Returns a promise that rejects with a StoppingError when the tracker is stopping.
   *
   * @throws TypeError when `promise` is none.
   */
  track<Tracked extends PromiseLike<unknown>>(promise: Tracked): Tracked {
    if (typeof (promise as Partial<Tracked> | null | undefined)?.then !== 'function') {
      throw new TypeError(`Expected \`promise\` to be a promise, got ${describe(promise)}`)
    }
    if (this.#refusal) return this.#refuse() as unknown as Tracked
    void this.#follow(promise)
    return promise
  }

  /**
   * Runs a task again and again until the stop begins, or until the function that it returns is called.
   *
   * The first run comes after `interval`, and there is one run at a time: one that takes longer than the interval delays the next.
   * A run that fails is logged, and the next one comes all the same. It keeps the process alive, as `setInterval` does.
   *
   * @param interval - The time from the beginning of one run to that of the next, in ms, 1 to 2^31−1.
   * @param task - As in `run`.
   * @throws TypeError or RangeError when an argument is not what it should be.
   */
  every(interval: number, task: (signal: AbortSignal) => unknown): () => void {
    expectDuration('interval', interval)
    expectFunction('`task`', task)
    if (this.#told || this.#refusal) return () => {}
    let timer: NodeJS.Timeout | undefined
    const end = (): void => {
      clearTimeout(timer)
      this.#intervals.delete(end)
    }
    const tick = async (): Promise<void> => {
      const begin = now()
      await this.#follow((async () => task(this.#giveUp.signal))())
      if (this.#intervals.has(end)) timer = setTimeout(() => void tick(), Math.max(1, begin + interval - now()))
    }
    this.#intervals.add(end)
    timer = setTimeout(() => void tick(), interval)
    return end
  }

  /** The number of tasks in flight: `3 tasks`. */
  waitingFor(): string {
    return `${this.size} ${this.size === 1 ? 'task' : 'tasks'}`
  }

  /** Gets the function to report failed tasks: the lifecycle calls it. */
  reportFailures(report: ReportFailure): void {
    this.#reports.push(report)
  }

  /** Ends what `every` repeats. Tasks are accepted still: other hooks may need them to stop. */
  beforeStop(): void {
    this.#told = true
    for (const end of this.#intervals) end()
  }

  /** Refuses new work, waits until every task has ended, and resolves to what became of them. */
  async stop({ signal, reason }: Pick<StopContext, 'signal' | 'reason'>): Promise<TaskReport> {
    this.beforeStop()
    this.#refusal = new StoppingError(`task tracker "${this.name}"`, reason)
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
    if (this.size > 0) await empty
    signal.removeEventListener('abort', giveUp)
    clearTimeout(timer)
    return new TaskReport({
      finished: this.#finished,
      failed: this.#failed,
      left: this.size,
      errors: [...this.#errors],
    })
  }

  /** Waits for a task, and resolves to whether it ended because it was told to. Never rejects. */
  async #follow(task: PromiseLike<unknown>): Promise<boolean> {
    const judged = this.#judge(task)
    this.#tasks.add(judged)
    const wasTold = await judged
    this.#tasks.delete(judged)
    if (this.size === 0) this.#onEmpty?.()
    return wasTold
  }

  async #judge(task: PromiseLike<unknown>): Promise<boolean> {
    try {
      await task
      if (this.#told) this.#finished += 1
      return false
    } catch (error) {
      const wasTold = await this.#hasBeenTold(error)
      if (wasTold) this.#finished += 1
      else this.#fail(error)
      return wasTold
    }
  }

  #fail(error: unknown): void {
    if (this.#told) {
      this.#failed += 1
      if (this.#errors.length < maxErrors) this.#errors.push(error)
    }
    for (const report of this.#reports) report('a task failed', error)
  }

  /** Whether an error only repeats that its task was told to stop. */
  async #hasBeenTold(error: unknown): Promise<boolean> {
    if (isStopError(error) || (this.#giveUp.signal.aborted && error === this.#giveUp.signal.reason)) return true
    if (!isAbortError(error)) return false
    // `lifecycle.stopping` aborts first, and then tells the hooks.
    if (!this.#told) await new Promise((resolve) => setImmediate(resolve))
    return this.#told
  }

  #refuse(): Promise<never> {
    return quiet(Promise.reject(this.#refusal as StoppingError))
  }
}

/** Settles as `work` does, once it has been judged. */
async function behind<Result>(judged: Promise<unknown>, work: Promise<Result>): Promise<Result> {
  await judged
  return work
}

async function quietIf(condition: Promise<boolean>, promise: Promise<unknown>): Promise<void> {
  if (await condition) void quiet(promise)
}

/** Marks a promise as handled: its rejection crashes nothing, and is there for the application to see. */
function quiet<T>(promise: Promise<T>): Promise<T> {
  promise.catch(() => {})
  return promise
}

/** Whether an error means that something was aborted, and names no cause: by the words of Node.js, of the web and of axios. */
function isAbortError(error: unknown): boolean {
  const { name, code } = (error ?? {}) as { readonly name?: unknown; readonly code?: unknown }
  return name === 'AbortError' || code === 'ABORT_ERR' || code === 'ERR_CANCELED'
}
