import type { IncomingMessage } from 'node:http'
import type { Socket } from 'node:net'

/** A connection that speaks another protocol now, as WebSocket, or is a tunnel. */
export class UpgradedConnection {
  readonly socket: Socket
  readonly method: string
  readonly target: string
  readonly requestedAt: number = performance.now()
  readonly inFlight = 0
  readonly #writtenBefore: number

  constructor(socket: Socket, { method = '', url = '' }: IncomingMessage) {
    this.socket = socket
    this.method = method
    this.target = url
    this.#writtenBefore = socket.bytesWritten
  }

  get emitter(): Socket {
    return this.socket
  }

  /** How much has been written since the upgrade, in bytes. */
  get bytesSent(): number {
    return this.socket.bytesWritten - this.#writtenBefore
  }

  destroy(): void {
    this.socket.destroy()
  }
}
