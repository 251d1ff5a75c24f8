import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { endWithProcess } from '@lastcall/testkit/end-with-process'

/** How long an answer may take, in ms. */
const patience = 60_000

export interface ChildOptions {
  /** The core that it is to run on; undefined for any. */
  readonly core?: number | undefined
  readonly parameters?: readonly (string | number)[]
  /** Environment variables besides ours. */
  readonly env?: Readonly<Record<string, string>>
}

/** A program of this bench in a process of its own. It is asked over IPC, one question at a time. */
export class Child {
  readonly #process: ChildProcess

  /**
   * Launches a program.
   *
   * @param program - Its path, from this folder, without `.js`.
   */
  constructor(program: string, { core, parameters = [], env = {} }: ChildOptions = {}) {
    const node = [process.execPath, '--expose-gc', fileURLToPath(import.meta.resolve(`./${program}.js`))]
    const pin = core === undefined ? [] : ['taskset', '--cpu-list', String(core)]
    const [command = '', ...words] = [...pin, ...node, ...parameters.map(String)]
    this.#process = spawn(command, words, {
      env: { ...process.env, ...env },
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    })
    endWithProcess(this.#process)
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
    if (this.#process.exitCode !== null || this.#process.signalCode !== null) return
    const exit = once(this.#process, 'exit')
    this.#process.kill('SIGKILL')
    await exit
  }
}
