import { formatLimit } from './duration.ts'
import { reasonText } from './errors.ts'
import type { Lifecycle } from './lifecycle.ts'
import { valueText } from './value-text.ts'

/** Takes the lines that `run` has to say. `console` is one, and so is a pino logger. */
export interface Logger {
  info(message: string): unknown
  warn(message: string): unknown
  /** Takes an `Error`, so that its stack is not lost. */
  error(error: unknown): unknown
}

/**
 * Tells a logger what a lifecycle does, a line for each thing: starting, what each hook's `start` returned (where a server
 * listens), shutting down and why and how long it may take, the error of each hook that fails, and the picture of the report.
 */
export function logLifecycle(lifecycle: Lifecycle, logger: Logger): void {
  lifecycle.on('state', ({ state }) => (state === 'starting' ? logger.info('starting') : undefined))
  lifecycle.on('hookStarted', ({ name, detail }) =>
    logger.info(detail === undefined ? `${name}: started` : `${name}: ${valueText(detail)}`),
  )
  lifecycle.on('stopping', ({ reason, timeout }) =>
    logger.info(`shutting down: ${reasonText(reason)}, up to ${formatLimit(timeout)}`),
  )
  lifecycle.on('hookStopped', ({ outcome, error }) => (outcome === 'failed' ? logger.error(error) : undefined))
  lifecycle.on('report', (report) => (report.ok ? logger.info(String(report)) : logger.warn(String(report))))
}
