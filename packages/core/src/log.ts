import { now, since } from './clock.ts'
import { formatDuration, formatLimit } from './duration.ts'
import { reasonText } from './errors.ts'
import { heldBy } from './held-by.ts'
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

/** Tells a logger something. One that fails must not keep the process from its end. */
export function tell(logger: Logger | undefined, level: keyof Logger, message: unknown): void {
  try {
    void Promise.resolve(logger?.[level](message as string)).catch(() => {})
  } catch {
    // There is nobody left to tell.
  }
}

/**
 * Tells a logger what a lifecycle does, a line for each thing: starting, what each hook's `start` returned (where a server
 * listens), shutting down and why and how long it may take, each hook that is slow and what it is waiting for, the error of each
 * hook that fails, and the picture of the report.
 *
 * @param openResources - Says what holds the process open: told of a slow hook that does not say what it waits for.
 */
export function logLifecycle(lifecycle: Lifecycle, logger: Logger, openResources: () => Promise<string>): void {
  const slow = new SlowHooks(logger, openResources)
  lifecycle.on('state', ({ state }) => (state === 'starting' ? logger.info('starting') : undefined))
  lifecycle.on('hookStarted', ({ name, detail }) =>
    logger.info(detail === undefined ? `${name}: started` : `${name}: ${valueText(detail)}`),
  )
  lifecycle.on('stopping', ({ reason, timeout }) =>
    logger.info(`shutting down: ${reasonText(reason)}, up to ${formatLimit(timeout)}`),
  )
  lifecycle.on('hookStopping', ({ hook, deadline }) => slow.watch(hook, deadline - Date.now()))
  lifecycle.on('hookStopped', ({ name, outcome, error }) => {
    slow.ended(name)
    return outcome === 'failed' ? logger.error(error) : undefined
  })
  lifecycle.on('report', (report) => (report.ok ? logger.info(String(report)) : logger.warn(String(report))))
}

/** Tells of each hook that is still stopping after a third of its time. */
class SlowHooks {
  readonly #logger: Logger
  readonly #openResources: () => Promise<string>
  readonly #timers = new Map<string, NodeJS.Timeout>()

  constructor(logger: Logger, openResources: () => Promise<string>) {
    this.#logger = logger
    this.#openResources = openResources
  }

  /** @param time - How long the hook may take, in ms. */
  watch(hook: Hook, time: number): void {
    if (time <= 0) return
    const begin = now()
    const timer = setTimeout(() => void this.#tell(hook, begin, time), time * slowShare)
    this.#timers.set(hook.name, timer.unref())
  }

  ended(name: string): void {
    clearTimeout(this.#timers.get(name))
    this.#timers.delete(name)
  }

  async #tell(hook: Hook, begin: number, time: number): Promise<void> {
    const { name } = hook
    const said = heldBy(hook)
    const open = said === undefined ? await this.#openResources() : ''
    const holding = said === undefined ? open && `; the process is held open by ${open}` : `, holding ${said}`
    const times = `${formatDuration(since(begin))} of ${formatLimit(time)}`
    if (this.#timers.has(name)) tell(this.#logger, 'warn', `${name}: still stopping after ${times}${holding}`)
  }
}
