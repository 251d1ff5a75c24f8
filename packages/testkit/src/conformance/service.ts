import type { DrainReport, ServerAdapterOptions } from '@lastcall/http'
import { once } from 'node:events'
import type { RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Lifecycle, type StopReport } from '@lastcall/core'
import { onTestFinished } from 'vitest'
import type { SocketOptions } from '../open-socket.ts'
import { connectRaw, type RawClient } from '../raw-client.ts'
import { connectRawHttp2, type RawHttp2Client, type RawHttp2Options } from '../raw-http2-client.ts'
import type { Adapted, Handler, Kind } from './kind.ts'

/** A server of a kind with its adapter, listening on a free port. */
export class Service {
  readonly server: Adapted['server']
  readonly adapter: Adapted['adapter']
  readonly lifecycle: Lifecycle
  readonly port: number
  readonly #secure: boolean

  /** @param port - Where clients connect. Default: where the server listens. */
  constructor({ server, adapter }: Adapted, lifecycle: Lifecycle, secure: boolean, port?: number) {
    this.server = server
    this.adapter = adapter
    this.lifecycle = lifecycle
    this.port = port ?? (server.address() as AddressInfo).port
    this.#secure = secure
  }

  /** Connects a client that speaks HTTP/1, over TLS where the server does. */
  async connect(options: SocketOptions = {}): Promise<RawClient> {
    const secure = options.secure ?? this.#secure
    // A client has ended its handshake before the server has.
    const [client] = await Promise.all([
      connectRaw(this.port, { ...options, secure }),
      secure && once(this.server, 'secureConnection'),
    ])
    return client
  }

  /** Connects a client that speaks HTTP/2. */
  connectHttp2(options: RawHttp2Options = {}): Promise<RawHttp2Client> {
    return connectRawHttp2(this.port, { secure: this.#secure, ...options })
  }
}

/** Starts a server of a kind with a handler; what is left of it when the test ends is closed. */
export async function serve(
  kind: Kind,
  handler: RequestListener,
  options: ServerAdapterOptions & { readonly stopTimeout?: number } = {},
): Promise<Service> {
  const { stopTimeout = 60_000, ...adapterOptions } = options
  const adapted = kind.create(handler as Handler, adapterOptions)
  const { server } = adapted
  const lifecycle = new Lifecycle({ timeout: stopTimeout })
  lifecycle.register(adapted.adapter)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => {
    server.close()
  })
  return new Service(adapted, lifecycle, kind.secure ?? false)
}

/** Begins the stage before the stop: clients are sent elsewhere, and the listener is still open. */
export function announce({ adapter }: Service): void {
  void adapter.beforeStop()
}

/** What the adapter returned at the stop. */
export function drainOf(report: StopReport): DrainReport {
  return report.hooks.find(({ name }) => name === 'http')?.detail as DrainReport
}

/** Resolves when something is so, looking once a turn of the event loop; rejects when the test has ended before. */
export async function until(condition: () => unknown): Promise<void> {
  let over = false
  onTestFinished(() => {
    over = true
  })
  while (!condition()) {
    if (over) throw new Error('Expected the condition to come true before the test ends')
    await new Promise(setImmediate)
  }
}

/** Lets what is on its way between two sockets of this process arrive. */
export async function passTurns(): Promise<void> {
  for (let turns = 0; turns < 20; turns += 1) await new Promise(setImmediate)
}

/** Resolves when the server is no longer listening. */
export function listenerClosed({ server }: Service): Promise<void> {
  return until(() => !server.listening)
}

/** Resolves when no request is in flight: a client may have an answer before the server knows that it has left. */
export function idle({ adapter }: Service): Promise<void> {
  return until(() => adapter.inFlight === 0)
}
