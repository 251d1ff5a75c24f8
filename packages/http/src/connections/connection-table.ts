import type { EventEmitter } from 'node:events'
import { type IncomingMessage, ServerResponse } from 'node:http'
import type { IncomingHttpHeaders, ServerHttp2Session, ServerHttp2Stream } from 'node:http2'
import type { Socket } from 'node:net'
import { Duplex } from 'node:stream'
import type { DrainNotice } from '../drain-notice.ts'
import { type Answer, requestQueries, type RequestQuery } from '../request-query.ts'
import { type HttpServer, isHttp2, isSecure } from '../server.ts'
import { closersOf } from './closers-of.ts'
import { Follower, type Listener } from './follower.ts'
import { Handshakes } from './handshakes.ts'
import { Handshake } from './handshake.ts'
import { HttpChannel, type HttpMessage } from './http-channel.ts'
import { Http1Connection } from './http1-connection.ts'
import { Http2Connection } from './http2-connection.ts'
import { IterableWeakSet } from './iterable-weak-set.ts'
import { socketsBetweenRequests } from './sockets-between-requests.ts'
import { listenerOf } from './listener-of.ts'
import { UpgradedConnection } from './upgraded-connection.ts'

/** Marks a listener of a table, so that a second table for the same server is noticed, also from another copy of this package. */
const mark = Symbol.for('@lastcall/http')

/** An open connection, from when on requests can come on it. */
type SpeakingConnection = Http1Connection | Http2Connection | UpgradedConnection

/** An open connection, at whatever stage it is. */
export type Connection = Handshake | SpeakingConnection

/** Is told what happens on the connections of a table, once somebody needs to know. */
export interface ConnectionObserver {
  connected(connection: Connection): void
  /** It is closed, or has become another: one that speaks HTTP/2, or something else. */
  closed(connection: Connection): void
  /** A request has arrived; `previous` is the response before it on the same connection, while that is in flight. */
  requested(connection: Http1Connection, previous: ServerResponse | undefined): void
  opened(connection: Http2Connection, stream: ServerHttp2Stream): void
}

/**
 * The open connections of a server, kept by a few listeners on the server, and none on a connection or a request: what is closed
 * is forgotten together with its socket. From the moment that somebody observes, each connection is followed to its end.
 */
export class ConnectionTable implements Iterable<Connection> {
  readonly #server: HttpServer
  readonly #answer: Answer
  /** By socket; for a session that is older than the table, by the session. */
  readonly #connections = new WeakMap<EventEmitter, SpeakingConnection>()
  readonly #all = new IterableWeakSet<SpeakingConnection>()
  readonly #handshakes: Handshakes
  readonly #sessions = new WeakMap<ServerHttp2Session, Http2Connection>()
  readonly #listeners: ReadonlyMap<string, Listener>
  readonly #follower: Follower
  readonly #channels: readonly { open(): void; close(): void }[]
  readonly #multiplexes: boolean
  /** Whether it was there before the first connection. */
  readonly #complete: boolean
  readonly #onClose = listenerOf((emitter: EventEmitter) => this.#closed(emitter))
  /** Those that have not been seen to close, since somebody observes. */
  #followed: Map<EventEmitter, SpeakingConnection> | undefined
  #observer: ConnectionObserver | undefined
  /** The latest connection that may turn out to be a session. */
  #newest: Socket | undefined
  /** Whether a listener tells of requests, because Node has not yet. */
  #listens = true
  #hasListened: boolean
  #accepted = 0
  #latestRequestAt = -Infinity
  #previousRequestAt = -Infinity

  /**
   * @param notice - Given when the listener closes, for `draining` and `onDrain` of requests to this server.
   * @throws Error when the server has a table already.
   */
  constructor(server: HttpServer, notice: DrainNotice) {
    if (server.listeners('connection').some((listener) => mark in listener)) {
      throw new Error('Expected `server` to have no adapter yet, got one that has: a server has one, made once')
    }
    this.#server = server
    this.#answer = {
      draining: notice.signal,
      onDrain: (listener) => notice.subscribe(listener),
      closersOf: (request) => closersOf(request, (socket) => this.#connections.get(socket)),
      discount: () => this.#discount(),
    }
    this.#multiplexes = isHttp2(server)
    this.#complete = !server.listening
    this.#hasListened = server.listening
    this.#handshakes = new Handshakes((handshake) => this.#observer?.closed(handshake))
    this.#channels = [
      new HttpChannel('http.server.request.start', this.#onStart),
      new HttpChannel('http.server.response.finish', this.#onFinish),
      new HttpChannel(requestQueries, this.#onQuery),
    ]
    const onConnection = Object.assign(isSecure(server) ? this.#onHandshake : this.#onConnection, { [mark]: true })
    this.#listeners = new Map<string, Listener>([
      ['listening', () => (this.#hasListened = true)],
      ['connection', onConnection],
      ['secureConnection', this.#onSecureConnection],
      ['session', this.#onSession],
      ['request', this.#onRequest],
      ['stream', this.#onStream],
      ['close', () => this.#closeChannels()],
    ])
    // An application's listener may answer at once: the table must know of the request before.
    for (const [event, listener] of this.#listeners) emitterOf(server).prependListener(event, listener)
    this.#follower = new Follower(
      server,
      new Map<string, Listener>([
        ['checkContinue', this.#onRequest],
        ['checkExpectation', this.#onRequest],
        ['upgrade', this.#onUpgrade],
        ['connect', this.#onUpgrade],
      ]),
    )
  }

  get size(): number {
    if (this.#followed) return this.#followed.size + this.#handshakes.size
    let size = this.#handshakes.size
    for (const connection of this.#all) if (this.#isOpen(connection)) size += 1
    return size
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

  /** Whether the server listens, or has since the table began. */
  get hasListened(): boolean {
    return this.#hasListened
  }

  /** Whether there has ever been a connection, also one that was handed over, or was found by its request. */
  get used(): boolean {
    return this.#accepted > 0 || !this.#all.isUntouched
  }

  /** When the latest request arrived. */
  get latestRequestAt(): number {
    return this.#latestRequestAt
  }

  *[Symbol.iterator](): Generator<Connection, undefined> {
    yield* this.#handshakes
    if (this.#followed) return yield* this.#followed.values()
    for (const connection of this.#all) if (this.#isOpen(connection)) yield connection
  }

  /** Tells somebody of every connection that is open, and of all that happens from now on. */
  observe(observer: ConnectionObserver): void {
    const open = [...this]
    const followed = new Map<EventEmitter, SpeakingConnection>()
    this.#observer = observer
    this.#followed = followed
    for (const connection of open) {
      if (connection instanceof Handshake) observer.connected(connection)
      else this.#follow(connection, followed)
    }
  }

  /** Finds out which connections are between two requests. */
  markIdle(): void {
    const connections = [...this].filter((connection) => connection instanceof Http1Connection)
    const sockets = connections.map(({ socket }) => socket)
    // Where there may be connections that the table does not know, those that are not in flight are taken to be; also where Node
    // does not know them, because an HTTP/2 server tracks those of HTTP/1 only once it has listened.
    const known = this.#complete && (this.#hasListened || !this.#multiplexes)
    const between = known ? socketsBetweenRequests(this.#server, sockets) : undefined
    for (const connection of connections) {
      const { socket, used, busy } = connection
      if (used && (between === undefined ? !busy : between.has(socket))) connection.isBetweenRequests()
    }
  }

  /** The connection that a request came on. */
  of({ socket }: IncomingMessage): Http1Connection {
    const connection = this.#connections.get(socket)
    // A connection older than the table is met with its first request.
    return connection instanceof Http1Connection
      ? connection
      : this.#add(new Http1Connection(socket, performance.now()))
  }

  /** The connection that a stream was opened on, unless that is closed. */
  ofStream({ session }: ServerHttp2Stream): Http2Connection | undefined {
    if (session === undefined) return undefined
    const known = this.#sessions.get(session as ServerHttp2Session)
    return known ?? this.#addSession(session as ServerHttp2Session, undefined)
  }

  /** A request has been read. May be said more than once. */
  requested(request: IncomingMessage, response: ServerResponse): void {
    const connection = this.of(request)
    const previous = this.#observer && connection.latest
    const now = performance.now()
    if (!connection.requested(response, now)) return
    this.#count(now)
    this.#observer?.requested(connection, previous)
  }

  /** A stream has been opened. May be said more than once. */
  opened(stream: ServerHttp2Stream, headers: IncomingHttpHeaders): void {
    const connection = this.ofStream(stream)
    if (connection === undefined) return
    const now = performance.now()
    if (!connection.opened(stream, headers, now)) return
    this.#count(now)
    this.#observer?.opened(connection, stream)
  }

  /** A request has arrived. */
  #count(now: number): void {
    this.#previousRequestAt = this.#latestRequestAt
    this.#latestRequestAt = now
  }

  /** The latest request does not count. */
  #discount(): void {
    this.#latestRequestAt = this.#previousRequestAt
  }

  /** Takes every listener off the server. */
  detach(): void {
    for (const [event, listener] of this.#listeners) emitterOf(this.#server).off(event, listener)
    this.#follower.detach()
    this.#closeChannels()
  }

  readonly #onConnection = (socket: Socket): void => {
    this.#accepted += 1
    this.#begin(socket)
  }

  readonly #onHandshake = (socket: Socket): void => {
    this.#accepted += 1
    const handshake = this.#handshakes.begin(socket)
    this.#observer?.connected(handshake)
  }

  readonly #onSecureConnection = (socket: Socket): void => {
    this.#begin(socket)
    this.#handshakes.end(socket)
  }

  /** From here on, requests can come on a connection. */
  #begin(socket: Socket): void {
    if (this.#multiplexes) this.#newest = socket
    this.#add(new Http1Connection(socket, performance.now()))
  }

  /** A session begins while its connection is announced: in the listener behind ours. */
  readonly #onSession = (session: ServerHttp2Session): void => {
    const socket = this.#newest
    this.#newest = undefined
    this.#addSession(session, socket)
  }

  /** It is heard of requests that an application's framework keeps from other listeners, too. */
  readonly #onStart = ({ server, request, response }: HttpMessage): void => {
    if (server !== this.#server) return
    if (this.#listens) {
      // Where Node tells, a listener would only cost.
      this.#listens = false
      emitterOf(this.#server).off('request', this.#onRequest)
    }
    this.requested(request, response)
  }

  readonly #onRequest = (request: IncomingMessage, response: unknown): void => {
    // An application may emit what has come on no connection.
    if (response instanceof ServerResponse && request.socket instanceof Duplex) this.requested(request, response)
  }

  readonly #onStream = (stream: ServerHttp2Stream, headers: IncomingHttpHeaders): void => {
    this.opened(stream, headers)
  }

  readonly #onUpgrade = (request: IncomingMessage): void => {
    this.#count(performance.now())
    // Since Node 26 the listeners may get another stream in its place.
    this.#add(new UpgradedConnection(request.socket, request))
  }

  readonly #onFinish = ({ socket, response }: HttpMessage): void => {
    // It tells of every server there is.
    const connection = this.#connections.get(socket)
    if (connection instanceof Http1Connection) connection.responded(response)
  }

  /** Somebody asks whose connection a request came on. */
  readonly #onQuery = (query: RequestQuery): void => {
    const { connection } = query
    const isOurs =
      this.#connections.has(connection as EventEmitter) || this.#sessions.has(connection as ServerHttp2Session)
    if (isOurs) query.answer = this.#answer
  }

  #closeChannels(): void {
    for (const channel of this.#channels) channel.close()
  }

  #addSession(session: ServerHttp2Session, socket: Socket | undefined): Http2Connection {
    const connection = this.#add(new Http2Connection(session, socket))
    this.#sessions.set(session, connection)
    return connection
  }

  /** Adds a connection, in place of the one that it has been before. */
  #add<T extends SpeakingConnection>(connection: T): T {
    // From here on, so that a server that is never used leaves nothing behind.
    for (const channel of this.#channels) channel.open()
    this.#connections.set(connection.emitter, connection)
    this.#all.add(connection)
    if (this.#followed) this.#follow(connection, this.#followed)
    return connection
  }

  #follow(connection: SpeakingConnection, followed: Map<EventEmitter, SpeakingConnection>): void {
    const { emitter } = connection
    const before = followed.get(emitter)
    followed.set(emitter, connection)
    if (before) this.#observer?.closed(before)
    else emitter.on('close', this.#onClose)
    this.#observer?.connected(connection)
  }

  #closed(emitter: EventEmitter): void {
    const connection = this.#followed?.get(emitter)
    this.#followed?.delete(emitter)
    /* v8 ignore else -- what is followed closes once */
    if (connection) this.#observer?.closed(connection)
  }

  #isOpen(connection: SpeakingConnection): boolean {
    const { emitter } = connection
    return !emitter.destroyed && this.#connections.get(emitter) === connection
  }
}

/** The same server, for events that some of the kinds do not declare. */
function emitterOf(server: HttpServer): EventEmitter {
  return server
}
