import { once } from 'node:events'
import { createServer, type RequestListener, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Lifecycle, type StopReport } from '@lastcall/core'
import { Changes, connectRaw, type RawClient } from '@lastcall/testkit'
import { afterEach, beforeEach, expect, onTestFinished, vi } from 'vitest'
import { type DrainReport, type ServerAdapter, serverAdapter, type ServerAdapterOptions } from '../src/index.ts'

/** A server with its adapter, listening on a free port. */
export interface Service {
  readonly server: Server
  readonly adapter: ServerAdapter
  readonly lifecycle: Lifecycle
  connect(): Promise<RawClient>
}

/** Starts a service; what is left of it when the test ends is closed. */
export async function serve(
  handler: RequestListener,
  options: ServerAdapterOptions & { readonly stopTimeout?: number } = {},
): Promise<Service> {
  const { stopTimeout = 60_000, ...adapterOptions } = options
  const server = createServer(handler)
  const lifecycle = new Lifecycle({ timeout: stopTimeout })
  const adapter = lifecycle.register(serverAdapter(server, adapterOptions))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  const { port } = server.address() as AddressInfo
  return { server, adapter, lifecycle, connect: () => connectRaw(port) }
}

/** Holds the clock of what is tested still, while sockets go on as ever: time passes with `vi.advanceTimersByTime`. */
export function stillClock(): void {
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance', 'Date'] })
  })
  afterEach(() => {
    expect(vi.getTimerCount()).toBe(0)
    vi.useRealTimers()
  })
}

/** What the adapter returned at the stop. */
export function drainOf(report: StopReport): DrainReport {
  return report.hooks.find(({ name }) => name === 'http')?.detail as DrainReport
}

/** Resolves when something is so, looking once a turn of the event loop. */
export async function until(condition: () => unknown): Promise<void> {
  while (!condition()) await new Promise(setImmediate)
}

/** Resolves when the server is no longer listening. */
export function listenerClosed({ server }: Service): Promise<void> {
  return until(() => !server.listening)
}

/** A handler that keeps each response until it is told to answer. */
export class Desk {
  readonly #waiting: ((text: string) => void)[] = []
  readonly #arrivals = new Changes()
  #count = 0

  readonly handler: RequestListener = (_request, response) => {
    this.#waiting.push((text) => response.end(text))
    this.#count += 1
    this.#arrivals.notify()
  }

  /** Resolves when so many requests have arrived altogether. */
  async has(count: number): Promise<void> {
    while (this.#count < count) await this.#arrivals.next()
  }

  /** Answers the oldest request that waits. */
  answer(text: string): void {
    this.#waiting.shift()?.(text)
  }
}
