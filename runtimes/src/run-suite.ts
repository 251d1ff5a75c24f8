import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { environmentOf, type Runtime } from './install.ts'
import { cache, root, vitest } from './paths.ts'
import type { Verdict } from './verdict.ts'

/** What is read of the report that vitest's reporter "json" writes. */
interface Report {
  readonly numPassedTests: number
  readonly numFailedTests: number
  readonly numPendingTests: number
  readonly numTodoTests: number
}

/** Runs every test of the repository with a Node, which its child processes get too. */
export async function runSuite(runtime: Runtime): Promise<Verdict> {
  const file = join(cache, `${runtime.release.name}.json`)
  await rm(file, { force: true })
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${file}`]
  const child = spawn(runtime.binary, [vitest, 'run', ...reporters], {
    cwd: root,
    env: environmentOf(runtime, root),
    stdio: 'inherit',
  })
  const end = (): void => void child.kill()
  process.once('exit', end)
  const [code] = (await once(child, 'exit')) as [number | null]
  process.off('exit', end)
  const report = JSON.parse(await readFile(file, 'utf8')) as Report
  return {
    passed: report.numPassedTests,
    skipped: report.numPendingTests + report.numTodoTests,
    failed: report.numFailedTests,
    faults: code === 0 ? [] : [`vitest ended with ${code === null ? 'a signal' : `code ${code}`}: see above`],
  }
}
