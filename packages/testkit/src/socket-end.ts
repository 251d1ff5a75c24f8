import type { Socket } from 'node:net'

/** How a connection ends. */
export class SocketEnd {
  /** Resolves when the server has half-closed or closed it. */
  readonly ended: Promise<void>
  /** Resolves when it is closed altogether, to the code of the error that closed it, if one did. */
  readonly closed: Promise<string | undefined>
  #error: NodeJS.ErrnoException | undefined

  constructor(socket: Socket) {
    socket.on('error', (cause) => {
      this.#error = cause
    })
    this.ended = new Promise((resolve) => {
      socket.once('end', resolve).once('close', () => resolve())
    })
    this.closed = new Promise((resolve) => {
      socket.once('close', () => resolve(this.#error?.code))
    })
  }

  /** The error that closed it, if one did. */
  get error(): Error | undefined {
    return this.#error
  }
}
