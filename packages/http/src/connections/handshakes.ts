import type { Socket } from 'node:net'
import { Handshake } from './handshake.ts'
import { listenerOf } from './listener-of.ts'

/** The TLS handshakes of a server that have not ended. */
export class Handshakes implements Iterable<Handshake> {
  readonly #open = new Map<Socket, Handshake>()
  readonly #byAddress = new Map<string, Handshake>()
  readonly #over: (handshake: Handshake) => void
  readonly #onClose = listenerOf((socket: Socket) => this.#remove(socket))

  /** @param over - Is told of each that is over: it has ended, or its connection is closed. */
  constructor(over: (handshake: Handshake) => void) {
    this.#over = over
  }

  /** How many there are; those of a pipe, which may have ended, are not counted. */
  get size(): number {
    return this.#byAddress.size
  }

  [Symbol.iterator](): Iterator<Handshake> {
    return this.#open.values()
  }

  /** A handshake begins on a TCP connection. */
  begin(socket: Socket): Handshake {
    const handshake = new Handshake(socket, addressOf(socket))
    this.#open.set(socket, handshake)
    if (handshake.address !== undefined) this.#byAddress.set(handshake.address, handshake)
    socket.on('close', this.#onClose)
    return handshake
  }

  /** A handshake has ended in a TLS connection, which does not tell its TCP connection but by the addresses of both. */
  end(socket: Socket): void {
    const handshake = this.#byAddress.get(addressOf(socket) ?? '')
    if (handshake === undefined) return
    handshake.socket.off('close', this.#onClose)
    this.#remove(handshake.socket)
  }

  #remove(socket: Socket): void {
    const handshake = this.#open.get(socket)
    /* v8 ignore if -- a socket closes once, and is not listened to when its handshake has ended */
    if (handshake === undefined) return
    this.#open.delete(socket)
    if (handshake.address !== undefined) this.#byAddress.delete(handshake.address)
    this.#over(handshake)
  }
}

/** By what two sockets over one TCP connection are known, if they are: those of a pipe have no address. */
function addressOf({ remoteAddress, remotePort, localAddress, localPort }: Socket): string | undefined {
  return remotePort === undefined ? undefined : `${remoteAddress} ${remotePort} ${localAddress} ${localPort}`
}
