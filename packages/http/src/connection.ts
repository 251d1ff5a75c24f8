import type { ServerResponse } from 'node:http'
import type { Socket } from 'node:net'

/** What is known of one connection while the server runs: no more than a store or two a request. */
export class Connection {
  readonly socket: Socket
  /** When it was accepted, on the clock of `performance.now()`, as all instants here. */
  readonly acceptedAt: number = performance.now()
  /** The response to its latest request: with pipelining, the last one that will be sent. */
  response: ServerResponse | undefined
  /** When its latest request arrived. */
  requestedAt = 0
  /** When its latest response was handed to the system whole; before `requestedAt` when that is not known. */
  #finishedAt = -1
  /** How many bytes had been read by then. */
  #readAtFinish = 0
  /** Whether its latest request arrived behind another that had not been answered. */
  pipelined = false

  constructor(socket: Socket) {
    this.socket = socket
  }

  /** Whether a request is in flight: its response has not been handed to the system whole. */
  get busy(): boolean {
    return this.response !== undefined && !this.response.writableFinished
  }

  /** Whether it has sent bytes that are not yet a request: the first part of a head, or what follows an upgrade. */
  get hasUnfinishedHead(): boolean {
    if (this.response === undefined) return this.socket.bytesRead > 0
    return this.#finishedAt >= this.requestedAt && this.socket.bytesRead > this.#readAtFinish
  }

  /** Since when it has had nothing to do. */
  idleSince(): number {
    if (this.response === undefined) return this.acceptedAt
    if (this.#finishedAt < this.requestedAt) this.finished()
    return this.#finishedAt
  }

  /** A request has arrived. */
  requested(response: ServerResponse): void {
    this.pipelined = this.busy
    this.response = response
    this.requestedAt = performance.now()
  }

  /** The latest response has been handed to the system whole. */
  finished(): void {
    this.#finishedAt = performance.now()
    this.#readAtFinish = this.socket.bytesRead
  }
}
