import process from 'node:process'
import { formatLimit } from './duration.ts'
import { StartError } from './errors.ts'
import { describe, expectDuration, expectOptions, type OptionNames } from './expect.ts'
import type { StopReason } from './hook.ts'
import { isInstance } from './is-instance.ts'
import { Lifecycle } from './lifecycle.ts'
import { expectLogger, Log, type Logger } from './log.ts'
import { describeResources } from './open-resources.ts'
import { flush, flushTimeout, hasLostReader } from './output.ts'
import type { StopReport } from './report.ts'
import { expectSignals, signalNumber, SignalPresses } from './stop-signals.ts'
import { valueText } from './value-text.ts'

const defaultExitTimeout = 1_000
const defaultSignals: readonly NodeJS.Signals[] =
  process.platform === 'win32'
    ? /* v8 ignore next -- Windows alone has it */ ['SIGTERM', 'SIGINT', 'SIGHUP', 'SIGBREAK']
    : ['SIGTERM', 'SIGINT', 'SIGHUP']
/** How many crashes are kept and told. */
const mostFaults = 100

/** Marks a process that has a `run`, also for a second copy of this package. */
const marker = Symbol.for('@lastcall/core.run')

export interface RunOptions {
  /** Takes what happens, line by line. Default: nothing is printed. */
  readonly logger?: Logger | undefined
  /**
   * How long the process may take to end by itself once everything has stopped. After that, what holds it open is logged, and it
   * exits. A reader of its output has a second to read what was written. Milliseconds, 1 to 2^31−1. Default 1,000.
   */
  readonly exitTimeout?: number | undefined
  /**
   * The signals that stop the lifecycle, by their names. Default `['SIGTERM', 'SIGINT', 'SIGHUP']`, on Windows `'SIGBREAK'` too.
   */
  readonly signals?: readonly NodeJS.Signals[] | undefined
  /**
   * Whether to send the message `'ready'` to the parent process once everything has started, and to stop at its message
   * `'shutdown'`, as PM2 has it (`wait_ready`, `shutdown_with_message`). Without such a parent it does nothing. Default `false`.
   */
  readonly ipc?: boolean | undefined
}

const runOptions: OptionNames<RunOptions> = { logger: true, exitTimeout: true, signals: true, ipc: true }

/**
 * Starts a lifecycle, waits for a signal, stops it, and ends the process with an exit code that tells the truth.
 *
 * It stops on the option's signals, on an uncaught exception or unhandled rejection, when the event loop is empty, or when
 * someone else stops the lifecycle. A second signal forces the stop, a third exits at once; the same signal within 250 ms counts
 * as the same press.
 *
 * The exit code is 0 for a clean report only; 1 when a hook failed or timed out, the start failed, or after a crash; and
 * 128 + n when signal n forced the stop. An exit code that the application has set is kept in place of 0.
 *
 * Resolves to the report when everything has stopped; the process ends as soon as nothing else holds it. Signals have their
 * default effect again from then on, or from the end of the 250 ms. A failed start or a crash is reported once: to the logger,
 * or where there is none, by a rejection; several as an `AggregateError`. Above 100 crashes, no more are told.
 *
 * @throws TypeError or RangeError, as a rejection, when an argument is not what it should be; Error when the process has a `run`.
 */
export async function run(lifecycle: Lifecycle, options: RunOptions = {}): Promise<StopReport> {
  expectOptions(options, runOptions)
  const { logger, exitTimeout = defaultExitTimeout, signals = defaultSignals, ipc = false } = options
  if (!(lifecycle instanceof Lifecycle)) {
    throw new TypeError(
      `Expected \`lifecycle\` to be a Lifecycle of this copy of the package, got ${describe(lifecycle)}`,
    )
  }
  expectLogger(logger)
  expectDuration('exitTimeout', exitTimeout)
  if (typeof ipc !== 'boolean') throw new TypeError(`Expected \`ipc\` to be a boolean, got ${describe(ipc)}`)
  const settings = { log: new Log(logger), exitTimeout, signals: expectSignals(signals), ipc, rejects: !logger }
  return new ProcessRun(lifecycle, settings).run()
}

interface Settings {
  readonly log: Log
  readonly exitTimeout: number
  readonly signals: ReadonlySet<NodeJS.Signals>
  readonly ipc: boolean
  /** Whether a crash is told by a rejection, because nobody else tells of it. */
  readonly rejects: boolean
}

class ProcessRun {
  readonly #lifecycle: Lifecycle
  readonly #settings: Settings
  readonly #presses = new SignalPresses()
  readonly #handlers: ReadonlyMap<NodeJS.Signals, () => void>
  /** What brought the process down before its time: crashes, or a failed start. */
  readonly #faults: Error[] = []
  /** Those that can still be written to. */
  readonly #outputs = new Set<NodeJS.WriteStream>([process.stdout, process.stderr])
  #forcedBy: NodeJS.Signals | undefined
  #report: StopReport | undefined
  /** Whether what was printed until everything had stopped has been read. */
  #flushed: Promise<boolean> | undefined
  #exiting = false

  constructor(lifecycle: Lifecycle, settings: Settings) {
    this.#lifecycle = lifecycle
    this.#settings = settings
    this.#handlers = new Map([...settings.signals].map((signal) => [signal, () => this.#onSignal(signal)]))
  }

  async run(): Promise<StopReport> {
    this.#claim()
    const { log, ipc, rejects } = this.#settings
    // While hooks stop, there are timers that guard them: these hold nothing open.
    log.follow(this.#lifecycle, () => openResources('Timeout'))
    if (ipc) process.on('message', this.#onMessage)
    try {
      await this.#lifecycle.start()
      if (ipc && !this.#lifecycle.stopping.aborted) sendReady()
      await aborted(this.#lifecycle.stopping)
    } catch (error) {
      const stopped = error instanceof StartError && error.cause === this.#lifecycle.stopping.reason
      if (!stopped) this.#onFault(error)
    }
    const report = await this.#lifecycle.stop()
    this.#onReport(report)
    if (rejects && this.#faults.length > 0) {
      await this.#awaitReaders()
      throw this.#faults.length === 1 ? this.#faults[0] : new AggregateError(this.#faults, 'The process crashed again')
    }
    return report
  }

  #claim(): void {
    if (marker in process) {
      throw new Error(
        'Expected one `run` a process, got a second one: register the second lifecycle in the first, `first.register(second)`',
      )
    }
    Object.defineProperty(process, marker, { value: true })
    for (const [signal, handler] of this.#handlers) process.on(signal, handler)
    // An unhandled rejection comes here as well, unless the application has a listener of its own for it.
    process.on('uncaughtException', this.#onFault)
    process.on('exit', (code) => this.#onExit(code))
    // Before the application's own: one that listens once is gone when it has been called.
    process.prependListener('beforeExit', () => this.#onEmptyLoop())
    for (const output of this.#outputs) output.on('error', (error) => this.#onOutputError(output, error))
    this.#lifecycle.once('report', (report) => this.#onReport(report))
  }

  #onSignal(signal: NodeJS.Signals): void {
    const presses = this.#presses.count(signal)
    if (presses === undefined) return
    if (this.#report !== undefined && !this.#exiting) {
      void this.#exit(`at a ${signal} after the stop`)
    } else if (presses === 1) {
      this.#stop(signal)
    } else if (presses === 2 && this.#report === undefined) {
      this.#forcedBy = signal
      this.#stop(signal, true)
    } else {
      process.exit(this.#exitCode)
    }
  }

  readonly #onMessage = (message: unknown): void => {
    if (message === 'shutdown') this.#stop('a shutdown message')
  }

  readonly #onFault = (thrown: unknown): void => {
    // Whoever fails at telling of a crash may crash by that again, and so on.
    if (this.#faults.length === mostFaults) return
    const error = isInstance(thrown, Error) ? thrown : new Error(`Uncaught ${valueText(thrown)}`, { cause: thrown })
    this.#faults.push(error)
    this.#stop(error)
    this.#settings.log.error(error)
  }

  #onOutputError(output: NodeJS.WriteStream, error: NodeJS.ErrnoException): void {
    // What cannot be printed must not stop a service; and it is told once, because that may fail in the same way.
    const isNews = this.#outputs.delete(output)
    if (isNews && !hasLostReader(error)) this.#settings.log.error(error)
  }

  /** Everything has stopped: what remains is for the process to end. */
  #onReport(report: StopReport): void {
    if (this.#report !== undefined) return
    this.#report = report
    process.exitCode = this.#exitCode
    // From here on nothing is left that a crash could leave unfinished: Node says what it was, and exits with 1.
    process.off('uncaughtException', this.#onFault)
    process.off('message', this.#onMessage)
    // A worker of `cluster` would be held open by it; what an application still expects from its parent is lost by nothing.
    process.channel?.unref()
    this.#flushed = flush(this.#outputs)
    this.#releaseSignals()
    void this.#leaveUnread()
    const { exitTimeout } = this.#settings
    setTimeout(() => void this.#exit(`${formatLimit(exitTimeout)} after the stop`), exitTimeout).unref()
  }

  /** Until no delivery can belong to the latest press, one would kill a process that is about to end by itself. */
  #releaseSignals(): void {
    const { remaining } = this.#presses
    if (remaining > 0) setTimeout(() => this.#releaseSignals(), remaining).unref()
    else for (const [signal, handler] of this.#handlers) process.off(signal, handler)
  }

  /** Ends a process that only a reader holds open, one that has not read for a second. */
  async #leaveUnread(): Promise<void> {
    if (!(await this.#flushed) && openResources() === '') await this.#exit('a second after the stop')
  }

  /** Waits for what was printed to be read, in an event loop that may be empty. */
  async #awaitReaders(): Promise<void> {
    const alive = setTimeout(
      /* v8 ignore next -- it is cleared before: that it is there is enough */ () => {},
      flushTimeout,
    )
    await this.#flushed
    clearTimeout(alive)
  }

  #onEmptyLoop(): void {
    if (this.#report === undefined) this.#stop('an empty event loop')
    // The natural end would first take the handlers of signals away. Another listener may still have something to do.
    else if (process.listenerCount('beforeExit') === 1) process.exit()
  }

  #onExit(code: unknown): void {
    // Node itself sets 1 where a crash is told by a rejection.
    if (isSuccess(code) || (this.#forcedBy && this.#faults.length > 0)) process.exitCode = this.#exitCode
  }

  #stop(reason: StopReason, force = false): void {
    void this.#lifecycle.stop({ reason, force })
  }

  /** The code that tells the truth; one that the application has set stands in place of 0. */
  get #exitCode(): string | number {
    if (this.#forcedBy) return 128 + signalNumber(this.#forcedBy)
    const clean = this.#faults.length === 0 && this.#report?.ok === true
    return clean ? (process.exitCode ?? 0) : 1
  }

  /** Ends a process that has not ended by itself, and says what held it. */
  async #exit(when: string): Promise<void> {
    if (this.#exiting) return
    this.#exiting = true
    const unread = [...this.#outputs].filter(({ writableLength }) => writableLength > 0).map(unreadText)
    const held = [openResources(), ...unread].filter((text) => text !== '').join(', ')
    this.#settings.log.warn(
      `${when} the process is still held open by ${held || 'nothing that Node can name'}: exiting`,
    )
    // Whoever has not read by now need not be waited for again.
    if (await this.#flushed) await flush(this.#outputs)
    // A rejection that tells of a crash comes before.
    setImmediate(() => process.exit(this.#exitCode))
  }
}

/** Whether an exit code means success to the system, which keeps eight bits of it. */
function isSuccess(code: unknown): boolean {
  return (Number(code) & 0xff) === 0
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve()
    else signal.addEventListener('abort', () => resolve(), { once: true })
  })
}

/** Tells the parent process, if there is one that listens; one that has just left needs no telling. */
function sendReady(): void {
  process.send?.('ready', undefined, undefined, () => {})
}

/** What keeps the event loop alive besides the outputs, by kind, but for one; an empty string where Node can name nothing. */
function openResources(but?: string): string {
  try {
    const kinds = process.getActiveResourcesInfo().filter((kind) => kind !== but && !kind.endsWith('WriteWrap'))
    return describeResources(kinds, activeHandles())
  } catch {
    return ''
  }
}

/**
 * The objects behind the active handles; `undefined` where the runtime does not tell. It is deprecated in the documentation alone
 * (Node API, DEP0161): its successor tells the kinds only, and a diagnostic report would wait for every worker thread.
 */
function activeHandles(): readonly unknown[] | undefined {
  const { _getActiveHandles } = process as { _getActiveHandles?: () => readonly unknown[] }
  return _getActiveHandles?.().filter((handle) => handle !== process.stdout && handle !== process.stderr)
}

function unreadText(output: NodeJS.WriteStream): string {
  return `${output.writableLength.toLocaleString('en')} bytes of ${output === process.stdout ? 'stdout' : 'stderr'} that nobody has read`
}
