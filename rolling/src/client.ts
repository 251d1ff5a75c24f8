import { Agent, get, type IncomingMessage } from 'node:http'
import type { PoolName, PoolTally } from './tally.ts'

/** How long one answer may take, in ms: `/slow` takes 1 s. */
const patience = 10_000

/** What is asked for, and the only answer to it that is right. */
export interface Question {
  readonly path: string
  readonly answer: string
}

/** A client that asks once, whatever comes of it: Node.js itself tries nothing again either. */
export class Client {
  readonly #port: number
  readonly #agent: Agent | false
  readonly #tally: PoolTally

  constructor(port: number, pool: PoolName, tally: PoolTally) {
    this.#port = port
    // Without an agent, each request has a connection of its own, and says `Connection: close`.
    this.#agent = pool === 'keep-alive' && new Agent({ keepAlive: true, maxSockets: 1 })
    this.#tally = tally
  }

  async ask(question: Question): Promise<void> {
    this.#tally.requests += 1
    const failure = await this.#failureOf(question)
    if (failure === undefined) this.#tally.answered += 1
    else this.#tally.failures[failure] = (this.#tally.failures[failure] ?? 0) + 1
  }

  /** Resolves to what was wrong, if anything was. */
  async #failureOf({ path, answer }: Question): Promise<string | undefined> {
    const signal = AbortSignal.timeout(patience)
    try {
      const response = await this.#get(path, signal)
      const body = await bodyOf(response)
      if (response.statusCode !== 200) return String(response.statusCode)
      return body === answer ? undefined : 'another answer'
    } catch (error) {
      return signal.aborted ? 'no answer' : ((error as NodeJS.ErrnoException).code ?? String(error))
    }
  }

  #get(path: string, signal: AbortSignal): Promise<IncomingMessage> {
    return new Promise((resolve, reject) => {
      get({ host: '127.0.0.1', port: this.#port, path, agent: this.#agent, signal }, resolve).on('error', reject)
    })
  }
}

/** Resolves to a body that has come to its end; rejects when it is cut. */
async function bodyOf(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of response) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks).toString()
}
