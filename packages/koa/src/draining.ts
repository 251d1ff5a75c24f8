import { draining as drainingOf } from '@lastcall/http'
import type { IncomingMessage } from 'node:http'
import type { Http2ServerRequest } from 'node:http2'

/**
 * Gives the signal that aborts when the server of a request is announced to drain: an endless response ends itself by it. It is
 * the adapter's `draining`.
 *
 * It has aborted already for a request that comes during the drain: `addAbortListener` of node:events listens to that as well. It
 * never aborts where there is no adapter, as in a test of a middleware.
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
