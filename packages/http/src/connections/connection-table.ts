import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import type { EventEmitter } from 'node:events'
import { type IncomingMessage, ServerResponse } from 'node:http'
import type { IncomingHttpHeaders, ServerHttp2Session, ServerHttp2Stream } from 'node:http2'
import type { Socket } from 'node:net'
import { Handshake } from './handshake.ts'
import { Http1Connection } from './http1-connection.ts'
import { Http2Connection } from './http2-connection.ts'
import { type HttpServer, isHttp2, isSecure } from '../server.ts'
import { UpgradeListener } from './upgrade-listener.ts'
import { UpgradedConnection } from './upgraded-connection.ts'

const finishChannel = 'http.server.response.finish'

/** Marks a listener of a table, so that a second table for the same server is noticed, also from another copy of this package. */
const mark = Symbol.for('@lastcall/http')

// oxlint-disable-next-line typescript/no-explicit-any -- as EventEmitter declares it
type Listener = (...args: any[]) => void

/** An open connection, at whatever stage it is. */
export type Connection = Handshake | Http1Connection | Http2Connection | UpgradedConnection

/** Is told what happens on the connections of a table, once somebody needs to know. */
export interface ConnectionObserver {
  connected(connection: Connection): void
  /** It is closed, or has become another: one that speaks HTTP/2, or something else. */
  closed(connection: Connection): void
  /** A request has arrived; `previous` is the response before it on the same connection, while that is in flight. */
  requested(connection: Http1Connection, previous: ServerResponse | undefined): void
  /** A response has finished of which the table knew nothing: Node's own 417, or one to `'checkContinue'`. */
  answered(connection: Http1Connection): void
  opened(connection: Http2Connection, stream: ServerHttp2Stream): void
}

/** The open connections of a server, kept by a few listeners on the server, one on each socket, and none on a request. */
export class ConnectionTable implements Iterable<Connection> {
  observer: ConnectionObserver | undefined
  readonly #server: HttpServer
  /** By socket; for a session that is older than the table, by the session. */
  readonly #connections = new Map<EventEmitter, Connection>()
  /** Those whose handshake has not ended, by the address of the client. */
  readonly #handshakes = new Map<string, Handshake>()
  readonly #sessions = new WeakMap<ServerHttp2Session, Http2Connection>()
  readonly #listeners: ReadonlyMap<string, Listener>
  readonly #upgrades: UpgradeListener
  readonly #onClose: (this: EventEmitter) => void
  readonly #multiplexes: boolean
  /** The latest connection that may turn out to be a session. */
  #newest: Socket | undefined
  #subscribed = false
  #accepted = 0
  #latestRequestAt = -Infinity

  /** @throws Error when the server has a table already. */
  constructor(server: HttpServer) {
    if (server.listeners('connection').some((listener) => mark in listener)) {
      throw new Error(
        'Expected `server` to have no adapter yet, got one that has: register that in the other lifecycle too',
      )
    }
    this.#server = server
    this.#multiplexes = isHttp2(server)
    const closed = (emitter: EventEmitter): void => this.#closed(emitter)
    this.#onClose = function () {
      closed(this)
    }
    const onConnection = Object.assign(isSecure(server) ? this.#onHandshake : this.#onConnection, { [mark]: true })
    this.#listeners = new Map<string, Listener>([
      ['connection', onConnection],
      ['secureConnection', this.#onSecureConnection],
      ['session', this.#onSession],
      ['request', this.#onRequest],
      ['stream', this.#onStream],
      ['close', this.#unsubscribe],
    ])
    // An application's listener may answer at once: the table must know of the request before.
    for (const [event, listener] of this.#listeners) emitterOf(server).prependListener(event, listener)
    this.#upgrades = new UpgradeListener(server, (request, socket) => this.#upgraded(request, socket))
  }

  get size(): number {
    return this.#connections.size
  }

  /** How many requests are in flight. */
  get inFlight(): number {
    let inFlight = 0
    for (const connection of this) inFlight += connection.inFlight
    return inFlight
  }

  /** How many connections have been accepted since the table began. */
  get accepted(): number {
    return this.#accepted
  }

  /** When the latest request arrived. */
  get latestRequestAt(): number {
    return this.#latestRequestAt
  }

  [Symbol.iterator](): Iterator<Connection> {
    return this.#connections.values()
  }

  /** The connection that a request came on. */
  of({ socket }: IncomingMessage): Http1Connection {
    const connection = this.#connections.get(socket)
    // A connection older than the table is met with its first request.
    return connection instanceof Http1Connection ? connection : this.#add(socket, new Http1Connection(socket))
  }

  /** A request has been read. May be said more than once. */
  requested(request: IncomingMessage, response: ServerResponse): void {
    const connection = this.of(request)
    const previous = connection.latest
    // An application may emit a request again.
    if (connection.isLatest(response)) return
    this.#latestRequestAt = performance.now()
    connection.requested(response, this.#latestRequestAt)
    this.observer?.requested(connection, previous)
  }

  /** A stream has been opened. May be said more than once. */
  opened(stream: ServerHttp2Stream, headers: IncomingHttpHeaders): void {
    const connection = this.ofStream(stream)
    if (connection === undefined) return
    this.#latestRequestAt = performance.now()
    if (connection.opened(stream, headers, this.#latestRequestAt)) this.observer?.opened(connection, stream)
  }

  /** The connection that a stream was opened on, unless that is closed. */
  ofStream({ session }: ServerHttp2Stream): Http2Connection | undefined {
    if (session === undefined) return undefined
    return (
      this.#sessions.get(session as ServerHttp2Session) ?? this.#addSession(session as ServerHttp2Session, undefined)
    )
  }

  /** Takes every listener off the server. */
  detach(): void {
    for (const [event, listener] of this.#listeners) emitterOf(this.#server).off(event, listener)
    this.#upgrades.detach()
    this.#unsubscribe()
  }

  readonly #onConnection = (socket: Socket): void => {
    this.#accepted += 1
    const connection = this.#begin(socket)
    this.observer?.connected(connection)
  }

  readonly #onHandshake = (socket: Socket): void => {
    this.#accepted += 1
    const handshake = this.#add(socket, new Handshake(socket, addressOf(socket)))
    if (handshake.address !== undefined) this.#handshakes.set(handshake.address, handshake)
    this.observer?.connected(handshake)
  }

  readonly #onSecureConnection = (socket: Socket): void => {
    const handshake = this.#handshakes.get(addressOf(socket) ?? '')
    const connection = this.#begin(socket)
    this.observer?.connected(connection)
    if (handshake === undefined) return
    handshake.socket.off('close', this.#onClose)
    this.#closed(handshake.socket)
  }

  /** From here on, requests can come on a connection. */
  #begin(socket: Socket): Connection {
    this.#subscribe()
    if (this.#multiplexes) this.#newest = socket
    return this.#add(socket, new Http1Connection(socket))
  }

  /** A session begins while its connection is announced: in the listener behind ours. */
  readonly #onSession = (session: ServerHttp2Session): void => {
    const socket = this.#newest
    this.#newest = undefined
    const connection = this.#addSession(session, socket)
    this.observer?.connected(connection)
  }

  readonly #onRequest = (request: IncomingMessage, response: unknown): void => {
    if (response instanceof ServerResponse) this.requested(request, response)
  }

  readonly #onStream = (stream: ServerHttp2Stream, headers: IncomingHttpHeaders): void => {
    this.opened(stream, headers)
  }

  readonly #onFinish = (message: unknown): void => {
    const { server, socket, response } = message as { server: HttpServer; socket: Socket; response: ServerResponse }
    if (server !== this.#server) return
    const connection = this.#connections.get(socket)
    if (!(connection instanceof Http1Connection) || connection.busy) return
    const known = connection.isLatest(response)
    connection.finished()
    if (!known) this.observer?.answered(connection)
  }

  #upgraded(request: IncomingMessage, socket: Socket): void {
    this.#latestRequestAt = performance.now()
    const connection = this.#add(socket, new UpgradedConnection(socket, request))
    this.observer?.connected(connection)
  }

  #addSession(session: ServerHttp2Session, socket: Socket | undefined): Http2Connection {
    const connection = this.#add(socket ?? session, new Http2Connection(session, socket))
    this.#sessions.set(session, connection)
    return connection
  }

  /** Adds a connection, in place of the one that it has been before. */
  #add<T extends Connection>(emitter: EventEmitter, connection: T): T {
    const before = this.#connections.get(emitter)
    this.#connections.set(emitter, connection)
    if (before) this.observer?.closed(before)
    else emitter.on('close', this.#onClose)
    return connection
  }

  #closed(emitter: EventEmitter): void {
    const connection = this.#connections.get(emitter)
    if (connection === undefined) return
    this.#connections.delete(emitter)
    if (connection instanceof Handshake && connection.address !== undefined) this.#handshakes.delete(connection.address)
    this.observer?.closed(connection)
  }

  /** Begins with the first connection, so that a server that is never used leaves nothing behind. */
  #subscribe(): void {
    if (this.#subscribed) return
    this.#subscribed = true
    subscribe(finishChannel, this.#onFinish)
  }

  readonly #unsubscribe = (): void => {
    this.#subscribed = false
    unsubscribe(finishChannel, this.#onFinish)
  }
}

/** The same server, for events that some of the kinds do not declare. */
function emitterOf(server: HttpServer): EventEmitter {
  return server
}

/** By what two sockets over one TCP connection are known, if they are: those of a pipe have no address. */
function addressOf({ remoteAddress, remotePort, localAddress, localPort }: Socket): string | undefined {
  return remotePort === undefined ? undefined : `${remoteAddress} ${remotePort} ${localAddress} ${localPort}`
}
