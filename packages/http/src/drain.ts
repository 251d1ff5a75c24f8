import { setMaxListeners } from 'node:events'
import type { Server, ServerResponse } from 'node:http'
import { Server as NetServer } from 'node:net'
import { setImmediate as turn } from 'node:timers/promises'
import type { Connection } from './connection.ts'
import type { ConnectionObserver, ConnectionTable } from './connection-table.ts'
import { type CutRequest, DrainReport } from './drain-report.ts'

/** How long connections that are not busy are kept, in ms. */
export interface Patience {
  readonly idleLinger: number
  readonly newConnectionTimeout: number
}

const unavailable = 'HTTP/1.1 503 Service Unavailable\r\nConnection: close\r\nContent-Length: 0\r\n\r\n'

/** One drain of a server: every connection is closed as soon as nothing is lost by it. */
export class Drain implements ConnectionObserver {
  readonly #server: Server
  readonly #table: ConnectionTable
  readonly #patience: Patience
  readonly #announced = new AbortController()
  /** For each connection that is to be looked at again, how not to. */
  readonly #waiting = new Map<Connection, () => void>()
  /** The responses that have not ended yet, each with the instant at which its request arrived. */
  readonly #open = new Map<ServerResponse, number>()
  /** How to take back that a response says close, for those that say so because of us. */
  readonly #takeBack = new WeakMap<ServerResponse, () => void>()
  readonly #cut: CutRequest[] = []
  #finished = 0
  #unfinished = 0
  #cutConnections = 0
  #closing = false
  #forced = false
  #listenerOpen = false
  #onEmpty: (() => void) | undefined
  #running: Promise<DrainReport> | undefined

  constructor(server: Server, table: ConnectionTable, patience: Patience) {
    this.#server = server
    this.#table = table
    this.#patience = patience
    setMaxListeners(0, this.#announced.signal)
  }

  /** Aborts when the drain is announced. */
  get announced(): AbortSignal {
    return this.#announced.signal
  }

  /** From now on every response says `Connection: close`. */
  announce(): void {
    if (this.#announced.signal.aborted) return
    this.#table.observer = this
    for (const connection of this.#table) this.#watchAll(connection)
    this.#announced.abort()
  }

  /** Closes the listener and every connection in its time, or all of them when `signal` aborts. */
  async run(signal: AbortSignal): Promise<DrainReport> {
    const force = (): void => this.#force()
    if (signal.aborted) force()
    signal.addEventListener('abort', force, { once: true })
    this.#running ??= this.#close()
    const report = await this.#running
    signal.removeEventListener('abort', force)
    return report
  }

  connected(connection: Connection): void {
    if (this.#closing) this.#drain(connection)
  }

  requested(connection: Connection, previous: ServerResponse | undefined): void {
    this.#stopWaiting(connection)
    // Of pipelined responses only the last may say close, or those behind it are lost.
    if (previous?.headersSent === false) this.#takeBack.get(previous)?.()
    this.#watchAll(connection)
  }

  answered(connection: Connection): void {
    if (this.#closing) this.#drain(connection)
  }

  closed(connection: Connection): void {
    this.#stopWaiting(connection)
    this.#checkEmpty()
  }

  async #close(): Promise<DrainReport> {
    this.announce()
    await this.#readWhatHasArrived()
    this.#closing = true
    const empty = new Promise<void>((resolve) => {
      this.#onEmpty = resolve
    })
    this.#closeListener()
    for (const connection of this.#table) this.#drain(connection)
    if (this.#forced) this.#cutAll()
    this.#checkEmpty()
    await empty
    this.#table.detach()
    this.#noteCut()
    return new DrainReport({
      finished: this.#finished,
      unfinished: this.#unfinished,
      cut: this.#cut,
      cutConnections: this.#cutConnections,
    })
  }

  /** Lets a whole poll phase pass, so that no connection is closed as idle whose request is there to be read. */
  async #readWhatHasArrived(): Promise<void> {
    for (let turns = 0; turns < 2 && !this.#forced; turns += 1) await turn()
  }

  /** Closes the listener alone: `Server#close` of node:http also cuts responses that are ended but not yet flushed. */
  #closeListener(): void {
    if (!this.#server.listening) return
    this.#listenerOpen = true
    NetServer.prototype.close.call(this.#server, () => {
      this.#listenerOpen = false
      this.#checkEmpty()
    })
  }

  #checkEmpty(): void {
    if (!this.#listenerOpen && this.#table.size === 0) this.#onEmpty?.()
  }

  /** Makes the latest response of a connection say close, and follows all that are in flight to their end. */
  #watchAll(connection: Connection): void {
    const { latest, socket } = connection
    if (latest === undefined) return
    this.#tell(latest)
    // Node closes after a response that says close, and would do it at once.
    socket.destroySoon = () => connection.closeGently(latest.req)
    for (const { response, requestedAt } of connection.exchanges) this.#watch(connection, response, requestedAt)
  }

  /** Makes a response say close; a header would do too, but not for those who hand all headers to `writeHead`. */
  #tell(response: ServerResponse): void {
    if (response.headersSent) return
    const { shouldKeepAlive } = response
    const header = response.getHeader('Connection')
    response.shouldKeepAlive = false
    if (header !== undefined) response.setHeader('Connection', 'close')
    this.#takeBack.set(response, () => {
      response.shouldKeepAlive = shouldKeepAlive
      if (header !== undefined) response.setHeader('Connection', header)
    })
  }

  #watch(connection: Connection, response: ServerResponse, requestedAt: number): void {
    if (this.#open.has(response)) return
    this.#open.set(response, requestedAt)
    response.once('finish', () => {
      // It is emitted as well for a response that a broken connection has swallowed.
      if (!connection.socket.destroyed && this.#open.delete(response)) this.#finished += 1
    })
    response.once('close', () => {
      if (this.#open.delete(response)) this.#unfinished += 1
      // The application may have said keep-alive itself, or before the drain began.
      if (this.#closing && !connection.busy) connection.close()
    })
  }

  /** Closes a connection that has nothing to do, now or when it has had nothing to do for long enough. */
  #drain(connection: Connection): void {
    if (connection.busy) return
    // On a connection that the application has ended, nothing can be answered any more.
    if (connection.socket.writableEnded) return connection.close()
    if (connection.hasUnfinishedHead()) return
    const { idleLinger, newConnectionTimeout } = this.#patience
    const patience = connection.used ? idleLinger : newConnectionTimeout
    const remaining = connection.idleSince() + patience - performance.now()
    if (remaining <= 0) connection.close()
    else this.#drainLater(connection, remaining)
  }

  #drainLater(connection: Connection, milliseconds: number): void {
    this.#stopWaiting(connection)
    const timer = setTimeout(() => {
      // After a turn that took long, timers come before what has arrived meanwhile is read.
      const immediate = setImmediate(() => {
        this.#waiting.delete(connection)
        this.#drain(connection)
      })
      this.#waiting.set(connection, () => clearImmediate(immediate))
    }, milliseconds)
    this.#waiting.set(connection, () => clearTimeout(timer))
  }

  #stopWaiting(connection: Connection): void {
    this.#waiting.get(connection)?.()
    this.#waiting.delete(connection)
  }

  #force(): void {
    if (this.#forced) return
    this.#forced = true
    if (this.#closing) this.#cutAll()
  }

  /** Ends everything: a 503 for whoever has got nothing yet, and a turn of the event loop later no connection is left. */
  #cutAll(): void {
    this.#noteCut()
    for (const connection of this.#table) {
      const [oldest] = connection.exchanges
      if (oldest === undefined && connection.hasUnfinishedHead()) this.#cutConnections += 1
      if (oldest?.response.headersSent === false) connection.socket.end(unavailable)
      else connection.socket.destroy()
    }
    setImmediate(() => {
      for (const { socket } of this.#table) socket.destroy()
      // Connections older than the table are known to the server alone.
      this.#server.closeAllConnections()
    })
  }

  /** Notes every request whose response is still open as cut. */
  #noteCut(): void {
    for (const [response, requestedAt] of this.#open) {
      const { method = '', url = '' } = response.req
      this.#cut.push({ method, path: pathOf(url), age: performance.now() - requestedAt })
    }
    this.#open.clear()
  }
}

/** The path of a request's target, without the query, nor the credentials that a whole URL may hold. */
function pathOf(target: string): string {
  if (target.startsWith('/')) return target.split('?', 1)[0] ?? ''
  return URL.canParse(target) ? new URL(target).pathname : '*'
}
