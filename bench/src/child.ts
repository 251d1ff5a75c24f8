import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

/** How long an answer may take, in ms. */
const patience = 60_000

/** A program of this bench in a process of its own. It is asked over IPC, one question at a time. */
export class Child {
  readonly #process: ChildProcess
  readonly #kill = (): void => void this.#process.kill('SIGKILL')

  /**
   * Launches a program that lies beside this file.
   *
   * @param core - The core that it is to run on, or undefined for any.
   */
  constructor(program: string, core: number | undefined, ...parameters: readonly (string | number)[]) {
    const node = [process.execPath, '--expose-gc', fileURLToPath(import.meta.resolve(`./${program}.js`))]
    const pin = core === undefined ? [] : ['taskset', '--cpu-list', String(core)]
    const [command = '', ...words] = [...pin, ...node, ...parameters.map(String)]
    this.#process = spawn(command, words, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] })
    process.once('exit', this.#kill)
  }

  /** Rejects when the program ends, or does not answer in time. */
  async ask<Answer>(question: unknown): Promise<Answer> {
    const over = new AbortController()
    const signal = AbortSignal.any([over.signal, AbortSignal.timeout(patience)])
    const end = once(this.#process, 'exit', { signal }).then(() => {
      throw new Error(`Expected an answer to ${JSON.stringify(question)}, got the end of the program`)
    })
    const answer = once(this.#process, 'message', { signal })
    this.#process.send(question as object)
    try {
      const [message] = (await Promise.race([answer, end])) as [Answer]
      return message
    } finally {
      over.abort()
    }
  }

  async end(): Promise<void> {
    process.off('exit', this.#kill)
    if (this.#process.exitCode !== null || this.#process.signalCode !== null) return
    const exit = once(this.#process, 'exit')
    this.#kill()
    await exit
  }
}
