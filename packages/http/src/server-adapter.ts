import { type Hook, type StartContext, type StopContext, describe, expectDuration } from '@lastcall/core'
import { Server } from 'node:http'
import { ConnectionTable } from './connection-table.ts'
import { Drain } from './drain.ts'
import type { DrainReport } from './drain-report.ts'
import { type Listen, listen } from './listen.ts'

const defaultIdleLinger = 200
const defaultNewConnectionTimeout = 500

export interface ServerAdapterOptions {
  /** Names the hook. Default `'http'`: a second server in one lifecycle needs a name of its own. */
  readonly name?: string | undefined
  /** The hook's own limit for the drain. Milliseconds, 1 to 2^31−1. Default: the lifecycle's deadline alone. */
  readonly timeout?: number | undefined
  /** Where `start` binds the server: what `server.listen` takes. Default: the application calls `listen` itself. */
  readonly listen?: Listen | undefined
  /**
   * How long a keep-alive connection must have been idle before it is closed: one that was in use a moment ago may have a
   * request on the wire already. Milliseconds, 0 to 2^31−1. Default 200.
   */
  readonly idleLinger?: number | undefined
  /**
   * How old a connection that never sent a byte must be before it is closed. Milliseconds, 0 to 2^31−1. Default 500.
   */
  readonly newConnectionTimeout?: number | undefined
}

/** A server's drain as a hook, and a handle to look at it. */
export class ServerAdapter implements Hook {
  readonly name: string
  readonly timeout: number | undefined
  /** Binds the server and resolves to where it listens. Only there with the option `listen`. */
  readonly start?: (context: StartContext) => Promise<string>
  readonly #table: ConnectionTable
  readonly #drain: Drain

  constructor(server: Server, options: ServerAdapterOptions) {
    const { name = 'http', timeout, listen: where } = options
    const { idleLinger = defaultIdleLinger, newConnectionTimeout = defaultNewConnectionTimeout } = options
    if (!(server instanceof Server)) {
      throw new TypeError(
        `Expected \`server\` to be an http.Server, as createServer of node:http makes it, got ${describe(server)}`,
      )
    }
    const patience = {
      idleLinger: expectDuration('idleLinger', idleLinger, 0),
      newConnectionTimeout: expectDuration('newConnectionTimeout', newConnectionTimeout, 0),
    }
    this.name = name
    this.timeout = timeout
    if (where !== undefined) this.start = ({ signal }) => listen(server, where, signal)
    this.#table = new ConnectionTable(server)
    this.#drain = new Drain(server, this.#table, patience)
  }

  /** Aborts when the drain is announced: the handle by which endless responses end themselves. */
  get draining(): AbortSignal {
    return this.#drain.announced
  }

  /** How many connections have a request in flight. */
  get inFlight(): number {
    return this.#table.busy
  }

  /** How many connections are open. */
  get connections(): number {
    return this.#table.size
  }

  /** From here on every response says `Connection: close`, while the server still accepts. */
  beforeStop(): void {
    this.#drain.announce()
  }

  /** Closes the listener, lets what is in flight finish, and closes each connection when nothing is lost by it. */
  stop({ signal }: Pick<StopContext, 'signal'>): Promise<DrainReport> {
    return this.#drain.run(signal)
  }
}

/**
 * Makes a hook that drains a node:http server: nothing that it has accepted is lost.
 *
 * Call it before the server listens, or give it `listen` and let `start` bind: connections from before are met only with
 * their next request. At the hook's limit, what has got nothing yet is answered 503, and every connection is cut.
 *
 * @throws TypeError when `server` is no http.Server; TypeError or RangeError when an option is not what it should be.
 *
 * @example
 * const server = createServer((request, response) => response.end('Hello world!\n'))
 * lifecycle.register(serverAdapter(server, { listen: { port: 8089 } }))
 */
export function serverAdapter(server: Server, options: ServerAdapterOptions = {}): ServerAdapter {
  return new ServerAdapter(server, options)
}
