import type { Socket } from 'node:net'
import { TLSSocket } from 'node:tls'
import { Changes } from './changes.ts'
import { openSocket, type SocketOptions } from './open-socket.ts'
import { SocketEnd } from './socket-end.ts'

/** A connection of which every byte is seen: no client library hides what was sent. */
export class RawClient {
  /** Resolves when the server has half-closed or closed it. */
  readonly ended: Promise<void>
  /** Resolves when it is closed altogether, to the code of the error that closed it, if one did. */
  readonly closed: Promise<string | undefined>
  readonly #socket: Socket
  #received = ''
  #lastByteAt = 0
  readonly #changes = new Changes()

  constructor(socket: Socket) {
    this.#socket = socket
    const { ended, closed } = new SocketEnd(socket)
    this.ended = ended
    this.closed = closed
    socket.setEncoding('latin1').on('data', (text) => {
      this.#received += String(text)
      this.#lastByteAt = performance.now()
      this.#changes.notify()
    })
    socket.once('close', () => this.#changes.notify())
  }

  /** Everything received so far, a character a byte; over TLS, what was inside. */
  get received(): string {
    return this.#received
  }

  /** How many bytes were received so far. */
  get bytes(): number {
    return this.#received.length
  }

  /** When the last byte came, on the clock of `performance.now()`. */
  get lastByteAt(): number {
    return this.#lastByteAt
  }

  /** Whether it is still open in both directions. */
  get open(): boolean {
    return this.#socket.readyState === 'open'
  }

  /** Sends bytes, or a text of a character a byte. */
  send(bytes: string | Uint8Array): void {
    if (typeof bytes === 'string') this.#socket.write(bytes, 'latin1')
    else this.#socket.write(bytes)
  }

  /** Sends a GET request for a path. */
  get(path: string): void {
    this.send(`GET ${path} HTTP/1.1\r\nHost: localhost\r\n\r\n`)
  }

  /** Resolves once as much has been received; rejects when the connection closes before. */
  async receives(pattern: RegExp): Promise<RegExpExecArray> {
    for (;;) {
      const match = pattern.exec(this.#received)
      if (match) return match
      if (this.#socket.closed) throw new Error(`Expected to receive ${String(pattern)}, got:\n${this.#received}`)
      await this.#changes.next()
    }
  }

  /** Reads nothing more, so that the server cannot send more than the system has room for. */
  pause(): void {
    this.#socket.pause()
  }

  /** Reads on after `pause`. */
  resume(): void {
    this.#socket.resume()
  }

  /** Sends our end, and goes on reading. */
  end(): void {
    this.#socket.end()
  }

  /** Resets it; over TLS, it is just closed at once. */
  reset(): void {
    if (this.#socket instanceof TLSSocket) this.#socket.destroy()
    else this.#socket.resetAndDestroy()
  }

  destroy(): void {
    this.#socket.destroy()
  }
}

/** Connects to a port of this machine; rejects when that is refused. What is left open when the test ends is destroyed. */
export async function connectRaw(port: number, options: SocketOptions = {}): Promise<RawClient> {
  return new RawClient(await openSocket(port, options))
}
