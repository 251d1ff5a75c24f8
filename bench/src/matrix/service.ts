import {
  connectRaw,
  connectRawHttp2,
  type Exit,
  type Program,
  type RawClient,
  type RawHttp2Client,
  type SocketOptions,
  startProgram,
} from '@lastcall/testkit'
import type { Protocol } from '../peers/application.ts'
import { stopLimit } from '../peers/stop-limit.ts'

/** How a service is to be launched. */
export interface LaunchOptions {
  /** Default http. */
  readonly protocol?: Protocol
  /** Whether its database never closes; default false. */
  readonly stalls?: boolean
  /** How long each answer to `/` keeps the processor, in ms; default 0. */
  readonly work?: number
}

/** Launches a service of one peer. */
export type Launch = (options?: LaunchOptions) => Promise<Service>

/** How long after SIGTERM nothing more is waited for, in ms: 2 s more than the service has. */
const patience = stopLimit + 2_000

/** What is said of a service that does not end. */
export const stillThere: string = `still there after ${patience / 1_000} s`

/** Launches the service that one peer stops. It is gone when the test ends. */
export async function launch(recipe: string, options: LaunchOptions = {}): Promise<Service> {
  const { protocol = 'http', stalls = false, work = 0 } = options
  const program = startProgram(new URL('../../dist/peers/service-program.js', import.meta.url), {
    RECIPE: recipe,
    PROTOCOL: protocol,
    STALLS: stalls ? 'yes' : '',
    WORK: String(work),
  })
  const [, port] = await program.prints(/^listening on http:\/\/127\.0\.0\.1:(\d+)$/m)
  return new Service(program, Number(port), protocol !== 'http')
}

/** A service in a process of its own. */
export class Service {
  readonly program: Program
  readonly port: number
  readonly #secure: boolean
  #stoppedAt = 0

  constructor(program: Program, port: number, secure: boolean) {
    this.program = program
    this.port = port
    this.#secure = secure
  }

  /** Connects a client of HTTP/1. */
  connect(options: SocketOptions = {}): Promise<RawClient> {
    return connectRaw(this.port, { secure: this.#secure, ...options })
  }

  /** Connects a client of HTTP/2. */
  connectHttp2(): Promise<RawHttp2Client> {
    return connectRawHttp2(this.port, { secure: true })
  }

  /** Connects a client that asks for a path, and resolves when the service has been asked. */
  async ask(path: string): Promise<RawClient> {
    const client = await this.connect()
    client.get(path)
    await this.program.prints(new RegExp(`^asked for ${path}$`, 'm'))
    return client
  }

  /** Resolves when the service has read what it was sent before. */
  async settle(): Promise<void> {
    const client = await this.connect()
    client.send('GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n')
    await client.closed
  }

  stop(): void {
    this.#stoppedAt = this.program.kill('SIGTERM')
  }

  /** Lets the service meet an error that nobody catches. */
  async crash(): Promise<void> {
    const client = await this.connect()
    this.#stoppedAt = performance.now()
    client.get('/crash')
  }

  /** Resolves to what is wrong when a client does not receive something whole. */
  async lacks(client: RawClient, pattern: RegExp): Promise<string | undefined> {
    const received = client.receives(pattern).then(
      () => true,
      () => false,
    )
    const outcome = await Promise.race([received, this.#outOfPatience()])
    if (outcome === true) return undefined
    if (outcome === undefined) return `not answered within ${patience / 1_000} s`
    const how = (await client.closed) ?? 'closed'
    return client.bytes === 0 ? `${how} without an answer` : `${how} after ${client.bytes.toLocaleString('en')} bytes`
  }

  /** Resolves to how the service ended, or to undefined when it does not. */
  ends(): Promise<Exit | undefined> {
    return Promise.race([this.program.exit, this.#outOfPatience()])
  }

  /**
   * Resolves to what is wrong when the service does not end so many ms after SIGTERM, or after a later instant.
   *
   * @param from - Gives the instant, once the service has ended.
   */
  async endsLate(within: number, from: () => number = () => this.#stoppedAt): Promise<string | undefined> {
    const exit = await this.ends()
    if (!exit) return stillThere
    const took = exit.at - from()
    return took <= within ? undefined : `gone after ${(took / 1_000).toFixed(1)} s`
  }

  #outOfPatience(): Promise<undefined> {
    return new Promise((resolve) => {
      setTimeout(() => resolve(undefined), this.#stoppedAt + patience - performance.now())
    })
  }
}
