import type { ConnectionDrain, DrainParts } from './connection-drain.ts'
import type { UpgradedConnection } from '../connections/upgraded-connection.ts'

/** The drain of an upgraded connection: what it speaks is not known here, so that the application must close it. */
export class UpgradedDrain implements ConnectionDrain {
  readonly #connection: UpgradedConnection
  readonly #parts: DrainParts

  constructor(connection: UpgradedConnection, parts: DrainParts) {
    this.#connection = connection
    this.#parts = parts
  }

  announce(): void {
    const connection = this.#connection
    const { method, target, requestedAt } = connection
    const bytesSent = (): number => connection.bytesSent
    const request = { method, target, request: undefined, requestedAt, upgraded: true, bytesSent }
    this.#parts.ledger.open(connection, request)
  }

  leave(): void {}

  cut(): void {
    this.#connection.socket.destroy()
  }

  closed(): void {
    this.#parts.ledger.forget(this.#connection)
  }
}
