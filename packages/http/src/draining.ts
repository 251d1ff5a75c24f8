import type { IncomingMessage } from 'node:http'
import type { Http2ServerRequest } from 'node:http2'
import { answerTo } from './request-query.ts'

/**
 * Returns the signal that aborts when the listener of the request's server closes: an endless response ends itself by it, wherever
 * its handler is written. It is the adapter's `draining`.
 *
 * The signal aborts after `stopDelay`: before, a client that connects again would reach the same server, and be ended again. It has
 * aborted already for a request that comes later: `addAbortListener` of node:events listens to that as well.
 * It never aborts where the server has no adapter, as in a test of a handler. Ask while the request is in flight: over HTTP/2, one
 * whose stream has closed no longer leads to its server.
 *
 * @param request - As a handler of node:http, node:https, node:http2 or a framework has it; or that of an upgrade.
 *
 * @example
 * const listener = addAbortListener(draining(request), () => response.end())
 * response.on('close', () => listener[Symbol.dispose]())
 */
export function draining(request: IncomingMessage | Http2ServerRequest): AbortSignal {
  return answerTo(request)?.draining ?? new AbortController().signal
}
