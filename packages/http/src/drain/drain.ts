import { setMaxListeners } from 'node:events'
import { type IncomingMessage, ServerResponse } from 'node:http'
import type { IncomingHttpHeaders, ServerHttp2Stream } from 'node:http2'
import { Server as NetServer, type Socket } from 'node:net'
import { closeGently } from './close-gently.ts'
import type { ConnectionDrain, DrainParts, Patience } from './connection-drain.ts'
import type { Connection, ConnectionObserver, ConnectionTable } from '../connections/connection-table.ts'
import type { DrainReport } from './drain-report.ts'
import { Handshake } from '../connections/handshake.ts'
import { HandshakeDrain } from './handshake-drain.ts'
import { Http1Connection } from '../connections/http1-connection.ts'
import { Http1Drain } from './http1-drain.ts'
import { Http2Connection } from '../connections/http2-connection.ts'
import { Http2Drain, refuse } from './http2-drain.ts'
import { takeIn } from './intake.ts'
import { type Interceptor, intercept } from './intercept.ts'
import { RequestLedger } from './request-ledger.ts'
import type { HttpServer } from '../server.ts'
import { UpgradedDrain } from './upgraded-drain.ts'
import type { WebSockets } from './web-sockets.ts'

/** What becomes of requests that arrive when the listener has closed, on connections that are still open. */
export type LateRequests = 'serve' | 'refuse'

export interface DrainOptions {
  readonly patience: Patience
  readonly lateRequests: LateRequests
  readonly webSockets: WebSockets
}

/** Said to those that are refused: another server can be asked at once. In seconds (RFC 9110, section 10.2.3). */
const retryAfter = { 'Retry-After': 1 }
const refusedUpgrade =
  'HTTP/1.1 503 Service Unavailable\r\nConnection: close\r\nRetry-After: 1\r\nContent-Length: 0\r\n\r\n'

/** One drain of a server: every connection is closed as soon as nothing is lost by it. */
export class Drain implements ConnectionObserver {
  readonly #server: HttpServer
  readonly #table: ConnectionTable
  readonly #options: DrainOptions
  readonly #parts: DrainParts
  readonly #announced = new AbortController()
  readonly #drains = new Map<Connection, ConnectionDrain>()
  /**
   * What was taken in while stopping, and the requests on it, which wait until the listener has closed: clients that open a
   * connection for each request would keep the stop going for ever otherwise.
   */
  readonly #fresh = new Set<Connection>()
  #held: (() => void)[] = []
  #stage: 'running' | 'announced' | 'taking in' | 'closing' = 'running'
  #forced = false
  #listenerOpen = false
  #onEmpty: (() => void) | undefined
  #running: Promise<DrainReport> | undefined
  #openGate: (() => void) | undefined

  constructor(server: HttpServer, table: ConnectionTable, options: DrainOptions) {
    this.#server = server
    this.#table = table
    this.#options = options
    this.#parts = { ledger: new RequestLedger(), patience: options.patience }
    setMaxListeners(0, this.#announced.signal)
  }

  /** Aborts when the drain is announced. */
  get announced(): AbortSignal {
    return this.#announced.signal
  }

  /** From now on clients are told to go elsewhere with their next request. */
  announce(): void {
    if (this.#stage !== 'running') return
    this.#stage = 'announced'
    this.#openGate = intercept(this.#server, this.#interceptors())
    this.#table.observe(this)
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
    const drain = this.#drainOf(connection)
    this.#drains.set(connection, drain)
    if (this.#stage === 'taking in') this.#fresh.add(connection)
    drain.announce()
    if (this.#stage !== 'closing') return
    if (this.#forced) connection.destroy()
    else drain.leave()
  }

  closed(connection: Connection): void {
    this.#drains.get(connection)?.closed()
    this.#drains.delete(connection)
    this.#checkEmpty()
  }

  requested(connection: Http1Connection, previous: ServerResponse | undefined): void {
    const drain = this.#drains.get(connection)
    if (drain instanceof Http1Drain) drain.requested(previous)
  }

  answered(connection: Http1Connection): void {
    const drain = this.#drains.get(connection)
    if (drain instanceof Http1Drain) drain.answered()
  }

  opened(connection: Http2Connection, stream: ServerHttp2Stream): void {
    const drain = this.#drains.get(connection)
    const request = connection.streams.get(stream)
    if (drain instanceof Http2Drain && request) drain.opened(stream, request)
  }

  async #close(): Promise<DrainReport> {
    this.announce()
    this.#stage = 'taking in'
    await takeIn(
      () => this.#table.accepted,
      () => this.#forced,
    )
    this.#stage = 'closing'
    const empty = new Promise<void>((resolve) => {
      this.#onEmpty = resolve
    })
    this.#closeListener()
    this.#options.webSockets.close()
    this.#fresh.clear()
    this.#table.markIdle()
    if (this.#forced) this.#cutAll()
    else {
      for (const pass of this.#held.splice(0)) pass()
      for (const drain of this.#drains.values()) drain.leave()
    }
    this.#checkEmpty()
    await empty
    this.#release()
    this.#parts.ledger.cut()
    return this.#parts.ledger.report()
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

  #release(): void {
    this.#openGate?.()
    this.#table.detach()
    this.#options.webSockets.release()
  }

  #drainOf(connection: Connection): ConnectionDrain {
    if (connection instanceof Http1Connection) return new Http1Drain(connection, this.#parts)
    if (connection instanceof Http2Connection) return new Http2Drain(connection, this.#parts)
    if (connection instanceof Handshake) return new HandshakeDrain(connection, this.#parts)
    return new UpgradedDrain(connection, this.#parts)
  }

  /** Every request goes through here before the application's listeners get it. */
  #interceptors(): Map<string, Interceptor> {
    const onRequest: Interceptor = (args, pass) => {
      const [request, response] = args as unknown as [IncomingMessage, unknown]
      // An HTTP/2 request has been here as a stream.
      if (response instanceof ServerResponse) this.#admitRequest(request, response, pass)
      else pass()
    }
    const onStream: Interceptor = (args, pass) => {
      const [stream, headers] = args as unknown as [ServerHttp2Stream, IncomingHttpHeaders]
      this.#admitStream(stream, headers, pass)
    }
    const onUpgrade: Interceptor = (args, pass) => {
      const [, socket] = args as unknown as [IncomingMessage, Socket]
      if (this.#stage === 'announced') pass()
      else this.#refuseUpgrade(socket)
    }
    return new Map([
      ['request', onRequest],
      ['checkContinue', onRequest],
      ['checkExpectation', onRequest],
      ['stream', onStream],
      ['upgrade', onUpgrade],
      ['connect', onUpgrade],
    ])
  }

  #admitRequest(request: IncomingMessage, response: ServerResponse, pass: () => void): void {
    const isNew = this.#table.requested(request, response)
    if (isNew && this.#refusesRequests) {
      this.#parts.ledger.refuse(response)
      pass = () => void response.writeHead(503, retryAfter).end()
    }
    // Once all that came in one piece has been read, it is known which is the last of pipelined requests.
    const passLater = (): void => process.nextTick(pass)
    if (this.#fresh.has(this.#table.of(request))) this.#held.push(passLater)
    else passLater()
  }

  #admitStream(stream: ServerHttp2Stream, headers: IncomingHttpHeaders, pass: () => void): void {
    const isNew = this.#table.opened(stream, headers)
    const connection = this.#table.ofStream(stream)
    if (isNew && this.#refusesRequests) {
      this.#parts.ledger.refuse(stream)
      refuse(stream, retryAfter)
    } else if (connection !== undefined && this.#fresh.has(connection)) this.#holdStream(stream, pass)
    else pass()
  }

  /** Keeps a stream of which the application knows nothing yet. */
  #holdStream(stream: ServerHttp2Stream, pass: () => void): void {
    stream.on('error', ignore)
    const passUnlessGone = (): void => {
      stream.off('error', ignore)
      if (!stream.destroyed) pass()
    }
    this.#held.push(() => process.nextTick(passUnlessGone))
  }

  get #refusesRequests(): boolean {
    return this.#stage === 'closing' && this.#options.lateRequests === 'refuse'
  }

  #refuseUpgrade(socket: Socket): void {
    this.#parts.ledger.refuse(socket)
    // Node has taken its own listener off, and the client may be gone.
    socket.on('error', ignore)
    socket.write(refusedUpgrade)
    closeGently(socket, undefined)
  }

  #force(): void {
    if (this.#forced) return
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

function ignore(): void {}
