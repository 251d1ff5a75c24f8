import { describe, test } from 'vitest'
import type { Case, Verdict } from './case.ts'
import { launch } from './service.ts'

declare module 'vitest' {
  interface TaskMeta {
    verdict?: Verdict
  }
}

/** How long one case may take, in ms. */
const timeout = 60_000

/** Declares cases as tests of a recipe: each fails where it does not hold, and says what happened. */
export function declareCases(recipe: string, cases: readonly Case[]): void {
  for (const group of new Set(cases.map((each) => each.group))) {
    describe(group, () => {
      for (const { name, run } of cases.filter((each) => each.group === group)) {
        test(name, { timeout }, async ({ task }) => {
          const verdict = await run((options) => launch(recipe, options))
          task.meta.verdict = verdict
          if (!verdict.holds) throw new Error(verdict.happened)
        })
      }
    })
  }
}
