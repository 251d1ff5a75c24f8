import { constants } from 'node:os'
import process from 'node:process'
import { expectDuration, describe, formatLimit } from './duration.ts'
import { StartError } from './errors.ts'
import type { StopReason } from './hook.ts'
import { Lifecycle } from './lifecycle.ts'
import { logLifecycle, type Logger } from './log.ts'
import type { StopReport } from './report.ts'

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
   * How long the process may take to end by itself once everything has stopped; after that, what holds it open is logged and
   * it exits. Milliseconds, 1 to 2^31−1. Default 1,000.
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
  readonly #handlers: readonly (readonly [event: string, handler: (value: unknown) => void])[]
  #press: { readonly signal: NodeJS.Signals; readonly at: number } | undefined
  #forcedBy: NodeJS.Signals | undefined
  #fault: Fault | undefined
  #report: StopReport | undefined

  constructor(lifecycle: Lifecycle, logger: Logger | undefined, exitTimeout: number) {
    this.#lifecycle = lifecycle
    this.#logger = logger
    this.#exitTimeout = exitTimeout
    this.#handlers = [
      ...stopSignals.map((signal) => [signal, () => this.#onSignal(signal)] as const),
      // An unhandled rejection comes here as well, unless the application has a listener of its own for it.
      ['uncaughtException', (error) => this.#onFault(error)],
      ['beforeExit', () => this.#onEmptyLoop()],
      ['exit', (code) => this.#onExit(code)],
    ]
  }

  async run(): Promise<StopReport> {
    this.#claim()
    if (this.#logger) logLifecycle(this.#lifecycle, this.#logger)
    try {
      await this.#lifecycle.start()
      await aborted(this.#lifecycle.stopping)
    } catch (error) {
      if (!(error instanceof StartError) || error.hook !== undefined) this.#onFault(error)
    }
    this.#report = await this.#lifecycle.stop()
    process.exitCode = this.#exitCode || process.exitCode || 0
    if (this.#fault && !this.#logger) {
      this.#release()
      throw this.#fault.error
    }
    setTimeout(() => void this.#exit(), this.#exitTimeout).unref()
    return this.#report
  }

  #claim(): void {
    if (marker in process) {
      throw new Error(
        'Expected one `run` a process, got a second one: register the second lifecycle in the first, `first.register(second)`',
      )
    }
    Object.defineProperty(process, marker, { value: true, configurable: true })
    for (const [event, handler] of this.#handlers) process.on(event, handler)
  }

  #release(): void {
    for (const [event, handler] of this.#handlers) process.off(event, handler)
    Reflect.deleteProperty(process, marker)
  }

  #onSignal(signal: NodeJS.Signals): void {
    const previous = this.#press
    const at = performance.now()
    if (previous?.signal === signal && at - previous.at < samePress) return
    this.#press = { signal, at }
    if (previous === undefined) {
      this.#stop(signal)
    } else if (this.#report === undefined && this.#forcedBy === undefined) {
      this.#forcedBy = signal
      this.#stop(signal, true)
    } else {
      process.exit(this.#exitCode)
    }
  }

  #onFault(error: unknown): void {
    this.#logger?.error(error)
    this.#fault ??= { error }
    if (this.#report) process.exitCode = this.#exitCode
    else this.#stop(error instanceof Error ? error : String(error))
  }

  #onEmptyLoop(): void {
    if (this.#report === undefined) this.#stop('an empty event loop')
  }

  #onExit(code: unknown): void {
    if (this.#report === undefined && code === 0) process.exitCode = this.#exitCode || 1
    this.#release()
  }

  #stop(reason: StopReason, force = false): void {
    void this.#lifecycle.stop({ reason, force })
  }

  get #exitCode(): number {
    if (this.#forcedBy) return 128 + constants.signals[this.#forcedBy]
    return this.#fault || this.#report?.ok === false ? 1 : 0
  }

  /** Ends a process that did not end by itself, and says what held it. */
  async #exit(): Promise<void> {
    const held = `after ${formatLimit(this.#exitTimeout)} the process is still held open by ${openResources()}: exiting`
    this.#logger?.warn(held)
    await Promise.all([process.stdout, process.stderr].map(flush))
    process.exit()
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
  const counts = new Map<string, number>()
  for (const kind of process.getActiveResourcesInfo()) counts.set(kind, (counts.get(kind) ?? 0) + 1)
  return [...counts].map(([kind, count]) => `${count} ${kind}`).join(', ') || 'nothing that Node can name'
}

/** Waits until what was written has left the process, but not for a reader that does not read. */
function flush(stream: NodeJS.WriteStream): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, flushTimeout)
    stream.write('', () => resolve())
  })
}
