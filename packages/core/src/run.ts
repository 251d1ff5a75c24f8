import { constants } from 'node:os'
import process from 'node:process'
import { formatLimit } from './duration.ts'
import { StartError } from './errors.ts'
import { describe, expectDuration } from './expect.ts'
import type { StopReason } from './hook.ts'
import { Lifecycle } from './lifecycle.ts'
import { logLifecycle, type Logger } from './log.ts'
import type { StopReport } from './report.ts'
import { valueText } from './value-text.ts'

const defaultExitTimeout = 1_000
const flushTimeout = 1_000
/** npm and pnpm pass a Ctrl-C on to the process that the terminal has already sent it to. */
const samePress = 250
const stopSignals: readonly NodeJS.Signals[] =
  process.platform === 'win32' ? ['SIGTERM', 'SIGINT', 'SIGHUP', 'SIGBREAK'] : ['SIGTERM', 'SIGINT', 'SIGHUP']

/** Marks a process that has a `run`, also for a second copy of this package. */
const marker = Symbol.for('@lastcall/core.run')

export interface RunOptions {
  /** Takes what happens, line by line. Default: nothing is printed. */
  readonly logger?: Logger | undefined
  /**
   * How long the process may take to end by itself once everything has stopped. After that, what holds it open is logged, its
   * output has another second to be read, and it exits. Milliseconds, 1 to 2^31−1. Default 1,000.
   */
  readonly exitTimeout?: number | undefined
}

/**
 * Starts a lifecycle, waits for a signal, stops it, and ends the process with an exit code that tells the truth.
 *
 * It stops on SIGTERM, SIGINT, SIGHUP (SIGBREAK on Windows), on an uncaught exception or unhandled rejection, when the event
 * loop is empty, or when someone else stops the lifecycle. A second signal forces the stop, a third exits at once; the same
 * signal within 250 ms counts as the same press.
 *
 * The exit code is 0 for a clean report only; 1 when a hook failed or timed out, the start failed, or after a crash; and
 * 128 + n when signal n forced the stop. An exit code that the application has set is kept in place of 0.
 *
 * Resolves to the report when everything has stopped; the process ends as soon as nothing else holds it. A failed start or a
 * crash is reported once: to the logger, or where there is none, by a rejection.
 *
 * @throws TypeError or RangeError, as a rejection, when an argument is not what it should be; Error when the process has a `run`.
 */
export async function run(lifecycle: Lifecycle, options: RunOptions = {}): Promise<StopReport> {
  const { logger, exitTimeout = defaultExitTimeout } = options
  if (!(lifecycle instanceof Lifecycle)) {
    throw new TypeError(`Expected \`lifecycle\` to be a Lifecycle, got ${describe(lifecycle)}`)
  }
  expectLogger(logger)
  return new ProcessRun(lifecycle, logger, expectDuration('exitTimeout', exitTimeout)).run()
}

/** What brings the process down before its time: a crash, or a failed start. */
interface Fault {
  readonly error: unknown
}

class ProcessRun {
  readonly #lifecycle: Lifecycle
  readonly #logger: Logger | undefined
  readonly #exitTimeout: number
  #press: { readonly signal: NodeJS.Signals; readonly at: number } | undefined
  #forcedBy: NodeJS.Signals | undefined
  #fault: Fault | undefined
  #report: StopReport | undefined
  #exiting = false

  constructor(lifecycle: Lifecycle, logger: Logger | undefined, exitTimeout: number) {
    this.#lifecycle = lifecycle
    this.#logger = logger
    this.#exitTimeout = exitTimeout
  }

  async run(): Promise<StopReport> {
    this.#claim()
    if (this.#logger) logLifecycle(this.#lifecycle, this.#logger)
    try {
      await this.#lifecycle.start()
      await aborted(this.#lifecycle.stopping)
    } catch (error) {
      const stopped = error instanceof StartError && error.cause === this.#lifecycle.stopping.reason
      if (!stopped) this.#onFault(error)
    }
    const report = await this.#lifecycle.stop()
    this.#onReport(report)
    if (this.#fault && !this.#logger) {
      await flushAll()
      throw this.#fault.error
    }
    return report
  }

  /**
   * Takes the process over. The handlers of signals stay to its very end: without them, a second delivery that comes while
   * it ends would kill it, although everything has stopped.
   */
  #claim(): void {
    if (marker in process) {
      throw new Error(
        'Expected one `run` a process, got a second one: register the second lifecycle in the first, `first.register(second)`',
      )
    }
    Object.defineProperty(process, marker, { value: true })
    for (const signal of stopSignals) process.on(signal, () => this.#onSignal(signal))
    // An unhandled rejection comes here as well, unless the application has a listener of its own for it.
    process.on('uncaughtException', this.#onFault)
    process.on('exit', (code) => this.#onExit(code))
    process.on('beforeExit', () => this.#onEmptyLoop())
    for (const stream of [process.stdout, process.stderr]) stream.on('error', (error) => this.#onOutputError(error))
    this.#lifecycle.once('report', (report) => this.#onReport(report))
  }

  #onSignal(signal: NodeJS.Signals): void {
    const previous = this.#press
    const at = performance.now()
    if (previous?.signal === signal && at - previous.at < samePress) return
    this.#press = { signal, at }
    if (this.#report !== undefined && !this.#exiting) {
      void this.#exit(`at a ${signal} after the stop`)
    } else if (previous === undefined) {
      this.#stop(signal)
    } else if (this.#forcedBy === undefined && this.#report === undefined) {
      this.#forcedBy = signal
      this.#stop(signal, true)
    } else {
      process.exit(this.#exitCode)
    }
  }

  readonly #onFault = (error: unknown): void => {
    this.#fault ??= { error }
    this.#stop(error instanceof Error ? error : valueText(error))
    this.#tell('error', error)
  }

  /** A reader that has left is no crash. */
  #onOutputError(error: NodeJS.ErrnoException): void {
    if (error.code !== 'EPIPE') this.#onFault(error)
  }

  /** Everything has stopped: what remains is for the process to end. */
  #onReport(report: StopReport): void {
    if (this.#report !== undefined) return
    this.#report = report
    process.exitCode = this.#exitCode
    // From here on nothing is left that a crash could leave unfinished: Node says what it was, and exits with 1.
    process.off('uncaughtException', this.#onFault)
    setTimeout(() => void this.#exit(`${formatLimit(this.#exitTimeout)} after the stop`), this.#exitTimeout).unref()
  }

  #onEmptyLoop(): void {
    if (this.#report === undefined) this.#stop('an empty event loop')
    // The natural end would first take the handlers of signals away. Another listener may still have something to do.
    else if (process.listenerCount('beforeExit') === 1) process.exit()
  }

  #onExit(code: unknown): void {
    if (code === 0) process.exitCode = this.#exitCode
  }

  #stop(reason: StopReason, force = false): void {
    void this.#lifecycle.stop({ reason, force })
  }

  /** The code that tells the truth; one that the application has set stands in place of 0. */
  get #exitCode(): string | number {
    if (this.#forcedBy) return 128 + constants.signals[this.#forcedBy]
    const clean = this.#fault === undefined && this.#report?.ok === true
    return clean ? (process.exitCode ?? 0) : 1
  }

  /** Ends a process that has not ended by itself, and says what held it. */
  async #exit(when: string): Promise<void> {
    this.#exiting = true
    this.#tell('warn', `${when} the process is still held open by ${openResources()}: exiting`)
    await flushAll()
    process.exit(this.#exitCode)
  }

  /** A logger that fails must not keep the process from its end. */
  #tell(level: 'warn' | 'error', message: unknown): void {
    try {
      void Promise.resolve(this.#logger?.[level](message as string)).catch(() => {})
    } catch {
      // There is nobody left to tell.
    }
  }
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve()
    else signal.addEventListener('abort', () => resolve(), { once: true })
  })
}

function expectLogger(logger: Partial<Logger> | null | undefined): void {
  if (logger === undefined) return
  for (const method of ['info', 'warn', 'error'] as const) {
    const found = logger?.[method]
    if (typeof found !== 'function') {
      throw new TypeError(`Expected \`logger\` to have a function \`${method}\`, got ${describe(logger)}`)
    }
  }
}

/** What keeps the event loop alive, by kind: `2 TCPSocketWrap, 1 Timeout`. */
function openResources(): string {
  const kinds = process.getActiveResourcesInfo()
  for (const own of [process.stdout, process.stderr].map(resourceOf)) {
    if (kinds.includes(own)) kinds.splice(kinds.indexOf(own), 1)
  }
  const counts = new Map<string, number>()
  for (const kind of kinds) counts.set(kind, (counts.get(kind) ?? 0) + 1)
  return [...counts].map(([kind, count]) => `${count} ${kind}`).join(', ') || 'nothing that Node can name'
}

/** Under which kind Node lists an output, which holds nothing open. */
function resourceOf(stream: NodeJS.WriteStream): string {
  return stream.isTTY ? 'TTYWrap' : 'PipeWrap'
}

/** Waits until what was written has left the process, but not for a reader that does not read. */
async function flushAll(): Promise<void> {
  await Promise.all([process.stdout, process.stderr].map(flush))
}

function flush(stream: NodeJS.WriteStream): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, flushTimeout).unref()
    stream.write('', () => resolve())
  })
}
