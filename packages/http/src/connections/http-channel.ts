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

/** Listens to a diagnostics channel while there is something to hear. */
export class HttpChannel<Message> {
  readonly #name: string
  readonly #listener: (message: unknown) => void
  #open = false

  constructor(name: string, listener: (message: Message) => void) {
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
