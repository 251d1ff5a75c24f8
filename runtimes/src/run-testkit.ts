import { readFile, writeFile } from 'node:fs/promises'
import type { CaseEntry, CaseState } from './case-log.ts'
import type { Runtime } from './install.ts'
import { KnownFailures } from './known-failures.ts'
import { runCases } from './run-cases.ts'
import type { Verdict } from './verdict.ts'

/** How many times more a case is run that came out otherwise than the list says: a busy machine makes some late. */
const moreRuns = 2
/** How many such cases there may be: with more of them it is not the machine. */
const mostSurprises = 50

/**
 * Runs the cases of the testkit, and compares what fails with what is known to: `known/bun.txt`.
 *
 * @param write - Whether to write the list anew instead of finding fault with it.
 */
export async function runTestkit(runtime: Runtime, write: boolean): Promise<Verdict> {
  const file = new URL(`../known/${runtime.release.name}.txt`, import.meta.url)
  const known = KnownFailures.parse(await readFile(file, 'utf8'))
  const first = await runCases(runtime)
  if (write) await writeFile(file, String(known.renewed(first)))
  const cases = write ? first : await runAgain(runtime, known, first)
  const count = (wanted: CaseState): number => [...cases.values()].filter(({ state }) => state === wanted).length
  return {
    passed: count('passed'),
    skipped: count('skipped'),
    failed: count('failed'),
    faults: write ? [] : known.faults(cases),
  }
}

/** Runs again what came out otherwise than the list says. */
async function runAgain(
  runtime: Runtime,
  known: KnownFailures,
  first: ReadonlyMap<string, CaseEntry>,
): Promise<ReadonlyMap<string, CaseEntry>> {
  let cases = first
  for (let runs = 0; runs < moreRuns; runs += 1) {
    const surprising = new Set(known.surprising(cases))
    if (surprising.size === 0 || surprising.size > mostSurprises) break
    for (const name of surprising) console.log(`${runtime.release.name}: is run again: ${name}`)
    cases = await runCases(
      runtime,
      [...cases.values()].filter(({ name }) => !surprising.has(name)),
    )
  }
  return cases
}
