import type { Program } from './program.ts'
import { startProgram } from './start-program.ts'
import type { Usage } from './usage-meter.ts'

export interface LoadOptions {
  readonly port: number
  readonly clients: number
  /** Whether each client keeps its connection, and asks every 5–15 ms, or opens one for each request, without a pause. */
  readonly connections: 'keep-alive' | 'fresh'
}

/** What became of the requests of a load, and what its process had to do for them. */
export interface LoadTally extends Usage {
  /** Answered whole. */
  readonly answered: number
  /** Written in full before the connection was seen to end, and not answered whole. */
  readonly lost: number
  /** Not written, as there was no connection, or no longer; or answered with 503. */
  readonly refused: number
}

/** Many clients of one server, in a process of their own. */
export class Load {
  readonly #program: Program

  constructor(program: Program) {
    this.#program = program
  }

  /** Lets every client end with the answer it is waiting for. */
  end(): void {
    this.#program.kill('SIGTERM')
  }

  /** Resolves when every client has ended: by itself, or because the server closed or refused its connection. */
  async tally(): Promise<LoadTally> {
    const [line] = await this.#program.prints(/^\{.*\}$/m)
    return JSON.parse(line) as LoadTally
  }
}

/** Puts a load on a port of this machine, and resolves when every client is under way. */
export async function startLoad({ port, clients, connections }: LoadOptions): Promise<Load> {
  const program = startProgram(new URL('load-program.js', import.meta.url), {
    PORT: String(port),
    CLIENTS: String(clients),
    CONNECTIONS: connections,
  })
  await program.prints(/^loaded$/m)
  return new Load(program)
}
