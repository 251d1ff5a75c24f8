import { fileURLToPath } from 'node:url'
import { type Reporter, startVitest, type TestCase } from 'vitest/node'
import type { Verdict } from './case.ts'
import { cases } from './cases.ts'

/** The verdicts on one recipe, by the name of the case. */
export type Verdicts = ReadonlyMap<string, Verdict>

/** Most of the time a case waits, so that more of them than there are cores do not disturb one another. */
const besideOneAnother = 3

/** Runs every case with the service of every recipe, and resolves to the verdicts by recipe. */
export async function runMatrix(recipes: readonly string[]): Promise<ReadonlyMap<string, Verdicts>> {
  const verdicts = new Map(recipes.map((recipe) => [recipe, new Map<string, Verdict>()]))
  await runSpec('single', recipes, besideOneAnother, verdicts)
  await runSpec('load', recipes, 1, verdicts)
  for (const [recipe, found] of verdicts) {
    const missing = cases.filter(({ name }) => !found.has(name))
    if (missing.length > 0)
      throw new Error(
        `Expected a verdict on ${recipe} in every case, got none in: ${missing.map(({ name }) => name).join('; ')}`,
      )
  }
  return verdicts
}

async function runSpec(
  spec: string,
  recipes: readonly string[],
  workers: number,
  verdicts: ReadonlyMap<string, Map<string, Verdict>>,
): Promise<void> {
  const file = fileURLToPath(new URL(`${spec}.spec.js`, import.meta.url))
  const reporter: Reporter = {
    onTestCaseResult: (test) => {
      verdicts.get(test.project.name)?.set(test.name, verdictOf(test))
    },
  }
  const vitest = await startVitest('test', [], {
    config: false,
    watch: false,
    reporters: [reporter],
    maxWorkers: workers,
    projects: recipes.map((recipe) => ({
      test: { name: recipe, include: [file], exclude: [], env: { RECIPE: recipe } },
    })),
  })
  await vitest.close()
  // That a case fails is what is to be found out.
  process.exitCode = 0
}

/** One that took too long, or met an error of its own, has no verdict: it does not hold either. */
function verdictOf(test: TestCase): Verdict {
  return test.meta().verdict ?? { holds: false, happened: test.result().errors?.[0]?.message ?? '' }
}
