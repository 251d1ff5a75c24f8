import { spawn } from 'node:child_process'
import { endWithProcess } from './end-with-process.ts'
import { Program } from './program.ts'

/** Runs a command in a process of its own, which is killed when this one exits. */
export function launch(command: string, words: readonly string[], env: Readonly<Record<string, string>> = {}): Program {
  const child = spawn(command, words, { env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'] })
  endWithProcess(child)
  return new Program(child)
}
