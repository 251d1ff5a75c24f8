import { fileURLToPath } from 'node:url'
import { onTestFinished } from 'vitest'
import { launch } from './launch.ts'
import type { Program } from './program.ts'

/**
 * Runs a file with Node.js; what is left of it when the test ends is killed.
 *
 * @param file - The file, as `new URL('fixtures/hang.js', import.meta.url)`.
 * @param env - Environment variables besides those of the test.
 */
export function startProgram(file: URL, env: Readonly<Record<string, string>> = {}): Program {
  const program = launch(process.execPath, [fileURLToPath(file)], env)
  onTestFinished(() => void program.kill('SIGKILL'))
  return program
}
