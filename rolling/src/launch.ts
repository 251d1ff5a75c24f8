import { spawn } from 'node:child_process'
import { Program } from '@lastcall/testkit/program'

/** Runs a command in a process of its own, which is killed when this one exits. */
export function launch(command: string, words: readonly string[], env: Readonly<Record<string, string>> = {}): Program {
  const child = spawn(command, words, { env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'] })
  const kill = (): void => void child.kill('SIGKILL')
  process.once('exit', kill)
  child.once('exit', () => process.off('exit', kill))
  return new Program(child)
}
