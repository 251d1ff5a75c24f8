import type { ServerResponse } from 'node:http'
import type { ServerHttp2Stream } from 'node:http2'
import { Server as NetServer } from 'node:net'
import { Admission, type LateRequests } from './admission.ts'
import type { ConnectionDrain, DrainParts, Patience } from './connection-drain.ts'
import type { Connection, ConnectionObserver, ConnectionTable } from '../connections/connection-table.ts'
import type { DrainReport } from './drain-report.ts'
import type { DrainNotice } from '../drain-notice.ts'
import { endEventStream, type EventStreams } from './event-streams.ts'
import { Handshake } from '../connections/handshake.ts'
import { HandshakeDrain } from './handshake-drain.ts'
import type { FrameworkTexts } from '../framework-texts.ts'
import { Http1Connection } from '../connections/http1-connection.ts'
import { Http1Drain } from './http1-drain.ts'
import { Http2Connection } from '../connections/http2-connection.ts'
import { Http2Drain } from './http2-drain.ts'
import { takeIn } from './intake.ts'
import { intercept } from './intercept.ts'
import { RequestLedger } from './request-ledger.ts'
import type { HttpServer } from '../server.ts'
import { UpgradedDrain } from './upgraded-drain.ts'
import type { WebSockets } from './web-sockets.ts'

export interface DrainOptions {
  readonly patience: Patience
  readonly lateRequests: LateRequests
  readonly webSockets: WebSockets
  readonly eventStreams: EventStreams
  readonly framework: FrameworkTexts
  /** Is given when the listener has closed. */
  readonly notice: DrainNotice
}

/** How many of the requests that are in flight are named at most: the first that came. */
const longestList = 3

/** One drain of a server: every connection is closed as soon as nothing is lost by it. */
export class Drain implements ConnectionObserver {
  readonly #server: HttpServer
  readonly #table: ConnectionTable
  readonly #options: DrainOptions
  readonly #parts: DrainParts
  readonly #drains = new Map<Connection, ConnectionDrain>()
  #stage: 'running' | 'announced' | 'taking in' | 'closing' = 'running'
  #forced = false
  #listenerOpen = false
  #onEmpty: (() => void) | undefined
  #running: Promise<DrainReport> | undefined
  #admission: Admission | undefined
  #over = false

  constructor(server: HttpServer, table: ConnectionTable, options: DrainOptions) {
    this.#server = server
    this.#table = table
    this.#options = options
    this.#parts = { ledger: new RequestLedger(options.framework), patience: options.patience }
  }

  /** From now on clients are told to go elsewhere with their next request. */
  announce(): void {
    if (this.#stage !== 'running') return
    this.#stage = 'announced'
    const { lateRequests } = this.#options
    this.#admission = new Admission(this.#server, { table: this.#table, ledger: this.#parts.ledger, lateRequests })
    this.#table.observe(this)
  }

  /** Closes the listener and every connection in its time, or all of them when `signal` aborts. */
  async run(signal: AbortSignal): Promise<DrainReport> {
    const force = (): void => this.#force()
    if (signal.aborted) force()
    signal.addEventListener('abort', force, { once: true })
    this.#running ??= this.#close()
    try {
      return await this.#running
    } finally {
      signal.removeEventListener('abort', force)
    }
  }

  /** What it is still waiting for: `2 connections, GET /slow for 1.20 s`. */
  get waitingFor(): string {
    const { size } = this.#table
    const { ledger } = this.#parts
    const more = ledger.size > longestList ? [`and ${ledger.size - longestList} requests more`] : []
    return [`${size} ${size === 1 ? 'connection' : 'connections'}`, ...ledger.nameOpen(longestList), ...more].join(', ')
  }

  connected(connection: Connection): void {
    const drain = this.#drainOf(connection)
    this.#drains.set(connection, drain)
    if (this.#stage === 'taking in') this.#admission?.hold(connection)
    drain.announce()
    if (this.#stage !== 'closing') return
    if (this.#forced) connection.destroy()
    else drain.leave()
  }

  closed(connection: Connection): void {
    this.#drains.get(connection)?.closed()
    this.#drains.delete(connection)
    this.#admission?.forget(connection)
    this.#checkEmpty()
  }

  requested(connection: Http1Connection, previous: ServerResponse | undefined): void {
    const drain = this.#drains.get(connection)
    const { latestExchange: latest } = connection
    const answerable = latest !== undefined && this.#admission?.arrived(connection, latest.response, previous) !== false
    if (!answerable || !(drain instanceof Http1Drain)) return
    drain.requested(latest, previous)
    if (this.#endsEventStreams) endEventStream(latest.response)
  }

  opened(connection: Http2Connection, stream: ServerHttp2Stream): void {
    const drain = this.#drains.get(connection)
    const request = connection.streams.get(stream)
    /* v8 ignore else -- a connection is known before its streams */
    if (drain instanceof Http2Drain && request) drain.opened(stream, request)
    if (this.#endsEventStreams) endEventStream(stream)
  }

  async #close(): Promise<DrainReport> {
    this.announce()
    this.#stage = 'taking in'
    this.#admission?.refuseUpgrades()
    await takeIn(
      () => this.#table.accepted,
      () => this.#forced,
    )
    this.#stage = 'closing'
    const empty = new Promise<void>((resolve) => {
      this.#onEmpty = resolve
    })
    this.#closeListener()
    this.#table.markIdle()
    this.#admission?.close(!this.#forced)
    this.#options.notice.give()
    if (this.#endsEventStreams) this.#endEventStreams()
    this.#options.webSockets.close()
    if (this.#forced) this.#cutAll()
    else for (const drain of this.#drains.values()) drain.leave()
    this.#checkEmpty()
    await empty
    this.#release()
    await this.#clearTimer()
    this.#parts.ledger.cut()
    this.#options.webSockets.throwFailure()
    return this.#parts.ledger.report(this.#options.webSockets.counts)
  }

  /** Whether event streams are ended: before the listener has closed, their clients would reach this server again. */
  get #endsEventStreams(): boolean {
    return this.#options.eventStreams === 'end' && this.#stage === 'closing'
  }

  #endEventStreams(): void {
    for (const connection of this.#drains.keys()) {
      if (connection instanceof Http1Connection) {
        for (const { response } of connection.exchanges) endEventStream(response)
      } else if (connection instanceof Http2Connection) {
        for (const stream of connection.streams.keys()) endEventStream(stream)
      }
    }
  }

  /** Closes the listener alone: `Server#close` of node:http also cuts responses that are ended but not yet flushed. */
  #closeListener(): void {
    const server = this.#server
    if (!server.listening) return
    this.#listenerOpen = true
    const closed = (): void => {
      this.#listenerOpen = false
      this.#checkEmpty()
    }
    /* v8 ignore else -- on Bun alone a server of node:http is no net.Server */
    if (isNetServer(server)) NetServer.prototype.close.call(server, closed)
    else server.close(closed)
  }

  #checkEmpty(): void {
    if (!this.#listenerOpen && this.#table.size === 0) this.#onEmpty?.()
  }

  #release(): void {
    this.#over = true
    this.#admission?.end()
    this.#table.detach()
    this.#options.webSockets.release()
  }

  /** Ends a timer of Node's own that would keep the server in memory: `Server#close` alone clears it, and tells of its end again. */
  async #clearTimer(): Promise<void> {
    // An application may have made it listen again.
    if (this.#server.listening) return
    const restore = intercept(this.#server, new Map([['close', ignore]]))
    this.#server.close()
    await new Promise<void>((resolve) => process.nextTick(resolve))
    restore()
  }

  #drainOf(connection: Connection): ConnectionDrain {
    if (connection instanceof Http1Connection) return new Http1Drain(connection, this.#parts)
    if (connection instanceof Http2Connection) return new Http2Drain(connection, this.#parts)
    if (connection instanceof Handshake) return new HandshakeDrain(connection, this.#parts)
    return new UpgradedDrain(connection, this.#parts)
  }

  #force(): void {
    if (this.#forced || this.#over) return
    this.#forced = true
    if (this.#stage === 'closing') this.#cutAll()
  }

  /** Ends everything: a 503 for whoever has got nothing yet, and a turn of the event loop later no connection is left. */
  #cutAll(): void {
    // First of all: whatever goes wrong below, the stop comes to its end.
    setImmediate(() => {
      for (const connection of this.#table) connection.destroy()
      // Connections older than the table are known to the server alone.
      if ('closeAllConnections' in this.#server) this.#server.closeAllConnections()
    })
    this.#parts.ledger.cut()
    for (const drain of this.#drains.values()) drain.cut()
    this.#options.webSockets.terminate()
  }
}

/** On Bun a server of node:http is none. */
function isNetServer(server: HttpServer): boolean {
  return server instanceof NetServer
}

function ignore(): void {}
