import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'

/** A request that has not been answered whole. */
export interface Exchange {
  readonly response: ServerResponse
  /** When the request arrived, on the clock of `performance.now()`, as all instants here. */
  readonly requestedAt: number
}

/** A line end that a client sends behind a body by mistake is no request head (RFC 9112, 2.2). */
const strayBytes = 2

/** What is known of a connection that speaks HTTP/1 while the server runs: a few stores a request, and few bytes. */
export class Http1Connection {
  readonly socket: Socket
  /** The response to its latest request, until that is known to have finished. */
  #response: ServerResponse | undefined
  /** The request whose body was still on its way then. */
  #body: IncomingMessage | undefined
  /** Those before the latest that have not finished, with the instant of their request: with pipelining alone there are some. */
  #ahead: Map<ServerResponse, number> | undefined
  /** When it was accepted; from its first request on, when that arrived; from the end of its response on, when that ended. */
  #since: number
  /** Whether it has had a request. */
  #used = false
  /** How many bytes had been read when it was last known to be between two requests. */
  #readBetween = 0
  /** How many bytes had been written when its latest response finished. */
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

  /** The latest request, while it is in flight. */
  get latestExchange(): Exchange | undefined {
    const { latest } = this
    return latest && { response: latest, requestedAt: this.#since }
  }

  /** The requests in flight, oldest first: their responses are sent in this order. */
  get exchanges(): readonly Exchange[] {
    const exchanges: Exchange[] = []
    const { latestExchange } = this
    if (latestExchange === undefined) return exchanges
    for (const [response, requestedAt] of this.#ahead ?? []) {
      if (!response.writableFinished) exchanges.push({ response, requestedAt })
    }
    exchanges.push(latestExchange)
    return exchanges
  }

  /** Whether it has had a request. */
  get used(): boolean {
    return this.#used
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

  /** It is known to be between two requests: what is read from here on belongs to the next. */
  isBetweenRequests(): void {
    this.#readBetween = bytesRead(this.socket)
  }

  /** Whether it has sent bytes that are not yet a request: the first part of a head. */
  hasUnfinishedHead(): boolean {
    if (this.#body) {
      this.isBetweenRequests()
      if (this.#body.complete) this.#body = undefined
    }
    return bytesRead(this.socket) > this.#readBetween + (this.#used ? strayBytes : 0)
  }

  /** How much of the answer to a request in flight has been written, in bytes. */
  bytesSent(response: ServerResponse): number {
    const [oldest] = this.exchanges
    return response.headersSent && oldest?.response === response ? bytesWritten(this.socket) - this.#writtenAtFinish : 0
  }

  /** A request has arrived. Says whether that is new: a request may be emitted again. */
  requested(response: ServerResponse, now: number): boolean {
    if (this.#response !== undefined) {
      if (this.#response === response || this.#ahead?.has(response)) return false
      if (this.busy) (this.#ahead ??= new Map()).set(this.#response, this.#since)
      else this.#ahead = undefined
    }
    this.#response = response
    this.#since = now
    this.#used = true
    return true
  }

  /** A response has been handed to the system whole: nothing of it is kept. */
  responded(response: ServerResponse): void {
    if (this.#response === response) this.finished(performance.now())
    else this.#ahead?.delete(response)
  }

  /** Nothing is in flight any more. */
  finished(now: number): void {
    const request = this.#response?.req
    this.#body = request?.complete === false ? request : undefined
    this.#response = undefined
    this.#ahead = undefined
    this.#used = true
    this.#since = now
    this.#writtenAtFinish = bytesWritten(this.socket)
  }

  destroy(): void {
    this.socket.destroy()
  }
}

/** A server may be handed a connection that is no socket, and counts nothing (Node API, event `'connection'`). */
function bytesRead(socket: Partial<Socket>): number {
  return socket.bytesRead ?? 0
}

function bytesWritten(socket: Partial<Socket>): number {
  return socket.bytesWritten ?? 0
}
