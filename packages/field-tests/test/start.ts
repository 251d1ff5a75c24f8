import { spawnSync } from 'node:child_process'
import { delimiter } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Program } from '@lastcall/testkit'
import { launch } from '@lastcall/testkit/launch'

/** A part of the context of a test. A concurrent test must use it in place of the global function. */
export interface Cleanup {
  onTestFinished(cleanup: () => void | Promise<void>): void
}

export interface StartOptions {
  readonly env?: Readonly<Record<string, string>>
  /** Options of Node.js itself. */
  readonly flags?: readonly string[]
}

/** The path of a fixture. */
export function fixturePath(name: string): string {
  return fileURLToPath(new URL(`fixtures/${name}.js`, import.meta.url))
}

/** Runs a fixture in a process of its own, which is killed when the test ends. */
export function start(fixture: string, test: Cleanup, { env = {}, flags = [] }: StartOptions = {}): Program {
  // One pipe for both outputs keeps the lines in their order.
  return startCommand(['sh', '-c', 'exec "$0" "$@" 2>&1', process.execPath, ...flags, fixturePath(fixture)], test, env)
}

/** Runs a command in a process of its own, which is killed when the test ends. */
export function startCommand(
  [command = '', ...words]: readonly string[],
  test: Cleanup,
  env: Readonly<Record<string, string>> = {},
): Program {
  const program = launch(command, words, { ...env, PATH: searchPath })
  test.onTestFinished(() => void program.kill('SIGKILL'))
  return program
}

/** The PATH of the programs, with the folder in which Debian puts servers. */
export const searchPath: string = [process.env['PATH'], '/usr/sbin'].join(delimiter)

/** Why a program cannot be used on this machine; `undefined` where it can. */
export function programMissing(name: string): string | undefined {
  const { status } = spawnSync('sh', ['-c', `command -v ${name}`], { env: { ...process.env, PATH: searchPath } })
  return status === 0 ? undefined : `needs ${name}, see .ci/with-field-programs`
}

/** The name of a test, with the reason why it is skipped. */
export function named(name: string, missing: string | undefined): string {
  return missing === undefined ? name : `${name} (skipped: ${missing})`
}

/** How often a text or pattern occurs. */
export function count(output: string, pattern: string | RegExp): number {
  return typeof pattern === 'string' ? output.split(pattern).length - 1 : [...output.matchAll(pattern)].length
}
