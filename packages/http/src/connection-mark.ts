/** What a connection knows of its server. */
export interface ConnectionMark {
  /** Aborts when the server's drain is announced. */
  readonly draining: AbortSignal
  /** The latest request is no traffic. */
  discount(): void
}

/** Where a connection keeps it: the same place for every copy of this package. */
const key: unique symbol = Symbol.for('@lastcall/http.connection')

/** A socket, or the session of HTTP/2. */
interface Marked {
  [key]?: ConnectionMark
}

/** Puts a mark on a connection, where the requests on it find it. */
export function markConnection(connection: object, mark: ConnectionMark): void {
  const marked: Marked = connection
  marked[key] = mark
}

/** The mark of the connection that a request came on; `undefined` where its server has no adapter. */
export function markOf(request: object): ConnectionMark | undefined {
  const { stream, socket } = request as { readonly stream?: { readonly session?: Marked }; readonly socket?: Marked }
  return (stream?.session ?? socket)?.[key]
}
