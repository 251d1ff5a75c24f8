import type { Socket } from 'node:net'

/** A TCP connection on which a TLS handshake is to come to its end. */
export class Handshake {
  readonly socket: Socket
  /** By what it is known when its handshake has ended; one of a pipe has none, and is there as long as the connection is. */
  readonly address: string | undefined
  readonly acceptedAt: number = performance.now()
  readonly inFlight = 0

  constructor(socket: Socket, address: string | undefined) {
    this.socket = socket
    this.address = address
  }

  destroy(): void {
    this.socket.destroy()
  }
}
