import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { onTestFinished } from 'vitest'
import { Program } from './program.ts'

/**
 * Runs a file with Node.js; what is left of it when the test ends is killed.
 *
 * @param file - The file, as `new URL('fixtures/hang.js', import.meta.url)`.
 * @param env - Environment variables besides those of the test.
 */
export function startProgram(file: URL, env: Readonly<Record<string, string>> = {}): Program {
  const child = spawn(process.execPath, [fileURLToPath(file)], {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  onTestFinished(() => {
    child.kill('SIGKILL')
  })
  return new Program(child)
}
