import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { closeGently } from './close-gently.ts'

/** A request that has not been answered whole. */
export interface Exchange {
  readonly response: ServerResponse
  /** When the request arrived, on the clock of `performance.now()`, as all instants here. */
  readonly requestedAt: number
}

const none: readonly Exchange[] = []

/** A line end that a client sends behind a body by mistake is no request head (RFC 9112, 2.2). */
const strayBytes = 2

/** What is known of one connection while the server runs: no more than a store or two a request. */
export class Connection {
  readonly socket: Socket
  readonly #acceptedAt = performance.now()
  /** The response to its latest request, until that is known to have finished. */
  #response: ServerResponse | undefined
  #requestedAt = 0
  /** Those before the latest that had not finished when it arrived: there are some with pipelining alone. */
  #ahead = none
  /** Whether it has had a request. */
  #used = false
  #finishedAt = 0
  /** How many bytes had been read when its latest response finished. */
  #readAtFinish = 0
  /** The request whose body was still on its way then. */
  #body: IncomingMessage | undefined
  /** Whether it is being closed gently. */
  #closing = false

  constructor(socket: Socket) {
    this.socket = socket
  }

  /** Whether a request is in flight: its response has not been handed to the system whole. */
  get busy(): boolean {
    return this.#response !== undefined && !this.#response.writableFinished
  }

  /** The response to the latest request, while that is in flight: the only one that may say close. */
  get latest(): ServerResponse | undefined {
    return this.busy ? this.#response : undefined
  }

  /** The requests in flight, oldest first: their responses are sent in this order. */
  get exchanges(): readonly Exchange[] {
    if (this.#response === undefined || !this.busy) return none
    return [...this.#ahead.filter(isOpen), { response: this.#response, requestedAt: this.#requestedAt }]
  }

  /** Whether a response is the one to its latest request. */
  isLatest(response: ServerResponse): boolean {
    return this.#response === response
  }

  /** Whether it has had a request. */
  get used(): boolean {
    return this.#used
  }

  /** Since when it has had nothing to do. */
  idleSince(): number {
    if (!this.#used) return this.#acceptedAt
    // Where the runtime does not tell when a response finishes, it is taken to have finished just now.
    if (this.#response !== undefined) this.finished()
    return this.#finishedAt
  }

  /** Whether it has sent bytes that are not yet a request: the first part of a head, or what follows an upgrade. */
  hasUnfinishedHead(): boolean {
    const read = bytesRead(this.socket)
    if (!this.#used) return read > 0
    if (this.#body) {
      this.#readAtFinish = read
      if (this.#body.complete) this.#body = undefined
    }
    return read > this.#readAtFinish + strayBytes
  }

  /** A request has arrived. */
  requested(response: ServerResponse): void {
    this.#ahead = this.exchanges
    this.#response = response
    this.#requestedAt = performance.now()
    this.#used = true
  }

  /** The latest response has been handed to the system whole; nothing of it is kept. */
  finished(): void {
    const request = this.#response?.req
    this.#body = request?.complete === false ? request : undefined
    this.#response = undefined
    this.#ahead = none
    this.#used = true
    this.#finishedAt = performance.now()
    this.#readAtFinish = bytesRead(this.socket)
  }

  /** Closes it, now that nothing is in flight. */
  close(): void {
    const { socket } = this
    if (this.#body?.complete === false || socket.writableEnded || !hasDestroySoon(socket)) this.closeGently(this.#body)
    else socket.destroySoon()
  }

  /** Closes it so that the answer to a request arrives; see {@link closeGently}. */
  closeGently(request: IncomingMessage | undefined): void {
    if (this.#closing) return
    this.#closing = true
    closeGently(this.socket, request)
  }
}

/** A server may be handed a connection that is no socket (Node API, event `'connection'`). */
function hasDestroySoon(socket: Partial<Socket>): boolean {
  return typeof socket.destroySoon === 'function'
}

function isOpen({ response }: Exchange): boolean {
  return !response.writableFinished
}

function bytesRead(socket: Partial<Socket>): number {
  return socket.bytesRead ?? 0
}
