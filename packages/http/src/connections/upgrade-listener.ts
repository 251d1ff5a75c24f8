import type { EventEmitter } from 'node:events'
import type { IncomingMessage } from 'node:http'
import type { Socket } from 'node:net'

type Upgraded = (request: IncomingMessage, socket: Socket) => void

const events = ['upgrade', 'connect']

/**
 * Listens to upgrades and tunnels, as long as the application does: with no listener, Node takes an upgrade for an ordinary
 * request, and so it must remain.
 */
export class UpgradeListener {
  readonly #server: EventEmitter
  readonly #upgraded: Upgraded

  constructor(server: EventEmitter, upgraded: Upgraded) {
    this.#server = server
    this.#upgraded = (request, socket) => upgraded(request, socket)
    for (const event of events) if (server.listenerCount(event) > 0) server.prependListener(event, this.#upgraded)
    server.on('newListener', this.#onAdd).on('removeListener', this.#onRemove)
  }

  detach(): void {
    this.#server.off('newListener', this.#onAdd).off('removeListener', this.#onRemove)
    for (const event of events) this.#server.off(event, this.#upgraded)
  }

  readonly #onAdd = (event: string, listener: unknown): void => {
    if (events.includes(event) && listener !== this.#upgraded && this.#server.listenerCount(event) === 0) {
      this.#server.prependListener(event, this.#upgraded)
    }
  }

  readonly #onRemove = (event: string): void => {
    if (!events.includes(event) || this.#server.listenerCount(event) !== 1) return
    // Only ours is left.
    if (this.#server.listeners(event)[0] === this.#upgraded) this.#server.off(event, this.#upgraded)
  }
}
