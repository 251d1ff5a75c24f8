import { type ChildProcess, spawn } from 'node:child_process'
import { Program } from './program.ts'

/** Those that are there: they end with this process. */
const running = new Set<ChildProcess>()
process.once('exit', () => {
  for (const child of running) child.kill('SIGKILL')
})

/** Runs a command in a process of its own, which is killed when this one exits. */
export function launch(command: string, words: readonly string[], env: Readonly<Record<string, string>> = {}): Program {
  const child = spawn(command, words, { env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'] })
  running.add(child)
  child.once('exit', () => running.delete(child))
  return new Program(child)
}
