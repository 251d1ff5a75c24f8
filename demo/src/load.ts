import { setTimeout } from 'node:timers/promises'
import { Client, type Tally } from './client.ts'

const busyClients = 300
const slowClients = 4
const shortestPause = 5
const longestPause = 15

/** What every run has to bear, in words. */
export const loadText: string =
  `${busyClients} keep-alive clients, each asking every ${shortestPause}–${longestPause} ms;\n` +
  `  ${slowClients} slow requests in flight; an idle and a silent connection`

/** The same load for every server. */
export class Load {
  readonly tally: Tally = { answered: 0, lost: 0 }
  readonly #port: number
  readonly #clients: Client[] = []
  readonly #running: Promise<void>[] = []
  #over = false

  constructor(port: number) {
    this.#port = port
  }

  /** Connects everybody, and begins to send. */
  async begin(): Promise<void> {
    await this.#connect()
    await (await this.#connect()).get('/')
    for (let index = 0; index < busyClients; index += 1) this.#running.push(this.#keepSending(await this.#connect()))
  }

  /** Sends the requests that take their time. */
  async beginSlow(): Promise<void> {
    for (let index = 0; index < slowClients; index += 1) {
      const client = await this.#connect()
      this.#running.push(client.get('/slow').then(() => undefined))
    }
  }

  /** Sends nothing more, waits for the answers that are due, and hangs up, except for the idle and the silent connection. */
  async end(): Promise<void> {
    this.#over = true
    await Promise.all(this.#running)
    for (const client of this.#clients.slice(2)) client.close()
  }

  /** Hangs up altogether. */
  hangUp(): void {
    for (const client of this.#clients) client.close()
  }

  async #connect(): Promise<Client> {
    const client = await Client.connect(this.#port, this.tally)
    this.#clients.push(client)
    return client
  }

  async #keepSending(client: Client): Promise<void> {
    while (!this.#over && (await client.get('/')) === 'open') {
      await setTimeout(shortestPause + Math.random() * (longestPause - shortestPause))
    }
  }
}
