import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import {
  describe,
  expectName,
  expectOptions,
  type Hook,
  type Lifecycle,
  type OptionNames,
  type StartContext,
  type StopContext,
} from '@lastcall/core'
import { listen } from '../listen.ts'
import { type ServerAdapter, serverAdapter } from '../server-adapter.ts'
import { probeOptionNames, type ProbeOptions } from './probe-options.ts'
import { probes } from './probes.ts'

/** How long connections may take to close by themselves, in ms: while stopping, a probe is answered in the turn it comes in. */
const farewell = 100
const highestPort = 65_535

export interface ProbeServerOptions extends ProbeOptions {
  /** Names the hook. Default `'probes'`. */
  readonly name?: string | undefined
  /** Where to listen: 0 to 65,535, with 0 for any port that is free. */
  readonly port: number
  /** The address or host name to listen on. Default: every address of the machine, as of `server.listen`. */
  readonly host?: string | undefined
}

const optionNames: OptionNames<ProbeServerOptions> = { ...probeOptionNames, name: true, port: true, host: true }

/** A server for probes as a hook. */
export class ProbeServer implements Hook {
  readonly name: string
  readonly #where: { readonly port: number; readonly host: string | undefined }
  readonly #server: Server
  readonly #adapter: ServerAdapter

  constructor(lifecycle: Lifecycle, options: ProbeServerOptions) {
    expectOptions(options, optionNames)
    const { name = 'probes', port, host, ...probeOptions } = options
    expectName('`name`', name)
    expectPort(port)
    if (host !== undefined) expectName('`host`', host)
    this.name = name
    this.#where = { port, host }
    this.#server = createServer(probes(lifecycle, probeOptions))
    this.#adapter = serverAdapter(this.#server, { closeIdleAfter: 0, closeSilentAfter: 0 })
  }

  /** The port it listens on; `undefined` while it does not. */
  get port(): number | undefined {
    // A server that listens on a port has an address of this kind.
    const address = this.#server.address() as AddressInfo | null
    return address?.port
  }

  /** Binds the server and resolves to where it listens. Rejects when it cannot, or when `signal` aborts first. */
  start({ signal }: StartContext): Promise<string> {
    return listen(this.#server, this.#where, signal)
  }

  /** From here on every answer says `Connection: close`, so that hardly a connection is left at the stop. */
  beforeStop(): Promise<void> {
    return this.#adapter.beforeStop()
  }

  /** Closes the listener, lets the answers under way get out, and closes every connection within 100 ms. */
  async stop({ signal }: Pick<StopContext, 'signal'>): Promise<void> {
    const cut = new AbortController()
    const timer = setTimeout(() => cut.abort(), farewell)
    try {
      await this.#adapter.stop({ signal: AbortSignal.any([signal, cut.signal]) })
    } finally {
      clearTimeout(timer)
    }
  }
}

function expectPort(port: unknown): void {
  const expectation = `Expected \`port\` to be an integer from 0 to ${highestPort}, got ${describe(port)}`
  if (typeof port !== 'number') throw new TypeError(expectation)
  if (!(Number.isInteger(port) && port >= 0 && port <= highestPort)) throw new RangeError(expectation)
}

/**
 * Makes a hook with a server of its own for probes, which answers as `probes` does, and nothing else.
 *
 * Registered first, it is the first to start and the last to stop: it says that the process is up, and does not take work, while
 * everything else starts and stops. Its own stop waits for no client: a connection that is left after 100 ms is cut.
 *
 * @throws TypeError or RangeError when an argument is not what it should be.
 *
 * @example
 * lifecycle.register(probeServer(lifecycle, { port: 9_090 }))
 * lifecycle.register(postgres)
 * lifecycle.register(serverAdapter(server, { listen: { port: 8_080 } }))
 */
export function probeServer(lifecycle: Lifecycle, options: ProbeServerOptions): ProbeServer {
  return new ProbeServer(lifecycle, options)
}
