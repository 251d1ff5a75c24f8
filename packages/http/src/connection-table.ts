import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { Connection } from './connection.ts'

const finishChannel = 'http.server.response.finish'

/** Is told what happens on the connections of a table, once somebody needs to know. */
export interface ConnectionObserver {
  connected(connection: Connection): void
  /** A request has arrived; `previous` is the response before it on the same connection, while that is in flight. */
  requested(connection: Connection, previous: ServerResponse | undefined): void
  /** A response has finished of which the table knew nothing: Node's own 417, or one to `'checkContinue'`. */
  answered(connection: Connection): void
  closed(connection: Connection): void
}

/** The open connections of a server, kept by three listeners on the server, one on each socket, and none on a request. */
export class ConnectionTable implements Iterable<Connection> {
  observer: ConnectionObserver | undefined
  readonly #server: Server
  readonly #connections = new Map<Socket, Connection>()
  #subscribed = false

  constructor(server: Server) {
    this.#server = server
    server.prependListener('connection', this.#onConnection)
    // An application's listener may answer at once: the table must know of the request before.
    server.prependListener('request', this.#onRequest)
    server.prependListener('close', this.#unsubscribe)
  }

  get size(): number {
    return this.#connections.size
  }

  /** How many of the connections have a request in flight. */
  get busy(): number {
    let busy = 0
    for (const connection of this) if (connection.busy) busy += 1
    return busy
  }

  [Symbol.iterator](): Iterator<Connection> {
    return this.#connections.values()
  }

  /** Takes every listener off the server. */
  detach(): void {
    this.#server.off('connection', this.#onConnection)
    this.#server.off('request', this.#onRequest)
    this.#server.off('close', this.#unsubscribe)
    this.#unsubscribe()
  }

  readonly #onConnection = (socket: Socket): void => {
    this.#subscribe()
    const connection = this.#add(socket)
    this.observer?.connected(connection)
  }

  readonly #onRequest = ({ socket }: IncomingMessage, response: ServerResponse): void => {
    // A connection older than the table is met with its first request.
    const connection = this.#connections.get(socket) ?? this.#add(socket)
    const previous = connection.latest
    // An application may emit a request again.
    if (previous === response) return
    connection.requested(response)
    this.observer?.requested(connection, previous)
  }

  readonly #onFinish = (message: unknown): void => {
    const { server, socket, response } = message as { server: Server; socket: Socket; response: ServerResponse }
    if (server !== this.#server) return
    const connection = this.#connections.get(socket)
    if (connection === undefined || connection.busy) return
    const known = connection.isLatest(response)
    connection.finished()
    if (!known) this.observer?.answered(connection)
  }

  #add(socket: Socket): Connection {
    const connection = new Connection(socket)
    this.#connections.set(socket, connection)
    socket.once('close', () => {
      this.#connections.delete(socket)
      this.observer?.closed(connection)
    })
    return connection
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
