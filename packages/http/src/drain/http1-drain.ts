import type { ServerResponse } from 'node:http'
import { closeGently } from './close-gently.ts'
import type { ConnectionDrain, DrainParts } from './connection-drain.ts'
import type { Exchange, Http1Connection } from '../connections/http1-connection.ts'
import { SecondLook } from './second-look.ts'
import { unavailableText } from './unavailable.ts'

/** The drain of a connection that speaks HTTP/1, or has not spoken yet. */
export class Http1Drain implements ConnectionDrain {
  readonly #connection: Http1Connection
  readonly #parts: DrainParts
  readonly #secondLook = new SecondLook()
  /** How to take back that the latest response says close, where it says so because of us. */
  #takeBack: (() => void) | undefined
  /** Whether its client has waited for long for the latest answer, as for events, and so will not ask again at once. */
  #patient = false
  #leaving = false
  #closing = false

  constructor(connection: Http1Connection, parts: DrainParts) {
    this.#connection = connection
    this.#parts = parts
  }

  announce(): void {
    for (const exchange of this.#connection.exchanges) this.#watch(exchange)
    this.#tellLatest()
  }

  leave(): void {
    this.#leaving = true
    this.#look()
  }

  /** A request has arrived; `previous` is the response before it, while that is in flight. */
  requested(latest: Exchange, previous: ServerResponse | undefined): void {
    this.#secondLook.cancel()
    this.#patient = false
    // Of pipelined responses only the last may say close, or those behind it are lost.
    if (previous?.headersSent === false) this.#takeBack?.()
    this.#watch(latest)
    this.#tellLatest()
  }

  cut(): void {
    const { socket, exchanges } = this.#connection
    if (exchanges.length === 0 && this.#connection.hasUnfinishedHead()) this.#parts.ledger.cutConnection()
    const unanswered = exchanges.find(({ response }) => !response.writableEnded)
    if (unanswered?.response.headersSent === false) socket.end(unavailableText)
    else socket.destroy()
  }

  closed(): void {
    this.#leaving = false
    this.#secondLook.cancel()
    // A response that waits behind another emits no 'close'.
    for (const { response } of this.#connection.exchanges) this.#parts.ledger.end(response)
  }

  /** Makes the latest response say close. */
  #tellLatest(): void {
    const { latest, socket } = this.#connection
    if (latest === undefined) return
    this.#tell(latest)
    // Node closes after a response that says close, and would do it at once.
    socket.destroySoon = () => this.#closeGently()
  }

  /** Makes a response say close; a header would do too, but not for those who hand all headers to `writeHead`. */
  #tell(response: ServerResponse): void {
    this.#takeBack = undefined
    if (response.headersSent) return
    const { shouldKeepAlive } = response
    const header = response.getHeader('Connection')
    response.shouldKeepAlive = false
    if (header !== undefined) response.setHeader('Connection', 'close')
    this.#takeBack = () => {
      response.shouldKeepAlive = shouldKeepAlive
      if (header !== undefined) response.setHeader('Connection', header)
    }
  }

  /** Follows a request to its end. */
  #watch({ response, requestedAt }: Exchange): void {
    const { ledger } = this.#parts
    const connection = this.#connection
    const { req: request } = response
    const { method = '', url: target = '' } = request
    const bytesSent = (): number => connection.bytesSent(response)
    ledger.open(response, { method, target, request, requestedAt, upgraded: false, bytesSent })
    response.once('finish', () => {
      // It is emitted as well for a response that a broken connection has swallowed.
      if (!connection.socket.destroyed) ledger.finish(response)
    })
    response.once('close', () => {
      ledger.end(response)
      this.#patient = performance.now() - requestedAt >= this.#parts.patience.closeIdleAfter
      // The application may have said keep-alive itself, or before the drain began.
      if (this.#leaving && !connection.busy) this.#close()
    })
  }

  /** Closes the connection when it has nothing to do, now or when it has had nothing to do for long enough. */
  #look(): void {
    const connection = this.#connection
    if (connection.busy) return
    // On a connection that the application has ended, nothing can be answered any more.
    if (connection.socket.writableEnded) return this.#close()
    if (connection.hasUnfinishedHead()) return
    const { closeIdleAfter, closeSilentAfter } = this.#parts.patience
    const patience = connection.used ? closeIdleAfter : closeSilentAfter
    const closesAt = this.#patient ? -Infinity : connection.idleSince() + patience
    this.#secondLook.at(
      closesAt,
      () => this.#look(),
      () => this.#closeIdle(),
    )
  }

  #closeIdle(): void {
    if (!this.#connection.busy && !this.#connection.hasUnfinishedHead()) this.#close()
  }

  /** Closes the connection, now that nothing is in flight. */
  #close(): void {
    const { socket, unreadBody } = this.#connection
    if (unreadBody || socket.writableEnded || !hasDestroySoon(socket)) this.#closeGently()
    else socket.destroySoon()
  }

  #closeGently(): void {
    if (this.#closing) return
    this.#closing = true
    const { socket, unreadBody } = this.#connection
    closeGently(socket, unreadBody)
  }
}

/** A server may be handed a connection that is no socket (Node API, event `'connection'`). */
function hasDestroySoon(socket: Partial<Http1Connection['socket']>): boolean {
  return typeof socket.destroySoon === 'function'
}
