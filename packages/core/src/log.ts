import { now, since } from './clock.ts'
import { describe } from './expect.ts'
import {
  errorText,
  firstLine,
  formatDuration,
  formatLimit,
  printable,
  printableLines,
  reasonText,
  valueText,
} from './format.ts'
import type { Hook } from './hook.ts'
import { isInstance } from './is-instance.ts'
import type { Lifecycle } from './lifecycle.ts'
import { unusedAfter, waitingForText } from './hook-answers.ts'

/** A hook is slow when it has not started or stopped after this share of its time. */
const slowShare = 1 / 3

/** Takes the lines that `run` logs, each a string. `console` is one, and so are the loggers of pino and winston. */
export interface Logger {
  info(message: string): unknown
  warn(message: string): unknown
  error(message: string): unknown
}

/** What a log needs of the process. */
export interface LogHost {
  /** Prints a line that the logger cannot take any more. */
  print(line: string): void
  /** Names what holds the process open, for a slow hook without `waitingFor`; an empty string where Node can name nothing. */
  openResources(): string
  /** What a person at a terminal can do to force the stop; an empty string without a terminal. */
  readonly forceHint: string
}

/** Checks a logger. */
export function expectLogger(logger: Partial<Logger> | null | undefined): void {
  if (logger === undefined) return
  for (const method of ['info', 'warn', 'error'] as const) {
    const found = logger?.[method]
    if (typeof found !== 'function') {
      throw new TypeError(`Expected \`logger\` to have a function \`${method}\`, got ${describe(logger)}`)
    }
  }
}

/** Logs what happens. A logger that fails does not keep the process from its end. */
export class Log {
  readonly #logger: Logger | undefined
  readonly #host: LogHost
  readonly #logged = new WeakSet()
  readonly #timers = new Map<string, NodeJS.Timeout>()
  /** The hooks that are starting. */
  readonly #starting = new Map<string, Hook>()

  constructor(logger: Logger | undefined, host: LogHost) {
    this.#logger = logger
    this.#host = host
  }

  info(message: string): void {
    this.#write('info', message)
  }

  warn(message: string): void {
    this.#write('warn', message)
  }

  /**
   * Logs what was thrown, once: the failure of a hook may also be a rejection that nothing handles.
   *
   * @param what - What has failed: `database: stop failed`.
   */
  failure(what: string, thrown: unknown): void {
    if (this.hasLogged(thrown)) return
    if (typeof thrown === 'object' && thrown !== null) this.#logged.add(thrown)
    this.#write('error', `${printable(what)}: ${errorText(thrown)}`)
  }

  /** Whether this was logged as a failure, or only collects errors that were. */
  hasLogged(thrown: unknown): boolean {
    if (typeof thrown !== 'object' || thrown === null) return false
    if (this.#logged.has(thrown)) return true
    const errors: readonly unknown[] = isInstance(thrown, AggregateError) ? thrown.errors : []
    return errors.length > 0 && errors.every((error) => this.hasLogged(error))
  }

  /** Logs what a lifecycle does, a line for each thing: the table "What is logged" in docs/1 has them all. */
  follow(lifecycle: Lifecycle): void {
    if (this.#logger === undefined) return
    this.#followStart(lifecycle)
    lifecycle.on('hookFailed', ({ name, what, error }) => this.failure(`${name}: ${what}`, error))
    lifecycle.on('stopping', ({ reason, timeout }) => {
      const hint = this.#host.forceHint === '' ? '' : ` (${this.#host.forceHint})`
      this.info(`shutting down: ${printable(reasonText(reason))}, up to ${formatLimit(timeout)}${hint}`)
      for (const hook of this.#starting.values()) this.#watch(hook, 'starting', timeout)
    })
    lifecycle.on('hookStopping', ({ hook, deadline }) => this.#watch(hook, 'stopping', deadline - Date.now()))
    lifecycle.on('hookStopped', ({ name }) => this.#unwatch(name))
    lifecycle.on('report', (report) => (report.ok ? this.info(String(report)) : this.warn(String(report))))
  }

  #followStart(lifecycle: Lifecycle): void {
    let begin = 0
    lifecycle.on('state', ({ state }) => {
      if (state === 'starting') {
        begin = now()
        this.info('starting')
      } else if (state === 'running') {
        this.info(`started in ${formatDuration(since(begin))}`)
        this.#lookForUnused(lifecycle)
      }
    })
    lifecycle.on('hookStarting', ({ hook, deadline }) => {
      this.#starting.set(hook.name, hook)
      this.#watch(hook, 'starting', deadline - Date.now())
    })
    const ended = (name: string): void => {
      this.#starting.delete(name)
      this.#unwatch(name)
    }
    lifecycle.on('hookNotStarted', ({ name }) => ended(name))
    lifecycle.on('hookStarted', ({ name, detail }) => {
      ended(name)
      this.info(`${printable(name)}: ${printable(firstLine(valueText(detail) ?? '')) || 'started'}`)
    })
  }

  /** Logs a hook that has not ended after a third of its time, which is given in ms. */
  #watch(hook: Hook, doing: 'starting' | 'stopping', time: number): void {
    this.#unwatch(hook.name)
    if (time <= 0) return
    const begin = now()
    const warn = (): void => {
      const waiting = waitingForText(hook)
      const open = waiting === undefined ? this.#host.openResources() : ''
      const why = waiting === undefined ? open && `; the process is held open by ${open}` : `, waiting for ${waiting}`
      const progress = `still ${doing} after ${formatDuration(since(begin))} of ${formatLimit(time)}`
      this.warn(printable(`${hook.name}: ${progress}${why}`))
    }
    this.#timers.set(hook.name, setTimeout(warn, time * slowShare).unref())
  }

  #unwatch(name: string): void {
    clearTimeout(this.#timers.get(name))
    this.#timers.delete(name)
  }

  /** Logs each hook that has nothing to do a second after everything has started. */
  #lookForUnused(lifecycle: Lifecycle): void {
    const timer = setTimeout(() => {
      const unused = lifecycle.unused()
      if (unused !== undefined) for (const line of unused.split('\n')) this.warn(printable(line))
    }, unusedAfter).unref()
    lifecycle.once('stopping', () => clearTimeout(timer))
  }

  #write(level: keyof Logger, message: string): void {
    if (this.#logger === undefined) return
    const text = printableLines(message)
    const print = (): void => this.#host.print(text)
    try {
      // A hook may have ended the logger: a stream that has ended fails later, and by an event.
      if (hasEnded(this.#logger) || hasEnded(streamOf(this.#logger))) print()
      else void Promise.resolve(this.#logger[level](text)).catch(print)
    } catch {
      print()
    }
  }
}

/** Whether a stream, as the loggers of winston are, takes nothing any more. */
function hasEnded(stream: unknown): boolean {
  const { writableEnded, destroyed } = (stream ?? {}) as { writableEnded?: unknown; destroyed?: unknown }
  return writableEnded === true || destroyed === true
}

/** The stream that a logger of pino writes to, which it keeps by a symbol: its own, or that of the logger that it is a child of. */
function streamOf(logger: Logger): unknown {
  for (let owner: object | null = logger; owner !== null; owner = Object.getPrototypeOf(owner) as object | null) {
    const symbol = Object.getOwnPropertySymbols(owner).find(({ description }) => description === 'pino.stream')
    if (symbol !== undefined) return (owner as Readonly<Record<symbol, unknown>>)[symbol]
  }
  return undefined
}
