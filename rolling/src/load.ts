import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import type { Tally } from './tally.ts'
import { within } from './within.ts'

/** How long an answer of the process may take, in ms: the last requests are waited for. */
const patience = 30_000

/** Clients of one port of this machine, in a process of their own. */
export class Load {
  readonly #process: ChildProcess

  constructor(child: ChildProcess) {
    this.#process = child
  }

  /** Resolves once everybody is asking. The process ends with this one, at the latest. */
  static async start(port: number): Promise<Load> {
    const child = fork(fileURLToPath(new URL('load-program.js', import.meta.url)), [String(port)], { execArgv: [] })
    const load = new Load(child)
    await load.#answer()
    return load
  }

  /** What became of the requests so far. */
  async tally(): Promise<Tally> {
    return this.#ask('tally')
  }

  /** Lets every client ask no more, and resolves when each has its last answer. */
  async end(): Promise<Tally> {
    const tally = await this.#ask('end')
    this.hangUp()
    return tally
  }

  /** Ends the process as it is. */
  hangUp(): void {
    if (this.#process.connected) this.#process.disconnect()
  }

  #ask(question: 'tally' | 'end'): Promise<Tally> {
    this.#process.send(question)
    return this.#answer()
  }

  async #answer(): Promise<Tally> {
    const over = new AbortController()
    const end = once(this.#process, 'exit', { signal: over.signal }).then(() => {
      throw new Error('Expected the clients to go on, got the end of their process')
    })
    try {
      const message = Promise.race([once(this.#process, 'message', { signal: over.signal }), end])
      const [tally] = (await within(patience, 'the clients to answer', message, () => 'nothing')) as [Tally]
      return tally
    } finally {
      over.abort()
    }
  }
}
