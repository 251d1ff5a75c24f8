import { channel } from 'node:diagnostics_channel'

/** What a request can learn of its server from the adapter. */
export interface Answer {
  /** Aborts when the server's listener closes. */
  readonly draining: AbortSignal
  /** The latest request is no traffic. */
  discount(): void
}

/** Asks every adapter in the process, of whatever copy of this package, whose connection this is. */
export interface RequestQuery {
  /** The socket of a request, or the session of HTTP/2. */
  readonly connection: object
  /** Set by the one whose it is. */
  answer?: Answer
}

/** The diagnostics channel on which adapters are asked: so nothing has to be kept on a connection, nor in this module. */
export const requestQueries = 'lastcall:http.request'

const queries = channel(requestQueries)

/** What the adapter says whose connection a request came on; `undefined` where its server has no adapter. */
export function answerTo(request: object): Answer | undefined {
  const { stream, socket } = request as {
    readonly stream?: { readonly session?: object } | null
    readonly socket?: object | null
  }
  const connection = stream?.session ?? socket
  if (!connection) return undefined
  const query: RequestQuery = { connection }
  queries.publish(query)
  return query.answer
}
