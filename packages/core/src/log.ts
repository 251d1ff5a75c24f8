import { now, since } from './clock.ts'
import { formatDuration, formatLimit } from './duration.ts'
import { reasonText } from './errors.ts'
import { describe } from './expect.ts'
import { waitingForText } from './waiting-for.ts'
import type { Hook } from './hook.ts'
import type { Lifecycle } from './lifecycle.ts'
import { valueText } from './value-text.ts'

/** A hook is slow when it has not stopped after this share of its time. */
const slowShare = 1 / 3

/** Takes the lines that `run` has to say. `console` is one, and so is a pino logger. */
export interface Logger {
  info(message: string): unknown
  warn(message: string): unknown
  /** Takes an `Error`, so that its stack is not lost. */
  error(error: unknown): unknown
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

/** Tells a logger what happens. That the logger fails must not keep the process from its end. */
export class Log {
  readonly #logger: Logger | undefined
  readonly #told = new WeakSet()
  readonly #slow = new Map<string, NodeJS.Timeout>()

  constructor(logger: Logger | undefined) {
    this.#logger = logger
  }

  info(message: string): void {
    this.#tell('info', message)
  }

  warn(message: string): void {
    this.#tell('warn', message)
  }

  /** Tells of an error, once: the failure of a hook may also have been a rejection that nobody handled. */
  error(error: unknown): void {
    if (typeof error === 'object' && error !== null) {
      if (this.#told.has(error)) return
      this.#told.add(error)
    }
    this.#tell('error', error)
  }

  /**
   * Tells what a lifecycle does, a line for each thing: starting, what each hook's `start` returned (where a server listens), shutting
   * down and why and how long it may take, each hook that is slow and what it is waiting for, the error of each hook that fails, and
   * the picture of the report.
   *
   * @param openResources - Says what holds the process open: told of a slow hook that does not say what it waits for.
   */
  follow(lifecycle: Lifecycle, openResources: () => string): void {
    if (this.#logger === undefined) return
    lifecycle.on('state', ({ state }) => {
      if (state === 'starting') this.info('starting')
    })
    lifecycle.on('hookStarted', ({ name, detail }) =>
      this.info(detail === undefined ? `${name}: started` : `${name}: ${valueText(detail)}`),
    )
    lifecycle.on('stopping', ({ reason, timeout }) =>
      this.info(`shutting down: ${reasonText(reason)}, up to ${formatLimit(timeout)}`),
    )
    lifecycle.on('hookStopping', ({ hook, deadline }) => this.#watch(hook, deadline - Date.now(), openResources))
    lifecycle.on('hookStopped', ({ name, outcome, error, beforeStop }) => {
      clearTimeout(this.#slow.get(name))
      for (const end of [beforeStop, { outcome, error }]) if (end?.outcome === 'failed') this.error(end.error)
    })
    lifecycle.on('report', (report) => (report.ok ? this.info(String(report)) : this.warn(String(report))))
  }

  /** Tells of a hook that has not stopped after a third of its time, which is given in ms. */
  #watch(hook: Hook, time: number, openResources: () => string): void {
    if (time <= 0) return
    const begin = now()
    const tell = (): void => {
      const said = waitingForText(hook)
      const open = said === undefined ? openResources() : ''
      const holding = said === undefined ? open && `; the process is held open by ${open}` : `, waiting for ${said}`
      this.warn(`${hook.name}: still stopping after ${formatDuration(since(begin))} of ${formatLimit(time)}${holding}`)
    }
    this.#slow.set(hook.name, setTimeout(tell, time * slowShare).unref())
  }

  #tell(level: keyof Logger, message: unknown): void {
    try {
      void Promise.resolve(this.#logger?.[level](message as string)).catch(() => {})
    } catch {
      // There is nobody left to tell.
    }
  }
}
