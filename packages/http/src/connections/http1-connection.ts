import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'

/** A request that has not been answered whole. */
export interface Exchange {
  readonly response: ServerResponse
  /** When the request arrived, on the clock of `performance.now()`, as all instants here. */
  readonly requestedAt: number
}

const none: readonly Exchange[] = []

/** A line end that a client sends behind a body by mistake is no request head (RFC 9112, 2.2). */
const strayBytes = 2

/** What is known of a connection that speaks HTTP/1 while the server runs: a few stores a request, and few bytes. */
export class Http1Connection {
  readonly socket: Socket
  /** The response to its latest request, until that is known to have finished. */
  #response: ServerResponse | undefined
  /** The request whose body was still on its way then. */
  #body: IncomingMessage | undefined
  /** Those before the latest that had not finished when it arrived: there are some with pipelining alone. */
  #ahead = none
  /** When it was accepted; from its first request on, when that arrived; from the end of its response on, when that ended. */
  #since: number
  /** How many bytes had been read when its latest response finished; −1 as long as it has had no request. */
  #readAtFinish = -1
  /** How many bytes had been written then. */
  #writtenAtFinish = 0

  constructor(socket: Socket, now: number) {
    this.socket = socket
    this.#since = now
  }

  get emitter(): Socket {
    return this.socket
  }

  /** Whether a request is in flight: its response has not been handed to the system whole. */
  get busy(): boolean {
    return this.#response !== undefined && !this.#response.writableFinished
  }

  get inFlight(): number {
    return this.exchanges.length
  }

  /** The response to the latest request, while that is in flight: the only one that may say close. */
  get latest(): ServerResponse | undefined {
    return this.busy ? this.#response : undefined
  }

  /** The requests in flight, oldest first: their responses are sent in this order. */
  get exchanges(): readonly Exchange[] {
    if (this.#response === undefined || !this.busy) return none
    return [...this.#ahead.filter(isOpen), { response: this.#response, requestedAt: this.#since }]
  }

  /** Whether it has had a request. */
  get used(): boolean {
    return this.#readAtFinish >= 0
  }

  /** The latest request, while its body is still on its way. */
  get unreadBody(): IncomingMessage | undefined {
    const request = this.#response?.req ?? this.#body
    return request?.complete === false ? request : undefined
  }

  /** Since when it has had nothing to do. */
  idleSince(): number {
    // Where the runtime does not tell when a response finishes, it is taken to have finished just now.
    if (this.#response !== undefined) this.finished(performance.now())
    return this.#since
  }

  /** Whether it has sent bytes that are not yet a request: the first part of a head. */
  hasUnfinishedHead(): boolean {
    const read = bytesRead(this.socket)
    if (!this.used) return read > 0
    if (this.#body) {
      this.#readAtFinish = read
      if (this.#body.complete) this.#body = undefined
    }
    return read > this.#readAtFinish + strayBytes
  }

  /** How much of the answer to a request in flight has been written, in bytes. */
  bytesSent(response: ServerResponse): number {
    const [oldest] = this.exchanges
    return response.headersSent && oldest?.response === response ? bytesWritten(this.socket) - this.#writtenAtFinish : 0
  }

  /** A request has arrived. Says whether that is new: a request may be emitted again. */
  requested(response: ServerResponse, now: number): boolean {
    if (this.#response !== undefined) {
      if (this.#response === response || this.#ahead.some((exchange) => exchange.response === response)) return false
      this.#ahead = this.exchanges
    }
    this.#response = response
    this.#since = now
    if (this.#readAtFinish < 0) this.#readAtFinish = 0
    return true
  }

  /** A response has been handed to the system whole. Says whether it was the latest: then nothing of it is kept. */
  responded(response: ServerResponse): boolean {
    if (this.#response !== response) return false
    this.finished(performance.now())
    return true
  }

  /** Nothing is in flight any more. */
  finished(now: number): void {
    const request = this.#response?.req
    this.#body = request?.complete === false ? request : undefined
    this.#response = undefined
    this.#ahead = none
    this.#since = now
    this.#readAtFinish = bytesRead(this.socket)
    this.#writtenAtFinish = bytesWritten(this.socket)
  }

  destroy(): void {
    this.socket.destroy()
  }
}

function isOpen({ response }: Exchange): boolean {
  return !response.writableFinished
}

/** A server may be handed a connection that is no socket, and counts nothing (Node API, event `'connection'`). */
function bytesRead(socket: Partial<Socket>): number {
  return socket.bytesRead ?? 0
}

function bytesWritten(socket: Partial<Socket>): number {
  return socket.bytesWritten ?? 0
}
