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

/** What became of WebSockets that got 1001. */
export interface WebSocketCounts {
  readonly webSocketsClosed: number
  readonly webSocketsTerminated: number
}

/** The server goes away (RFC 6455, section 7.4.1). */
const goingAway = 1001
/** What ws reports for a connection that ended without a close frame (RFC 6455, section 7.1.5). */
const noCloseFrame = 1006
/** How long a client may take to answer 1001, in ms: a device that sleeps would take all the time of each stop. */
const maxAnswerTime = 1_000

/** The WebSockets of an application, which are closed in the way of their own protocol. */
export class WebSockets {
  readonly #servers: readonly WebSocketServerLike[]
  /** When each WebSocket got 1001, the oldest first, until it has closed. */
  readonly #asked = new Map<WebSocketLike, number>()
  #timer: NodeJS.Timeout | undefined
  #closed = 0
  #terminated = 0
  #failure: { readonly error: unknown } | undefined

  /** @throws TypeError when `servers` is neither `undefined` nor one or several of that shape. */
  constructor(servers: WebSocketServerLike | readonly WebSocketServerLike[] | undefined) {
    if (Array.isArray(servers)) {
      for (const [index, server] of servers.entries()) expectWebSocketServer(`webSockets[${index}]`, server)
      // One that is given twice has its WebSockets closed once.
      this.#servers = [...new Set(servers as readonly WebSocketServerLike[])]
    } else {
      if (servers !== undefined) expectWebSocketServer('webSockets', servers)
      this.#servers = servers === undefined ? [] : [servers as WebSocketServerLike]
    }
  }

  get counts(): WebSocketCounts {
    return { webSocketsClosed: this.#closed, webSocketsTerminated: this.#terminated }
  }

  /** Closes each with 1001, those that are opened later too, and terminates each that does not answer in time. */
  close(): void {
    for (const server of this.#servers) {
      server.on('connection', this.#close)
      for (const socket of server.clients) this.#close(socket)
    }
  }

  /** Terminates those that are open: the time of the stop is over. */
  terminate(): void {
    this.#settle()
    this.#asked.clear()
    for (const server of this.#servers) for (const socket of server.clients) this.#attempt(() => socket.terminate())
  }

  /** Leaves nothing behind: every connection is closed. */
  release(): void {
    clearTimeout(this.#timer)
    this.#closed += this.#asked.size
    this.#asked.clear()
    for (const server of this.#servers) server.off('connection', this.#close)
  }

  /** Throws what went wrong with the first that could not be closed, if one could not. */
  throwFailure(): void {
    if (this.#failure) throw this.#failure.error
  }

  readonly #close = (socket: WebSocketLike): void => {
    this.#asked.set(socket, performance.now())
    this.#timer ??= setTimeout(() => this.#terminateSilent(), maxAnswerTime)
    onClose(socket, (code) => {
      // Its client has left without an answer.
      if (code === noCloseFrame) this.#asked.delete(socket)
    })
    this.#attempt(() => socket.close(goingAway))
  }

  #terminateSilent(): void {
    this.#timer = undefined
    this.#settle()
    for (const [socket, askedAt] of this.#asked) {
      const remaining = askedAt + maxAnswerTime - performance.now()
      if (remaining > 0) {
        this.#timer = setTimeout(() => this.#terminateSilent(), remaining)
        return
      }
      this.#asked.delete(socket)
      this.#terminated += 1
      this.#attempt(() => socket.terminate())
    }
  }

  /** Counts those that have closed. */
  #settle(): void {
    const open = new Set(this.#servers.flatMap(({ clients }) => [...clients]))
    for (const socket of this.#asked.keys()) {
      if (open.has(socket)) continue
      this.#asked.delete(socket)
      this.#closed += 1
    }
  }

  /** One that cannot be closed must not keep the others from it. */
  #attempt(action: () => void): void {
    try {
      action()
    } catch (error) {
      this.#failure ??= { error }
    }
  }
}

/** Listens to the end of a WebSocket where it emits one, as that of ws does. */
function onClose(socket: object, listener: (code: number) => void): void {
  const { once } = socket as { readonly once?: unknown }
  if (typeof once === 'function') once.call(socket, 'close', listener)
}

function expectWebSocketServer(option: string, value: unknown): void {
  if (isWebSocketServer(value)) return
  throw new TypeError(
    `Expected \`${option}\` to be a WebSocketServer of ws, or an object with \`clients\`, \`on\` and \`off\`, got ${describe(value)}`,
  )
}

function isWebSocketServer(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false
  const { clients, on, off } = value as Partial<WebSocketServerLike>
  const iterable = typeof (clients as Partial<Iterable<unknown>> | undefined)?.[Symbol.iterator] === 'function'
  return iterable && typeof on === 'function' && typeof off === 'function'
}
