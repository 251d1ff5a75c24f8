import type { Socket } from 'node:net'
import { Duplex } from 'node:stream'
import { connect as connectTls } from 'node:tls'
import { onTestFinished } from 'vitest'
import { openSocket } from './open-socket.ts'

/** A TCP connection whose TLS handshake goes only as far as it is let. */
export class StalledTls {
  /** The TLS socket: what is written to it goes out when the handshake has ended. */
  readonly socket: Socket
  readonly #tcp: Socket
  #held: Buffer[] = []
  #passing = false

  constructor(tcp: Socket, protocols: readonly string[]) {
    this.#tcp = tcp
    const wire = new Duplex({
      read: () => {},
      write: (chunk: Buffer, _encoding, done) => {
        if (this.#passing) tcp.write(chunk)
        else this.#held.push(chunk)
        done()
      },
      final: (done) => {
        tcp.end(done)
      },
      destroy: (error, done) => {
        tcp.destroy()
        done(error)
      },
    })
    tcp.on('data', (chunk) => wire.push(chunk)).once('end', () => wire.push(null))
    tcp.once('close', () => wire.destroy())
    const offered = protocols.length > 0 && { ALPNProtocols: [...protocols] }
    this.socket = connectTls({ socket: wire, servername: 'localhost', rejectUnauthorized: false, ...offered })
  }

  /** Sends the first half of the ClientHello. */
  begin(): void {
    const hello = Buffer.concat(this.#held)
    const half = Math.floor(hello.length / 2)
    this.#tcp.write(hello.subarray(0, half))
    this.#held = [hello.subarray(half)]
  }

  /** Lets the handshake go on to its end. */
  goOn(): void {
    this.#passing = true
    for (const chunk of this.#held.splice(0)) this.#tcp.write(chunk)
  }
}

/** Connects to a port of this machine over TCP; nothing of a TLS handshake is sent yet. */
export async function connectStalledTls(port: number, protocols: readonly string[] = []): Promise<StalledTls> {
  const stalled = new StalledTls(await openSocket(port, {}), protocols)
  onTestFinished(() => {
    stalled.socket.destroy()
  })
  return stalled
}
