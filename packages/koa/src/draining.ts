import { draining as drainingOf } from '@lastcall/http'
import { type DrainableContext, requestOf } from './request-of.ts'

/**
 * Returns the signal that aborts when the listener of the request's server closes, after `stopDelay`: an endless response ends itself
 * by it. It is the adapter's `draining`.
 *
 * It has aborted already for a request that comes later: `addAbortListener` of node:events listens to that as well; {@link onDrain}
 * does both. It never aborts where there is no adapter, as in a test of a middleware.
 *
 * @param context - Koa's context of a request that is in flight.
 * @throws TypeError when it is no such context.
 *
 * @example
 * const answer = await fetch(url, { signal: draining(ctx) })
 */
export function draining(context: DrainableContext): AbortSignal {
  return drainingOf(requestOf('draining', context))
}
