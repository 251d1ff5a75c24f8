import { channel } from 'node:diagnostics_channel'
import type { Closer } from './connections/closers-of.ts'
import type { DrainableRequest } from './expect-request.ts'

/** What a request can learn of its server from the adapter. */
export interface Answer {
  /** Aborts when the server's listener closes. */
  readonly draining: AbortSignal
  /** Calls a function when the server's listener closes, or in the next tick; returns a function that removes it. */
  onDrain(listener: () => void): () => void
  /** The emitters of which one emits `'close'` when a request has ended; none when it has ended already. */
  closersOf(request: DrainableRequest): readonly Closer[]
  /** The latest request is no traffic. */
  discount(): void
}

/** Asks every adapter in the process, of whatever copy of this package, whose connection this is. */
export interface RequestQuery {
  /** The socket of a request, or the session of HTTP/2. */
  readonly connection: object
  /** Set by the adapter that has this connection. */
  answer?: Answer
}

/** The diagnostics channel on which adapters are asked: so nothing has to be kept on a connection, nor in this module. */
export const requestQueries = 'lastcall:http.request'

const queries = channel(requestQueries)

/** What a request has of its connection; a stream of HTTP/2 leads to its session by itself. */
interface Connected {
  readonly respond?: unknown
  readonly session?: object
  readonly stream?: { readonly session?: object } | null
  readonly socket?: object | null
}

/** The answer of the adapter that has the connection of a request; `undefined` where the server has no adapter. */
export function answerTo(request: object): Answer | undefined {
  const { respond, session, stream, socket } = request as Connected
  // Express keeps a session of its own on a request.
  const connection = (respond === undefined ? stream?.session : session) ?? socket
  if (!connection) return undefined
  const query: RequestQuery = { connection }
  queries.publish(query)
  return query.answer
}
