import type { IncomingHttpHeaders, ServerHttp2Session, ServerHttp2Stream } from 'node:http2'
import type { Socket } from 'node:net'
import { listenerOf } from './listener-of.ts'

/** A stream that has not closed. */
export interface StreamRequest {
  readonly headers: IncomingHttpHeaders
  /** When it was opened, on the clock of `performance.now()`. */
  readonly requestedAt: number
}

/** What is known of a connection that speaks HTTP/2 while the server runs. */
export class Http2Connection {
  /** Its socket; `undefined` for a session older than the table: a session does not tell its socket. */
  readonly socket: Socket | undefined
  readonly session: ServerHttp2Session
  readonly #streams = new Map<ServerHttp2Stream, StreamRequest>()
  /** When it began, or its latest stream opened or closed. */
  #lastActiveAt = performance.now()
  #used = false
  readonly #onStreamClose = listenerOf((stream: ServerHttp2Stream) => {
    this.#streams.delete(stream)
    this.#lastActiveAt = performance.now()
  })

  constructor(session: ServerHttp2Session, socket: Socket | undefined) {
    this.session = session
    this.socket = socket
  }

  /** What is closed when it is. */
  get emitter(): Socket | ServerHttp2Session {
    return this.socket ?? this.session
  }

  get inFlight(): number {
    return this.#streams.size
  }

  /** The streams that have not closed. */
  get streams(): ReadonlyMap<ServerHttp2Stream, StreamRequest> {
    return this.#streams
  }

  /** Whether it has had a stream. */
  get used(): boolean {
    return this.#used
  }

  get lastActiveAt(): number {
    return this.#lastActiveAt
  }

  /** A stream has been opened. Says whether that is new. */
  opened(stream: ServerHttp2Stream, headers: IncomingHttpHeaders, now: number): boolean {
    if (this.#streams.has(stream)) return false
    this.#streams.set(stream, { headers, requestedAt: now })
    this.#lastActiveAt = now
    this.#used = true
    // One function for all of them: Node tells of the end of a stream in no other way.
    stream.on('close', this.#onStreamClose)
    return true
  }

  destroy(): void {
    this.session.destroy()
    this.socket?.destroy()
  }
}
