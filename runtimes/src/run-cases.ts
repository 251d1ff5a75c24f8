import { type ChildProcess, spawn } from 'node:child_process'
import { openSync, closeSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { type CaseEntry, casesOf, caseLogVariable, logCase, type ProcessEntry, readCaseLog } from './case-log.ts'
import { environmentOf, type Runtime } from './install.ts'
import { cache, root, vitest } from './paths.ts'

/** How long nothing may be logged, in ms: then the case that has begun has stopped the runtime itself, and its clock. */
const silenceTimeout = 15_000
/** How long the start may take until the first case begins, in ms. */
const startTimeout = 30_000
/** How long all of it may take, in ms. */
const runTimeout = 900_000
const lookEvery = 100

const config = fileURLToPath(new URL('vitest-config.js', import.meta.url))

/**
 * Runs the cases of the testkit with a runtime that may hang or crash in any of them: a case that does has failed, and the
 * others are run by a new process.
 *
 * @param runtime - What vitest prints on it goes to a file in the cache.
 * @param done - Cases that are not to be run again.
 * @throws Error when it is another runtime that has run them, or when they are not done in time.
 */
export async function runCases(runtime: Runtime, done: readonly CaseEntry[] = []): Promise<Map<string, CaseEntry>> {
  const { name } = runtime.release
  const log = join(cache, `${name}-cases.jsonl`)
  writeFileSync(log, '')
  for (const entry of done) logCase(log, entry)
  const output = openSync(join(cache, `${name}.log`), 'w')
  const deadline = performance.now() + runTimeout
  try {
    while (!(await runRest(runtime, { log, output, deadline })));
  } finally {
    closeSync(output)
  }
  const entries = readCaseLog(log)
  const stranger = entries.find((entry) => 'runtime' in entry && entry.runtime !== name) as ProcessEntry | undefined
  if (stranger) throw new Error(`Expected the cases to be run by ${name}, got ${stranger.runtime}`)
  return casesOf(entries)
}

interface Run {
  /** Where the cases are logged. */
  readonly log: string
  /** Where what vitest prints goes: a file descriptor. */
  readonly output: number
  readonly deadline: number
}

/** Runs the cases that are not logged yet. Says whether all of them have been run: not so when one took the process down. */
async function runRest(runtime: Runtime, { log, output, deadline }: Run): Promise<boolean> {
  const before = casesOf(readCaseLog(log)).size
  const child = spawn(runtime.binary, [...runtime.release.prefix, vitest, 'run', `--config=${config}`], {
    cwd: root,
    env: { ...environmentOf(runtime, root), [caseLogVariable]: log, NO_COLOR: '1' },
    stdio: ['ignore', output, output],
    // A group of its own, so that the processes that it starts end with it.
    detached: true,
  })
  const kill = (): void => killGroup(child)
  process.on('exit', kill)
  try {
    await ended(child, log, deadline)
  } finally {
    kill()
    process.off('exit', kill)
  }
  const entries = readCaseLog(log)
  const cases = casesOf(entries)
  for (const { name, state } of cases.values()) {
    if (state === 'begun') logCase(log, { name, state: 'failed', error: 'the process ended or hung' })
  }
  if (entries.some((entry) => 'runtime' in entry && entry.state === 'ended')) return true
  if (performance.now() > deadline)
    throw new Error(`Expected the cases to end within ${runTimeout} ms, got ${cases.size}`)
  if (cases.size === before) throw new Error(`Expected ${runtime.release.name} to run the rest of the cases, got none`)
  return false
}

/** Resolves when a process has ended, or when it is to be: it has logged nothing for long. */
async function ended(child: ChildProcess, log: string, deadline: number): Promise<void> {
  const begin = readCaseLog(log).length
  let length = begin
  let since = performance.now()
  while (child.exitCode === null && child.signalCode === null && performance.now() < deadline) {
    await sleep(lookEvery)
    const now = readCaseLog(log).length
    if (now > length) [length, since] = [now, performance.now()]
    if (performance.now() - since > (length > begin + 1 ? silenceTimeout : startTimeout)) return
  }
}

function killGroup({ pid }: ChildProcess): void {
  if (pid === undefined) return
  try {
    process.kill(-pid, 'SIGKILL')
  } catch (error) {
    // All of the group are gone.
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
  }
}
