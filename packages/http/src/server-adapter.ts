import {
  describe,
  expectDuration,
  expectName,
  expectOptions,
  type Hook,
  type OptionNames,
  type StartContext,
  type StopContext,
} from '@lastcall/core'
import { ConnectionTable } from './connections/connection-table.ts'
import type { LateRequests } from './drain/admission.ts'
import { Drain } from './drain/drain.ts'
import type { DrainReport } from './drain/drain-report.ts'
import { DrainNotice } from './drain-notice.ts'
import type { FrameworkText, FrameworkTexts } from './framework-texts.ts'
import { expectListen, type Listen, listen } from './listen.ts'
import { expectHttpServer, type HttpServer } from './server.ts'
import { type EventStreams, expectEventStreams } from './drain/event-streams.ts'
import { type AdaptiveDelay, type Delay, expectStopDelay, waitOut } from './drain/stop-delay.ts'
import { type WebSocketServerLike, WebSockets } from './drain/web-sockets.ts'

const defaultCloseIdleAfter = 200
const defaultCloseSilentAfter = 500
const defaultStopDelay = 0
const defaultLateRequests = 'serve'
const defaultEventStreams = 'leave'
const defaultAdvice = 'Call `server.listen(…)` on the server that was passed, or pass the option `listen`'

export interface ServerAdapterOptions {
  /** Names the hook. Default `'http'`: a second server in one lifecycle needs a name of its own. */
  readonly name?: string | undefined
  /** The hook's own limit for the drain. Milliseconds, 1 to 2^31−1. Default: the lifecycle's deadline alone. */
  readonly timeout?: number | undefined
  /** Where `start` binds the server: what `server.listen` takes. Default: the application calls `listen` itself. */
  readonly listen?: Listen | undefined
  /**
   * How long to go on serving, new connections too, before the listener closes, so that load balancers notice; every response
   * says `Connection: close` meanwhile. Milliseconds, 0 to 2^31−1, or an {@link AdaptiveDelay}, which ends as soon as no request
   * has arrived for a while. It is part of the lifecycle's deadline. Default 0.
   */
  readonly stopDelay?: number | AdaptiveDelay | undefined
  /**
   * How long a keep-alive connection must have been idle before it is closed: one that was in use a moment ago may have a
   * request on the wire already. Milliseconds, 0 to 2^31−1. Default 200.
   */
  readonly closeIdleAfter?: number | undefined
  /**
   * How old a connection that never sent a byte must be before it is closed. Milliseconds, 0 to 2^31−1. Default 500.
   */
  readonly closeSilentAfter?: number | undefined
  /**
   * What becomes of a request that arrives on an open connection when the listener has closed: it is served, or refused with
   * 503 and `Retry-After: 1`, probes too. Default `'serve'`.
   */
  readonly lateRequests?: LateRequests | undefined
  /**
   * The WebSockets of this server: a `WebSocketServer` of the package ws, anything of its shape, or several of them. Each WebSocket is
   * closed with 1001 when the listener closes, and terminated when its client has not answered after 1 s (the package ws would wait
   * for 30 s). Default: upgraded connections are left to the application, and cut when the time is over.
   */
  readonly webSockets?: WebSocketServerLike | readonly WebSocketServerLike[] | undefined
  /**
   * What happens to responses of `text/event-stream` when the listener has closed, and to those that begin later. `'end'` ends each
   * of them cleanly, and its client connects again, as EventSource does: for applications that do not end them by `onDrain`. An answer
   * that is sent as events, and has an end of its own, is ended as well, and looks whole. `'leave'` leaves them to the application.
   * Default `'leave'`.
   */
  readonly eventStreams?: EventStreams | undefined
  /**
   * For authors of adapters: says which route a framework has matched for a request, `/orders/:id`, which then stands in place of
   * the path where the request is named. It is asked only then, which is during a drain, with the `IncomingMessage`, over HTTP/2
   * with the stream; what it throws is as if it had said nothing. Default: the path is named.
   */
  readonly route?: FrameworkText | undefined
  /**
   * For authors of adapters: says the target of a request as it came, where a framework rewrites `request.url` on the way; asked
   * as `route` is. Default: `request.url`.
   */
  readonly target?: FrameworkText | undefined
}

/** The options that an adapter for a framework passes on. */
export const passedOptions: OptionNames<Omit<ServerAdapterOptions, keyof FrameworkTexts>> = {
  name: true,
  timeout: true,
  listen: true,
  stopDelay: true,
  closeIdleAfter: true,
  closeSilentAfter: true,
  lateRequests: true,
  eventStreams: true,
  webSockets: true,
}
const optionNames: OptionNames<ServerAdapterOptions> = { ...passedOptions, route: true, target: true }

/** A server's drain as a hook, and a handle to look at it. */
export class ServerAdapter<S extends HttpServer = HttpServer> implements Hook {
  readonly name: string
  readonly timeout: number | undefined
  /** Binds the server and resolves to where it listens. Only there with the option `listen`. */
  readonly start?: (context: StartContext) => Promise<string>
  /** The server that it drains. */
  readonly server: S
  /**
   * Aborts when the listener closes: endless responses end themselves by it. During `stopDelay`, a client that connects again would
   * reach this server.
   */
  readonly draining: AbortSignal
  readonly #table: ConnectionTable
  readonly #drain: Drain
  readonly #stopDelay: Delay
  readonly #advice: string

  /** @param advice - A sentence for the user of a server that is never used. */
  constructor(server: S, options: ServerAdapterOptions, advice: string = defaultAdvice) {
    expectOptions(options, optionNames)
    const { name = 'http', timeout, listen: where, stopDelay = defaultStopDelay } = options
    const { closeIdleAfter = defaultCloseIdleAfter, closeSilentAfter = defaultCloseSilentAfter } = options
    const { lateRequests = defaultLateRequests, eventStreams = defaultEventStreams } = options
    const { webSockets, route, target } = options
    expectHttpServer(server)
    expectName('`name`', name)
    if (timeout !== undefined) expectDuration('timeout', timeout)
    if (where !== undefined) expectListen(where)
    for (const [option, text] of Object.entries({ route, target })) expectText(option, text)
    this.#stopDelay = expectStopDelay(stopDelay)
    const notice = new DrainNotice()
    const drainOptions = {
      patience: {
        closeIdleAfter: expectDuration('closeIdleAfter', closeIdleAfter, 0),
        closeSilentAfter: expectDuration('closeSilentAfter', closeSilentAfter, 0),
      },
      lateRequests: expectLateRequests(lateRequests),
      webSockets: new WebSockets(webSockets),
      eventStreams: expectEventStreams(eventStreams),
      framework: { route, target },
      notice,
    }
    this.name = name
    this.timeout = timeout
    if (where !== undefined) this.start = ({ signal }) => listen(server, where, signal)
    this.server = server
    this.draining = notice.signal
    this.#table = new ConnectionTable(server, notice)
    this.#drain = new Drain(server, this.#table, drainOptions)
    this.#advice = advice
  }

  /** How many requests are in flight. */
  get inFlight(): number {
    return this.#table.inFlight
  }

  /** How many connections are open. */
  get connections(): number {
    return this.#table.size
  }

  /** Says how many connections are still open, and names the requests that are in flight since longest. */
  waitingFor(): string {
    return this.#drain.waitingFor
  }

  /**
   * Says why the adapter has nothing to do, and what to write: the server has never listened and has never had a connection, so
   * another server gets the requests. Returns `undefined` when it has been used, though it may have been closed since.
   */
  unused(): string | undefined {
    if (this.#table.hasListened || this.#table.used) return undefined
    return `The server has never listened and has never had a connection. ${this.#advice}`
  }

  /** From here on every response says `Connection: close`; resolves when `stopDelay` is over, and serves until then. */
  async beforeStop({ signal }: Partial<Pick<StopContext, 'signal'>> = {}): Promise<void> {
    this.#drain.announce()
    // No client is sent to a server that is closed. One that never listened may be handed its connections, as a worker of a sticky
    // cluster is.
    const { hasListened, used } = this.#table
    if (this.server.listening || (!hasListened && used))
      await waitOut(this.#stopDelay, () => this.#table.latestRequestAt, signal)
  }

  /** Closes the listener, lets what is in flight finish, and closes each connection when nothing is lost by it. */
  stop({ signal }: Pick<StopContext, 'signal'>): Promise<DrainReport> {
    return this.#drain.run(signal)
  }
}

function expectLateRequests(value: unknown): LateRequests {
  if (value === 'serve' || value === 'refuse') return value
  throw new TypeError(`Expected \`lateRequests\` to be 'serve' or 'refuse', got ${describe(value)}`)
}

function expectText(option: string, value: unknown): void {
  if (value === undefined || typeof value === 'function') return
  throw new TypeError(`Expected \`${option}\` to be a function, got ${describe(value)}`)
}

/**
 * Makes a hook that drains a server of node:http, node:https or node:http2: nothing that it has accepted is lost.
 *
 * Call it before the server listens, or give it `listen` and let `start` bind: connections from before are met only with
 * their next request. At the hook's limit, what has got nothing yet is answered 503, and every connection is cut.
 *
 * @throws TypeError when `server` is no such server; TypeError or RangeError when an option is not what it should be; Error
 * when the server has an adapter already.
 *
 * @example
 * const server = createServer((request, response) => response.end('Hello world!\n'))
 * lifecycle.register(serverAdapter(server, { listen: { port: 8089 } }))
 */
export function serverAdapter<S extends HttpServer>(server: S, options: ServerAdapterOptions = {}): ServerAdapter<S> {
  return new ServerAdapter(server, options)
}
