import { fileURLToPath } from 'node:url'
import { launch } from '@lastcall/testkit/launch'
import type { Program } from '@lastcall/testkit/program'

/** How long a service may take to stop, in ms. */
const patience = 10_000
const file = fileURLToPath(new URL('service-program.js', import.meta.url))

/** A service of one peer that is measured while it stops. */
export class MeasuredService {
  readonly port: number
  readonly #program: Program

  constructor(program: Program, port: number) {
    this.#program = program
    this.port = port
  }

  /** Resolves when the service has printed a line. */
  async prints(line: string): Promise<void> {
    await this.#program.prints(new RegExp(`^${line}$`, 'm'))
  }

  /** Sends SIGTERM, and resolves to when that was, and when the service had ended: undefined where it does not within 10 s. */
  async stop(): Promise<{ readonly begin: number; readonly end: number | undefined }> {
    const begin = this.#program.kill('SIGTERM')
    const timer = setTimeout(() => this.#program.kill('SIGKILL'), patience)
    const { at, signal } = await this.#program.exit
    clearTimeout(timer)
    return { begin, end: signal === 'SIGKILL' ? undefined : at }
  }
}

/** Starts the service that one peer stops, whose connections may be idle for so many ms. */
export async function startMeasured(recipe: string, keepAliveTimeout: number): Promise<MeasuredService> {
  const program = launch(process.execPath, [file], { RECIPE: recipe, KEEP_ALIVE: String(keepAliveTimeout) })
  const [, port] = await program.prints(/^listening on http:\/\/127\.0\.0\.1:(\d+)$/m)
  return new MeasuredService(program, Number(port))
}
