import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import type { ServerResponse } from 'node:http'
import type { Socket } from 'node:net'

/** What Node tells of a response that it has handed to the system whole, whatever the server (Node API, diagnostics channels). */
export interface FinishedMessage {
  readonly socket: Socket
  readonly response: ServerResponse
}

const channel = 'http.server.response.finish'

/** Listens to the end of responses. */
export class FinishChannel {
  readonly #listener: (message: unknown) => void
  #open = false

  constructor(listener: (message: FinishedMessage) => void) {
    this.#listener = listener as (message: unknown) => void
  }

  /** May be called more than once. */
  open(): void {
    if (this.#open) return
    this.#open = true
    subscribe(channel, this.#listener)
  }

  close(): void {
    this.#open = false
    unsubscribe(channel, this.#listener)
  }
}
