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
  readonly #timers = new Map<Connection, NodeJS.Timeout>()
  /** The responses that have not closed yet, each with the instant at which its request arrived. */
  readonly #open = new Map<ServerResponse, number>()
  readonly #cut: CutRequest[] = []
  #finished = 0
  #aborted = 0
  #closing = false
  #listenerOpen = false
  #onEmpty: (() => void) | undefined

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
    for (const connection of this.#table) if (connection.busy) this.#watch(connection)
    this.#announced.abort()
  }

  /** Closes the listener and every connection in its time, or all of them when `signal` aborts. */
  async run(signal: AbortSignal): Promise<DrainReport> {
    this.announce()
    // What has arrived is read before anything is closed as idle.
    await turn()
    this.#closing = true
    const empty = new Promise<void>((resolve) => {
      this.#onEmpty = resolve
    })
    this.#closeListener()
    for (const connection of this.#table) this.#drain(connection)
    this.#checkEmpty()
    const force = (): void => this.#force()
    if (signal.aborted) force()
    else signal.addEventListener('abort', force, { once: true })
    await empty
    signal.removeEventListener('abort', force)
    this.#table.detach()
    this.#cutOpen()
    return new DrainReport(this.#finished, this.#aborted, this.#cut)
  }

  connected(connection: Connection): void {
    if (this.#closing) this.#drain(connection)
  }

  requested(connection: Connection, previous: ServerResponse | undefined): void {
    this.#stopTimer(connection)
    // Of pipelined responses only the last may say close, or those behind it are lost.
    if (connection.pipelined && previous?.headersSent === false) previous.removeHeader('Connection')
    this.#watch(connection)
  }

  closed(connection: Connection): void {
    this.#stopTimer(connection)
    this.#checkEmpty()
  }

  /** Follows the latest response of a connection to its end, and closes the connection after it. */
  #watch(connection: Connection): void {
    const { response } = connection
    if (response === undefined) return
    if (!response.headersSent) response.setHeader('Connection', 'close')
    this.#open.set(response, connection.requestedAt)
    response.once('close', () => {
      this.#ended(response)
      // The application may have said keep-alive itself, or before the drain began.
      if (this.#closing && connection.response === response) connection.socket.destroySoon()
    })
  }

  #ended(response: ServerResponse): void {
    if (!this.#open.delete(response)) return
    if (response.writableFinished) this.#finished += 1
    else this.#aborted += 1
  }

  /** Closes a connection that has nothing to do, now or when it has had nothing to do for long enough. */
  #drain(connection: Connection): void {
    if (connection.busy || connection.hasUnfinishedHead) return
    const { idleLinger, newConnectionTimeout } = this.#patience
    const patience = connection.response === undefined ? newConnectionTimeout : idleLinger
    const remaining = connection.idleSince() + patience - performance.now()
    if (remaining <= 0) connection.socket.destroySoon()
    else
      this.#timers.set(
        connection,
        setTimeout(() => this.#drain(connection), remaining),
      )
  }

  #stopTimer(connection: Connection): void {
    clearTimeout(this.#timers.get(connection))
    this.#timers.delete(connection)
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

  /** Ends everything: a 503 for whoever has got nothing yet, and a turn of the event loop later no connection is left. */
  #force(): void {
    this.#cutOpen()
    for (const { socket, busy, pipelined, response } of this.#table) {
      if (busy && !pipelined && response?.headersSent === false) socket.end(unavailable)
      else socket.destroy()
    }
    setImmediate(() => {
      for (const { socket } of this.#table) socket.destroy()
      // Connections older than the table are known to the server alone.
      this.#server.closeAllConnections()
    })
  }

  /** Notes every request whose response is still open as cut. */
  #cutOpen(): void {
    for (const [response, requestedAt] of this.#open) {
      const { method = '', url = '' } = response.req
      this.#cut.push({ method, path: url.split('?', 1)[0] ?? '', age: performance.now() - requestedAt })
    }
    this.#open.clear()
  }
}
