import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { environmentOf, type Runtime } from './install.ts'
import { cache, root, vitest } from './paths.ts'
import { SuiteReport } from './suite-report.ts'
import type { Verdict } from './verdict.ts'

interface SuiteRun {
  readonly report: SuiteReport
  /** What is wrong with it, if anything is. */
  readonly faults: readonly string[]
}

/**
 * Runs every test of the repository with a Node, which its child processes get too. A file that fails is run once more, and
 * that is said: some tests measure times, and a machine that others use makes some of them late.
 */
export async function runSuite(runtime: Runtime): Promise<Verdict> {
  const first = await runFiles(runtime, [])
  const { again } = first.report
  for (const file of again) console.log(`${runtime.release.name}: is run again: ${file}`)
  const second = again.length > 0 ? await runFiles(runtime, again) : undefined
  const report = second ? first.report.with(second.report) : first.report
  return {
    passed: report.total('passed'),
    skipped: report.total('skipped'),
    failed: report.total('failed'),
    faults: (second ?? first).faults,
  }
}

/** @param files - By their paths from the root; none for all. */
async function runFiles(runtime: Runtime, files: readonly string[]): Promise<SuiteRun> {
  const output = join(cache, `${runtime.release.name}.json`)
  await rm(output, { force: true })
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${output}`]
  const child = spawn(runtime.binary, [vitest, 'run', ...files, ...reporters], {
    cwd: root,
    env: environmentOf(runtime, root),
    stdio: 'inherit',
  })
  const end = (): void => void child.kill()
  process.once('exit', end)
  const [code] = (await once(child, 'exit')) as [number | null]
  process.off('exit', end)
  return {
    report: SuiteReport.parse(await readFile(output, 'utf8'), root),
    faults: code === 0 ? [] : [`vitest ended with ${code === null ? 'a signal' : `code ${code}`}: see above`],
  }
}
