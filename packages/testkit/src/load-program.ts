// A load on a port of this machine, in a process of its own: see `startLoad`.
import { FreshClient } from './fresh-client.ts'
import { KeepAliveClient } from './keep-alive-client.ts'
import type { LoadContext } from './load-context.ts'
import { type Usage, UsageMeter } from './usage-meter.ts'
import { WriteQueue } from './write-queue.ts'

const { PORT, CLIENTS, CONNECTIONS } = process.env
/** How many answers a client gets, on average, before the load counts as begun: by then its code is compiled. */
const warmUp = 10

/** Prints `loaded` once everything is under way, and what became of all requests when the last client has ended. */
class LoadProgram implements LoadContext {
  readonly port = Number(PORT)
  readonly buffer: Buffer = Buffer.alloc(65_536)
  readonly writes: WriteQueue = new WriteQueue()
  over = false
  #answered = 0
  #lost = 0
  #refused = 0
  #clients = Number(CLIENTS)
  readonly #warm = this.#clients * warmUp
  #meter: UsageMeter | undefined
  /** From when everything was under way until the first client ended. */
  #usage: Usage | undefined

  begin(): void {
    const Client = CONNECTIONS === 'fresh' ? FreshClient : KeepAliveClient
    for (let index = this.#clients; index > 0; index -= 1) new Client(this).begin()
    process.once('SIGTERM', () => {
      this.over = true
    })
  }

  answered(): void {
    this.#answered += 1
    if (this.#answered !== this.#warm) return
    this.#meter = new UsageMeter()
    process.stdout.write('loaded\n')
  }

  lost(): void {
    this.#lost += 1
  }

  refused(): void {
    this.#refused += 1
  }

  ended(): void {
    this.#usage ??= this.#meter?.read()
    this.#clients -= 1
    if (this.#clients > 0) return
    const { wall, cpu, utilisation } = this.#usage ?? new UsageMeter().read()
    const tally = { answered: this.#answered, lost: this.#lost, refused: this.#refused, wall, cpu, utilisation }
    process.stdout.write(`${JSON.stringify(tally)}\n`)
  }
}

new LoadProgram().begin()
