import { fileURLToPath } from 'node:url'
import { launch } from '@lastcall/testkit/launch'
import type { Program } from '@lastcall/testkit/program'
import { within } from './within.ts'

/** A server that is started again and again on one port. */
export interface Version {
  /** Its file, as a URL. */
  readonly server: string
  /** For how long it goes on serving after SIGTERM, in ms. */
  readonly stopDelay: number
}

/** How a replica ended. */
export interface Ending {
  /** The exit code, or the signal that ended it. */
  readonly code: string
  /** From SIGTERM on, in ms. */
  readonly duration: number
}

/** How long a start may take, in ms. */
const startLimit = 10_000
/** Who has not ended by then is killed, as by Docker and Cloud Run. In ms. */
export const stopLimit = 10_000

/** One server among several alike, on a port of its own. */
export class Replica {
  readonly name: string
  readonly port: number
  readonly #version: Version
  #program: Program | undefined

  constructor(name: string, port: number, version: Version) {
    this.name = name
    this.port = port
    this.#version = version
  }

  /** Resolves when it listens. */
  async start(): Promise<void> {
    const { server, stopDelay } = this.#version
    const program = launch(process.execPath, [fileURLToPath(server)], {
      HOST: '127.0.0.1',
      PORT: String(this.port),
      STOP_DELAY: String(stopDelay),
    })
    this.#program = program
    const listening = program.prints(/listening on .*\n/)
    await within(startLimit, `${this.name} to listen`, listening, () => program.output)
  }

  /** Sends SIGTERM, later SIGKILL if need be, and resolves when it has ended. */
  async stop(): Promise<Ending> {
    const program = this.#program
    if (program === undefined) throw new Error(`Expected ${this.name} to be running`)
    const begin = program.kill('SIGTERM')
    const kill = setTimeout(() => program.kill('SIGKILL'), stopLimit)
    const { code, signal, at } = await program.exit
    clearTimeout(kill)
    return { code: String(code ?? signal), duration: at - begin }
  }

  /** Ends it at once, if it runs. */
  async kill(): Promise<void> {
    this.#program?.kill('SIGKILL')
    await this.#program?.exit
  }
}
