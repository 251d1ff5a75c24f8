import { type Socket, connect } from 'node:net'
import { onTestFinished } from 'vitest'
import { Changes } from './changes.ts'

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
    let error: NodeJS.ErrnoException | undefined
    socket.setEncoding('latin1').on('data', (text) => {
      this.#received += String(text)
      this.#lastByteAt = performance.now()
      this.#changes.notify()
    })
    socket.on('error', (cause) => {
      error = cause
    })
    this.ended = new Promise((resolve) => {
      socket.once('end', resolve).once('close', () => resolve())
    })
    this.closed = new Promise((resolve) => {
      socket.once('close', () => {
        resolve(error?.code)
        this.#changes.notify()
      })
    })
  }

  /** Everything received so far, a character a byte. */
  get received(): string {
    return this.#received
  }

  /** When the last byte came, on the clock of `performance.now()`. */
  get lastByteAt(): number {
    return this.#lastByteAt
  }

  /** Whether it is still open in both directions. */
  get open(): boolean {
    return this.#socket.readyState === 'open'
  }

  send(text: string): void {
    this.#socket.write(text, 'latin1')
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

  destroy(): void {
    this.#socket.destroy()
  }
}

/** Connects to a port of this machine; rejects when that is refused. What is left open when the test ends is destroyed. */
export async function connectRaw(port: number): Promise<RawClient> {
  const socket = connect(port, '127.0.0.1')
  onTestFinished(() => {
    socket.destroy()
  })
  await new Promise<void>((resolve, reject) => {
    socket.once('connect', resolve).once('error', reject)
  })
  return new RawClient(socket)
}
