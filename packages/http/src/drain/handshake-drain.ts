import type { ConnectionDrain, DrainParts } from './connection-drain.ts'
import type { Handshake } from '../connections/handshake.ts'
import { SecondLook } from './second-look.ts'

/** The drain of a connection whose TLS handshake has not ended: it may end it, once it has begun. */
export class HandshakeDrain implements ConnectionDrain {
  readonly #handshake: Handshake
  readonly #parts: DrainParts
  readonly #secondLook = new SecondLook()

  constructor(handshake: Handshake, parts: DrainParts) {
    this.#handshake = handshake
    this.#parts = parts
  }

  announce(): void {}

  leave(): void {
    if (this.#begun) return
    this.#secondLook.at(
      this.#handshake.acceptedAt + this.#parts.patience.closeSilentAfter,
      () => this.leave(),
      () => this.#destroySilent(),
    )
  }

  #destroySilent(): void {
    if (!this.#begun) this.#handshake.socket.destroy()
  }

  cut(): void {
    if (this.#begun && this.#handshake.address !== undefined) this.#parts.ledger.cutConnection()
    this.#handshake.socket.destroy()
  }

  closed(): void {
    this.#secondLook.cancel()
  }

  get #begun(): boolean {
    return this.#handshake.socket.bytesRead > 0
  }
}
