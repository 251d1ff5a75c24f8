import { type ChildProcessWithoutNullStreams, spawn, spawnSync } from 'node:child_process'
import { onTestFinished } from 'vitest'
import { type Exit, Program } from './program.ts'

export interface TerminalOptions {
  readonly cwd: string | URL
  /** The whole environment. Default: that of the test. */
  readonly env?: NodeJS.ProcessEnv | undefined
}

/** A command on a terminal of its own, as if somebody had typed it there. */
export class Terminal {
  readonly #child: ChildProcessWithoutNullStreams
  readonly #program: Program

  constructor(child: ChildProcessWithoutNullStreams) {
    this.#child = child
    this.#program = new Program(child)
  }

  /** How the command ended; a signal that ended it shows as the code 128 + n, as in a shell. */
  get exit(): Promise<Exit> {
    return this.#program.exit
  }

  /** Everything on the screen so far: also what was typed, and with lines that end in `\r\n`. */
  get output(): string {
    return this.#program.output
  }

  /** Resolves to the match once the output has one; rejects when the command ends without. */
  prints(pattern: RegExp): Promise<RegExpExecArray> {
    return this.#program.prints(pattern)
  }

  /** Types text: the terminal turns `\x03`, which is Ctrl-C, into a SIGINT for all that run in its foreground. */
  type(text: string): void {
    this.#child.stdin.write(text)
  }

  /** Takes the terminal away, as a window that is closed: what runs on it gets SIGHUP, and can write to it no more. */
  close(): void {
    this.#child.kill('SIGKILL')
  }
}

/**
 * Starts a command on a terminal, which `script` of util-linux makes; what is left when the test ends loses its terminal.
 *
 * @param command - As it is typed into a shell: `npm start`.
 */
export function startInTerminal(command: string, { cwd, env = process.env }: TerminalOptions): Terminal {
  // Job control, as in a shell that somebody types into: the command has the foreground to itself, and its end takes no terminal away.
  const line = `set -m; ${command}`
  const terminal = new Terminal(
    spawn('script', ['--quiet', '--flush', '--return', '--command', line, '/dev/null'], {
      cwd,
      env: { ...env, SHELL: '/bin/sh' },
    }),
  )
  onTestFinished(() => terminal.close())
  return terminal
}

/** Why there can be no terminal on this machine; `undefined` where there can. */
export function terminalMissing(): string | undefined {
  const { stdout } = spawnSync('script', ['--version'], { encoding: 'utf8' })
  return stdout?.includes('util-linux') ? undefined : 'needs `script` of util-linux'
}
