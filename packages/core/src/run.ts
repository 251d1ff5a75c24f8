import process from 'node:process'
import { isatty, ReadStream as TerminalInput, WriteStream as TerminalOutput } from 'node:tty'
import { isStopError, StartError } from './errors.ts'
import { describe, expectDuration, expectOptions, type OptionNames } from './expect.ts'
import { errorLine, formatLimit, isError } from './format.ts'
import type { StopReason } from './hook.ts'
import { Lifecycle } from './lifecycle.ts'
import { expectLogger, Log, type Logger } from './log.ts'
import { describeResources } from './open-resources.ts'
import { flush, flushTimeout, hasLostReader } from './output.ts'
import { exitCallSite, exitCode, functionNames, isSuccess } from './process-exit.ts'
import type { StopReport } from './report.ts'
import { safeError } from './safe-error.ts'
import { expectForce, expectSignals, signalNumber, SignalCounter } from './stop-signals.ts'

const defaultExitTimeout = 1_000
const defaultSignals: readonly NodeJS.Signals[] =
  process.platform === 'win32'
    ? /* v8 ignore next -- Windows alone has it */ ['SIGTERM', 'SIGINT', 'SIGHUP', 'SIGBREAK']
    : ['SIGTERM', 'SIGINT', 'SIGHUP']
/** Supervisors repeat and mix the other signals; only a person at a terminal repeats this one. */
const defaultForce: readonly NodeJS.Signals[] = ['SIGINT']
/** How many crashes are kept and logged. */
const maxCrashes = 100

/** Marks a process that has a `run`, also for a second copy of this package. */
const marker = Symbol.for('@lastcall/core.run')

export interface RunOptions {
  /** Gets what happens, line by line. Default: nothing is printed. */
  readonly logger?: Logger | undefined
  /**
   * How long the process may take to end by itself once everything has stopped. After that, what holds it open is logged, and it
   * exits. A reader of its output has a second to read what was written. Milliseconds, 1 to 2^31−1. Default 1,000.
   */
  readonly exitTimeout?: number | undefined
  /**
   * The signals that begin a stop, or join one, by their names. Default `['SIGTERM', 'SIGINT', 'SIGHUP']`, on Windows `'SIGBREAK'`
   * too.
   */
  readonly signals?: readonly NodeJS.Signals[] | undefined
  /**
   * Those of `signals` that force the stop when they are repeated; the third time they exit at once. Supervisors repeat and mix other
   * signals, and mean no hurry. Default `['SIGINT']`, which is Ctrl-C, as far as it is among `signals`.
   */
  readonly force?: readonly NodeJS.Signals[] | undefined
  /**
   * Whether an uncaught exception or unhandled rejection stops the lifecycle, after which the exit code is 1, also where the
   * application or another library listens for them. With `false` they are left to Node.js and to others. Default `true`; `false`
   * with `exit: false`.
   */
  readonly crashes?: boolean | undefined
  /**
   * Whether to end the process: to set its exit code, to exit where something holds it open, and to stop when the event loop is
   * empty. With `false` the process is left alone, as a test or another host wants it: nothing of `run` is left once everything has
   * stopped, and there may be several. Default `true`.
   */
  readonly exit?: boolean | undefined
  /**
   * Whether to send the message `'ready'` to the parent process once everything has started, and to stop at its message
   * `'shutdown'`, as PM2 has it (`wait_ready`, `shutdown_with_message`). Without such a parent it does nothing. Default `false`.
   */
  readonly ipc?: boolean | undefined
}

const runOptions: OptionNames<RunOptions> = {
  logger: true,
  exitTimeout: true,
  signals: true,
  force: true,
  crashes: true,
  exit: true,
  ipc: true,
}

/**
 * Starts a lifecycle, waits for a signal, stops it, and ends the process with an exit code that tells the truth.
 *
 * It stops on the option's signals, on an uncaught exception or unhandled rejection, when the event loop is empty, or when
 * something else stops the lifecycle. A signal that comes during the stop joins it. Only a repeated SIGINT, more than 250 ms after the
 * first, forces the stop: every hook's signal aborts. The third exits at once.
 *
 * The exit code is 0 for a clean report only; 1 when a hook failed or was abandoned, the start failed, or after a crash; and
 * 128 + n when signal n forced the stop. An exit code that the application has set is kept in place of 0.
 *
 * Resolves to the report when everything has stopped; the process ends as soon as nothing else holds it. Signals have their
 * default effect again from then on, or from the end of the 250 ms. A failed start or a crash is reported once: to the logger,
 * or where there is none, by a rejection, which Node.js prints: with a copy that has the class, message, stack, code, cause and members
 * of the error, and nothing else. Several are one `AggregateError`. Above 100 crashes, no more are logged.
 *
 * @throws TypeError or RangeError, as a rejection, when an argument is not what it should be; Error when the process has a `run`.
 */
export async function run(lifecycle: Lifecycle, options: RunOptions = {}): Promise<StopReport> {
  expectOptions(options, runOptions)
  const { logger, exitTimeout = defaultExitTimeout, signals = defaultSignals, ipc = false } = options
  const { exit = true, crashes = exit, force } = options
  if (!(lifecycle instanceof Lifecycle)) {
    throw new TypeError(
      `Expected \`lifecycle\` to be a Lifecycle of this copy of the package, got ${describe(lifecycle)}`,
    )
  }
  expectLogger(logger)
  expectDuration('exitTimeout', exitTimeout)
  for (const [option, value] of Object.entries({ exit, crashes, ipc })) {
    if (typeof value !== 'boolean') {
      throw new TypeError(`Expected \`${option}\` to be a boolean, got ${describe(value)}`)
    }
  }
  const stopSignals = expectSignals(signals)
  const forceSignals = expectForce(force ?? defaultForce.filter((signal) => stopSignals.has(signal)), stopSignals)
  const settings = { exitTimeout, signals: stopSignals, force: forceSignals, crashes, exit, ipc }
  return new ProcessRun(lifecycle, logger, settings).run()
}

interface Settings {
  readonly exitTimeout: number
  readonly signals: ReadonlySet<NodeJS.Signals>
  readonly force: ReadonlySet<NodeJS.Signals>
  readonly crashes: boolean
  readonly exit: boolean
  readonly ipc: boolean
}

class ProcessRun {
  readonly #lifecycle: Lifecycle
  readonly #settings: Settings
  readonly #log: Log
  /** Whether a failure is reported by a rejection, because there is no logger. */
  readonly #rejects: boolean
  /** What a person at a terminal can press; an empty string without a terminal. */
  readonly #forceHint: string
  readonly #signals = new SignalCounter()
  readonly #handlers: ReadonlyMap<NodeJS.Signals, () => void>
  /** Crashes, and a failed start. */
  readonly #failures: Error[] = []
  /** Those that can still be written to. */
  readonly #outputs: Set<NodeJS.WriteStream>
  #forcedBy: NodeJS.Signals | undefined
  #report: StopReport | undefined
  /** Whether what was printed until everything had stopped has been read. */
  #flushed: Promise<boolean> | undefined
  #exiting = false

  constructor(lifecycle: Lifecycle, logger: Logger | undefined, settings: Settings) {
    const terminal = [0, 1, 2].some((fd) => isatty(fd))
    this.#lifecycle = lifecycle
    this.#settings = settings
    this.#rejects = logger === undefined
    this.#forceHint = terminal && settings.force.has('SIGINT') ? 'Ctrl-C again to force' : ''
    this.#outputs = new Set(settings.exit ? [process.stdout, process.stderr] : [])
    this.#log = new Log(logger, {
      print: (line) => process.stderr.write(`${line}\n`),
      // While hooks start and stop, there are timers that guard them.
      openResources: () => openResources('Timeout') || 'timers alone',
      forceHint: this.#forceHint,
    })
    this.#handlers = new Map([...settings.signals].map((signal) => [signal, () => this.#onSignal(signal)]))
  }

  async run(): Promise<StopReport> {
    const { ipc, exit } = this.#settings
    const lifecycle = this.#lifecycle
    if (exit) this.#claim()
    this.#listen()
    this.#log.follow(lifecycle)
    try {
      await lifecycle.start()
      if (exit) this.#nameForeignListeners()
      if (ipc && !lifecycle.stopping.aborted) sendReady()
      await aborted(lifecycle.stopping)
    } catch (error) {
      const stopped = error instanceof StartError && error.cause === lifecycle.stopping.reason
      if (!stopped) this.#onFailedStart(error)
    }
    this.#onReport(await lifecycle.stop())
    if (exit) process.exitCode = this.#exitCode
    if (this.#rejects && this.#failures.length > 0) {
      await this.#awaitReaders()
      const failures = this.#failures.map((failure) => safeError(failure))
      throw failures.length === 1 ? failures[0] : new AggregateError(failures, 'The process crashed again')
    }
    return this.#report as StopReport
  }

  /** Takes the process for this run: its end, and what it prints. */
  #claim(): void {
    if (marker in process) {
      throw new Error(
        'Expected one `run` per process, got a second one: register the second lifecycle in the first, `first.register(second)`',
      )
    }
    Object.defineProperty(process, marker, { value: true })
    process.on('exit', (code) => this.#onExit(code))
    // Before the application's own: one that listens once is gone when it has been called.
    process.prependListener('beforeExit', () => this.#onEmptyLoop())
    for (const output of this.#outputs) output.on('error', (error) => this.#onOutputError(output, error))
  }

  #listen(): void {
    const { crashes, ipc } = this.#settings
    for (const [signal, handler] of this.#handlers) {
      this.#signals.note(signal, process.listenerCount(signal))
      process.on(signal, handler)
    }
    if (crashes) {
      process.on('uncaughtException', this.#onException)
      // Another listener for it would keep it from the one for exceptions.
      process.on('unhandledRejection', this.#onRejection)
    }
    if (ipc) process.on('message', this.#onMessage)
    this.#lifecycle.once('report', (report) => this.#onReport(report))
  }

  #onSignal(signal: NodeJS.Signals): void {
    const count = this.#signals.count(signal, process.listenerCount(signal) - 1)
    if (count === undefined) return
    const forces = this.#settings.force.has(signal)
    if (forces && count > 2) this.#exitNow()
    else if (this.#report !== undefined) this.#onLateSignal(signal)
    else if (forces && count === 2) this.#force(signal)
    else if (!this.#lifecycle.stopping.aborted) this.#stop(signal)
    else {
      const hint = forces && this.#forceHint !== '' ? ` (${this.#forceHint})` : ''
      this.#log.info(`${signal}: the stop is already under way${hint}`)
    }
  }

  /** Everything has stopped, and the process is still there: it has waited for long enough. */
  #onLateSignal(signal: NodeJS.Signals): void {
    if (this.#exiting) this.#exitNow()
    else if (this.#settings.exit) void this.#exit(`at a ${signal} after the stop`)
  }

  #force(signal: NodeJS.Signals): void {
    this.#forcedBy = signal
    this.#log.warn(`${signal} again: forcing the stop`)
    this.#stop(signal, true)
  }

  readonly #onMessage = (message: unknown): void => {
    if (message === 'shutdown') this.#stop('a shutdown message')
  }

  readonly #onException = (thrown: unknown): void => this.#onCrash('uncaught exception', thrown)

  readonly #onRejection = (thrown: unknown): void => {
    // Work that was told to stop, or refused, by a promise that nothing awaits.
    if (this.#lifecycle.stopping.aborted && isStopError(thrown)) return
    // Once everything has stopped, a crash is for Node.js to report.
    if (this.#report !== undefined) throw thrown
    this.#onCrash('unhandled rejection', thrown)
  }

  #onCrash(what: string, thrown: unknown): void {
    // A logger that fails by a crash would crash at this one, and so on.
    if (this.#failures.length === maxCrashes) return
    const error = isError(thrown) ? thrown : new Error(`Uncaught ${errorLine(thrown)}`)
    this.#failures.push(error)
    this.#stop(error)
    this.#log.failure(what, thrown)
  }

  /** The hook that failed has been logged with its error, before anything was stopped. */
  #onFailedStart(error: unknown): void {
    this.#failures.push(error as Error)
    if (!(error instanceof StartError && this.#log.hasLogged(error.cause))) this.#log.failure('start failed', error)
  }

  #onOutputError(output: NodeJS.WriteStream, error: NodeJS.ErrnoException): void {
    // What cannot be printed must not stop a service; and it is logged once, because that may fail in the same way.
    const isNews = this.#outputs.delete(output)
    if (isNews && !hasLostReader(error)) this.#log.failure('an output cannot be written', error)
  }

  /** Everything has stopped: what remains is for the process to end. */
  #onReport(report: StopReport): void {
    if (this.#report !== undefined) return
    this.#report = report
    // From now on nothing is left that a crash could leave unfinished: Node prints what it was, and exits with 1.
    process.off('uncaughtException', this.#onException)
    if (!this.#settings.exit) process.off('unhandledRejection', this.#onRejection)
    process.off('message', this.#onMessage)
    this.#releaseSignals()
    if (!this.#settings.exit) return
    process.exitCode = this.#exitCode
    // A worker of `cluster` would be held open by it; what an application still expects from its parent is lost by nothing.
    process.channel?.unref()
    this.#flushed = flush(this.#outputs)
    void this.#leaveUnread()
    const { exitTimeout } = this.#settings
    setTimeout(() => void this.#exit(`${formatLimit(exitTimeout)} after the stop`), exitTimeout).unref()
  }

  /**
   * Until no duplicate of the latest signal can come, one would kill a process that is about to end by itself. After a forced stop, the
   * next one exits with the code of the force.
   */
  #releaseSignals(): void {
    if (this.#forcedBy && this.#settings.exit) return
    const { remaining } = this.#signals
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
    if (this.#report === undefined && !this.#exiting) this.#nameExit(code)
    // Node itself sets 1 where a rejection reports a crash.
    if (isSuccess(code) || (this.#forcedBy && this.#failures.length > 0)) process.exitCode = this.#exitCode
  }

  /** Logs a `process.exit()` by other code, which leaves hooks that have not stopped. */
  #nameExit(code: unknown): void {
    const place = exitCallSite(new Error('exit').stack)
    if (place === undefined) return
    const { remaining } = this.#lifecycle
    const before = remaining.length === 0 ? 'the stop had ended' : `these hooks had stopped: ${remaining.join(', ')}`
    this.#log.warn(`process.exit(${String(code)}) was called at ${place} before ${before}`)
  }

  /** Logs listeners of other code, which may end the process as soon as the signal comes. */
  #nameForeignListeners(): void {
    const texts = [...this.#handlers].flatMap(([signal, handler]) => {
      const others = process.listeners(signal).filter((listener) => listener !== handler)
      this.#signals.note(signal, others.length)
      return others.length === 0 ? [] : [`${signal} (${functionNames(others)})`]
    })
    if (texts.length === 0) return
    this.#log.warn(`other code listens for stop signals and may end the process early: ${texts.join(', ')}`)
  }

  /** Exits without waiting for anything. */
  #exitNow(): void {
    /* v8 ignore if -- where the process is left alone, the listeners have gone by then, but for a moment */
    if (!this.#settings.exit) return
    this.#exiting = true
    process.exit(this.#exitCode)
  }

  #stop(reason: StopReason, force = false): void {
    void this.#lifecycle.stop({ reason, force })
  }

  /** The code that tells the truth; one that the application has set stands in place of 0. */
  get #exitCode(): string | number {
    return exitCode({
      forcedBy: this.#forcedBy && signalNumber(this.#forcedBy),
      failed: this.#failures.length > 0,
      clean: this.#report?.ok === true,
      applicationCode: process.exitCode,
    })
  }

  /** Ends a process that has not ended by itself, and says what held it. */
  async #exit(when: string): Promise<void> {
    if (this.#exiting) return
    this.#exiting = true
    const unread = [...this.#outputs].filter(({ writableLength }) => writableLength > 0).map(unreadText)
    const held = [openResources(), ...unread].filter((text) => text !== '').join(', ')
    this.#log.warn(`${when} the process is still held open by ${held || 'nothing that Node can name'}: exiting`)
    // Whoever has not read by now need not be waited for again.
    if (await this.#flushed) await flush(this.#outputs)
    // A rejection that tells of a crash comes before.
    setImmediate(() => process.exit(this.#exitCode))
  }
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
  return _getActiveHandles?.().filter(holds)
}

/** Whether a handle is more than an output: Node lists a terminal for each that was printed to, and an input that nothing reads. */
function holds(handle: unknown): boolean {
  if (handle instanceof TerminalInput) return handle.readableFlowing === true || handle.listenerCount('readable') > 0
  return handle !== process.stdout && handle !== process.stderr && !(handle instanceof TerminalOutput)
}

function unreadText(output: NodeJS.WriteStream): string {
  return `${output.writableLength.toLocaleString('en')} bytes of ${output === process.stdout ? 'stdout' : 'stderr'} that nobody has read`
}
