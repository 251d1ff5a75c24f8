import type { ChildProcess } from 'node:child_process'
import { Changes } from './changes.ts'

/** How a program ended. */
export interface Exit {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  /** The instant at which it ended, on the clock of `performance.now()`. */
  readonly at: number
}

/** A Node.js program in a process of its own. */
export class Program {
  readonly exit: Promise<Exit>
  readonly #child: ChildProcess
  #output = ''
  readonly #changes = new Changes()

  constructor(child: ChildProcess) {
    this.#child = child
    for (const stream of [child.stdout, child.stderr]) {
      stream?.setEncoding('utf8').on('data', (text: string) => {
        this.#output += text
        this.#changes.notify()
      })
    }
    this.exit = new Promise((resolve) => {
      let at = 0
      child.once('exit', () => {
        at = performance.now()
      })
      child.once('close', (code, signal) => {
        resolve({ code, signal, at })
        this.#changes.notify()
      })
    })
  }

  get pid(): number {
    const { pid } = this.#child
    if (pid === undefined) throw new Error('Expected a program that could be started')
    return pid
  }

  /** Everything that it has printed so far. */
  get output(): string {
    return this.#output
  }

  /** Resolves to the match once the output has one; rejects when the program ends without. */
  async prints(pattern: RegExp): Promise<RegExpExecArray> {
    for (;;) {
      const match = pattern.exec(this.#output)
      if (match) return match
      if (this.#child.stdout?.closed && this.#child.stderr?.closed) {
        throw new Error(`Expected the program to print ${String(pattern)}, got:\n${this.#output}`)
      }
      await this.#changes.next()
    }
  }

  /** Reads nothing more: what the program prints from here on meets a closed pipe. */
  closeOutput(): void {
    this.#child.stdout?.destroy()
    this.#child.stderr?.destroy()
  }

  /** Sends a signal, and returns the instant at which it did, on the clock of `performance.now()`. */
  kill(signal: NodeJS.Signals): number {
    this.#child.kill(signal)
    return performance.now()
  }
}
