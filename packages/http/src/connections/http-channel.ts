import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Server, Socket } from 'node:net'

/** What Node tells of a request or a response over HTTP/1, of every server there is (Node API, diagnostics channels). */
export interface HttpMessage {
  readonly request: IncomingMessage
  readonly response: ServerResponse
  readonly socket: Socket
  readonly server: Server
}

/** A request has been read; or a response has been handed to the system whole. */
type HttpChannelName = 'http.server.request.start' | 'http.server.response.finish'

/** Listens to what Node tells of its HTTP servers. */
export class HttpChannel {
  readonly #name: HttpChannelName
  readonly #listener: (message: unknown) => void
  #open = false

  constructor(name: HttpChannelName, listener: (message: HttpMessage) => void) {
    this.#name = name
    this.#listener = listener as (message: unknown) => void
  }

  /** May be called more than once. */
  open(): void {
    if (this.#open) return
    this.#open = true
    subscribe(this.#name, this.#listener)
  }

  close(): void {
    this.#open = false
    unsubscribe(this.#name, this.#listener)
  }
}
