import type { EventEmitter } from 'node:events'
import type { Socket } from 'node:net'
import type { DrainableRequest } from '../expect-request.ts'
import { Http1Connection } from './http1-connection.ts'

/** What closes with a request: its response, its stream, or its socket. */
export type Closer = EventEmitter & { readonly writableEnded: boolean }

/**
 * The emitters of which one emits `'close'` when a request has ended; none when it has ended already.
 *
 * @param connectionOf - Finds the connection of a socket.
 */
export function closersOf(
  request: DrainableRequest,
  connectionOf: (socket: Socket) => object | undefined,
): readonly Closer[] {
  if ('respond' in request) return [request]
  if ('stream' in request) return [request.stream]
  const { socket } = request
  const connection = connectionOf(socket)
  // A request emits 'close' when its body has been read. An upgraded connection has one request.
  if (!(connection instanceof Http1Connection)) return [socket]
  const exchange = connection.exchanges.find(({ response }) => response.req === request)
  // A response that waits behind another emits no 'close'.
  return exchange ? [exchange.response, socket] : []
}
