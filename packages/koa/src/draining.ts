import { draining as drainingOf } from '@lastcall/http'
import type { IncomingMessage } from 'node:http'
import type { Http2ServerRequest } from 'node:http2'

/**
 * Returns the signal that aborts when the listener of the request's server closes, after `stopDelay`: an endless response ends itself
 * by it. It is the adapter's `draining`.
 *
 * It has aborted already for a request that comes later: `addAbortListener` of node:events listens to that as well. It never aborts
 * where there is no adapter, as in a test of a middleware.
 *
 * @param context - Koa's context of a request that is in flight.
 *
 * @example
 * const events = new PassThrough()
 * const listener = addAbortListener(draining(ctx), () => events.end())
 * events.on('close', () => listener[Symbol.dispose]())
 * ctx.body = events
 */
export function draining({ req }: { readonly req: IncomingMessage | Http2ServerRequest }): AbortSignal {
  return drainingOf(req)
}
