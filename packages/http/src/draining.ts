import { type DrainableRequest, expectRequest } from './expect-request.ts'
import { answerTo } from './request-query.ts'

/**
 * Returns the signal that aborts when the listener of the request's server closes: an endless response ends itself by it, wherever
 * its handler is written. It is the adapter's `draining`.
 *
 * The signal aborts after `stopDelay`: before, a client that connects again would reach the same server, and be ended again. It has
 * aborted already for a request that comes later: `addAbortListener` of node:events listens to that as well. {@link onDrain} does
 * both, and unsubscribes when the request closes.
 *
 * It never aborts where the server has no adapter, as in a test of a handler. Ask while the request is in flight, because over HTTP/2
 * the signal of a request with a closed stream never aborts.
 *
 * @param request - As a handler of node:http, node:https, node:http2, Express or connect has it; that of an upgrade; or a stream of
 * node:http2.
 * @throws TypeError when `request` is no such request. For the context or the request of another framework, the message contains the
 * expression to write.
 *
 * @example
 * const answer = await fetch(url, { signal: draining(request) })
 */
export function draining(request: DrainableRequest): AbortSignal {
  expectRequest('draining', request)
  return answerTo(request)?.draining ?? new AbortController().signal
}
