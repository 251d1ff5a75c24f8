import { describe } from '@lastcall/core'

/** A WebSocket as the package ws has it. */
export interface WebSocketLike {
  close(code?: number, reason?: string): void
  terminate(): void
}

/** A server of WebSockets: a `WebSocketServer` of the package ws, or anything of its shape. */
export interface WebSocketServerLike {
  /** Those that are open. */
  readonly clients: Iterable<WebSocketLike>
  on(event: 'connection', listener: (socket: WebSocketLike) => void): unknown
  off(event: 'connection', listener: (socket: WebSocketLike) => void): unknown
}

/** The server goes away (RFC 6455, section 7.4.1). */
const goingAway = 1001

/** The WebSockets of an application, which are closed in the way of their own protocol. */
export class WebSockets {
  readonly #server: WebSocketServerLike | undefined
  #failure: { readonly error: unknown } | undefined

  /** @throws TypeError when `server` is neither `undefined` nor of that shape. */
  constructor(server: WebSocketServerLike | undefined) {
    if (server !== undefined && !isWebSocketServer(server)) {
      throw new TypeError(
        `Expected \`webSockets\` to be a WebSocketServer of ws, or an object with \`clients\`, \`on\` and \`off\`, got ${describe(server)}`,
      )
    }
    this.#server = server
  }

  /** Closes each with 1001, those that are opened from here on too. */
  close(): void {
    if (this.#server === undefined) return
    this.#server.on('connection', this.#close)
    for (const socket of this.#server.clients) this.#close(socket)
  }

  /** Ends those that have not answered. */
  terminate(): void {
    for (const socket of this.#server?.clients ?? []) this.#attempt(() => socket.terminate())
  }

  /** Leaves nothing behind. */
  release(): void {
    this.#server?.off('connection', this.#close)
  }

  /** Throws what went wrong with the first that could not be closed, if one could not. */
  throwFailure(): void {
    if (this.#failure) throw this.#failure.error
  }

  readonly #close = (socket: WebSocketLike): void => this.#attempt(() => socket.close(goingAway))

  /** One that cannot be closed must not keep the others from it. */
  #attempt(action: () => void): void {
    try {
      action()
    } catch (error) {
      this.#failure ??= { error }
    }
  }
}

function isWebSocketServer(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false
  const { clients, on, off } = value as Partial<WebSocketServerLike>
  const iterable = typeof (clients as Partial<Iterable<unknown>> | undefined)?.[Symbol.iterator] === 'function'
  return iterable && typeof on === 'function' && typeof off === 'function'
}
