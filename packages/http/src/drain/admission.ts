import { type IncomingMessage, ServerResponse } from 'node:http'
import type { IncomingHttpHeaders, ServerHttp2Stream } from 'node:http2'
import type { Socket } from 'node:net'
import { Duplex } from 'node:stream'
import type { Connection, ConnectionTable } from '../connections/connection-table.ts'
import { Http1Connection } from '../connections/http1-connection.ts'
import type { HttpServer } from '../server.ts'
import { closeGently } from './close-gently.ts'
import { type Interceptor, intercept } from './intercept.ts'
import type { RequestLedger } from './request-ledger.ts'
import { answerUnavailable, retryAfter, unavailableText } from './unavailable.ts'

/** What becomes of requests that arrive when the listener has closed, on connections that are still open. */
export type LateRequests = 'serve' | 'refuse'

interface AdmissionParts {
  readonly table: ConnectionTable
  readonly ledger: RequestLedger
  readonly lateRequests: LateRequests
}

/** Stands in front of the application's listeners during a drain, and passes requests on, keeps them for a while, or refuses them. */
export class Admission {
  readonly #parts: AdmissionParts
  readonly #restore: () => void
  /**
   * What was taken in while stopping, and how to pass on what has come on it. It waits until the listener has closed: clients
   * that open a connection for each request would keep the stop going for ever otherwise.
   */
  readonly #fresh = new Set<Connection>()
  /** The requests of each connection that was taken in, until the piece that they came in has been read. */
  readonly #takenIn = new WeakMap<Connection, (() => void)[]>()
  #held: (() => void)[] = []
  /** Responses to requests that are refused, and to those behind an answer that has said close. */
  readonly #late = new WeakSet<ServerResponse>()
  readonly #unanswerable = new WeakSet<ServerResponse>()
  #upgrades = true
  #closed = false

  constructor(server: HttpServer, parts: AdmissionParts) {
    this.#parts = parts
    this.#restore = intercept(server, this.#interceptors())
  }

  /** The stop begins: no upgrade is passed on any more. */
  refuseUpgrades(): void {
    this.#upgrades = false
  }

  /** From now until the listener has closed, keeps what comes on a connection. */
  hold(connection: Connection): void {
    this.#fresh.add(connection)
    // By then it has become a session, or Node reads it.
    if (connection instanceof Http1Connection) process.nextTick(() => this.#pause(connection))
  }

  /** A connection is closed, or has become another. */
  forget(connection: Connection): void {
    this.#fresh.delete(connection)
  }

  /**
   * The listener has closed.
   *
   * @param pass - Whether to pass on what was kept.
   */
  close(pass: boolean): void {
    this.#closed = true
    this.#fresh.clear()
    for (const passOn of this.#held.splice(0)) if (pass) passOn()
  }

  /** Lets go of the server. */
  end(): void {
    this.#restore()
  }

  /**
   * A request has arrived.
   *
   * @param previous - The response before it on its connection, while that is in flight.
   * @returns Whether it can be answered: behind an answer that has said close it must not even be processed, since the client may
   * try it again elsewhere (RFC 9112, section 9.6).
   */
  arrived(connection: Http1Connection, response: ServerResponse, previous: ServerResponse | undefined): boolean {
    const answerable = previous === undefined || !previous.headersSent || previous.shouldKeepAlive
    if (!answerable) this.#unanswerable.add(response)
    else if (this.#refuses && !this.#takenIn.has(connection)) this.#late.add(response)
    return answerable
  }

  #pause(connection: Http1Connection): void {
    if (!this.#fresh.has(connection)) return
    const { socket } = connection
    const batch: (() => void)[] = []
    this.#takenIn.set(connection, batch)
    // Without a listener of that kind, Node reads past the socket, and a pause means nothing.
    socket.on('data', ignore).pause()
    this.#held.push(() => {
      // Behind Node's own listener, and before the end of a client that has half-closed, which Node takes for giving up.
      socket.on('data', () => {
        for (const pass of batch.splice(0)) pass()
      })
      socket.off('data', ignore).resume()
    })
  }

  get #refuses(): boolean {
    return this.#closed && this.#parts.lateRequests === 'refuse'
  }

  #interceptors(): Map<string, Interceptor> {
    const onRequest: Interceptor = (args, pass) => {
      const [request, response] = args as unknown as [IncomingMessage, unknown]
      // An HTTP/2 request has been here as a stream; and what an application emits by hand may have come on no connection.
      if (response instanceof ServerResponse && isStream(request.socket)) this.#admitRequest(request, response, pass)
      else pass()
    }
    const onStream: Interceptor = (args, pass) => {
      const [stream, headers] = args as unknown as [ServerHttp2Stream, IncomingHttpHeaders]
      this.#admitStream(stream, headers, pass)
    }
    const onUpgrade: Interceptor = (args, pass) => {
      const [request, socket] = args as unknown as [IncomingMessage, Duplex]
      // Behind the requests that came with it in one piece.
      process.nextTick(() => (this.#upgrades ? pass() : this.#refuseUpgrade(request, socket)))
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
    const { table, ledger } = this.#parts
    table.requested(request, response)
    if (this.#unanswerable.has(response)) return
    if (this.#late.delete(response)) {
      ledger.refuse(response)
      pass = () => void response.writeHead(503, retryAfter).end()
    }
    // Once all that came in one piece has been read, it is known which is the last of pipelined requests.
    const batch = this.#takenIn.get(table.of(request))
    if (batch) batch.push(pass)
    else process.nextTick(pass)
  }

  #admitStream(stream: ServerHttp2Stream, headers: IncomingHttpHeaders, pass: () => void): void {
    const { table, ledger } = this.#parts
    table.opened(stream, headers)
    const connection = table.ofStream(stream)
    if (this.#refuses) {
      ledger.refuse(stream)
      answerUnavailable(stream)
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

  #refuseUpgrade(request: IncomingMessage, socket: Duplex): void {
    const { table, ledger } = this.#parts
    // Node has taken its own listener off, and the client may be gone.
    for (const end of new Set([socket, request.socket])) end.on('error', ignore)
    ledger.refuse(socket)
    // The answer to a request before it closes the connection.
    if (table.of(request).busy) return
    socket.write(unavailableText)
    closeGently(request.socket, undefined)
  }
}

function isStream(socket: unknown): socket is Socket {
  return socket instanceof Duplex
}

function ignore(): void {}
