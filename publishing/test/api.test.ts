import { expect, test } from 'vitest'
import { compareApi } from '../src/api-report.ts'
import { publishedPackages } from '../src/published-packages.ts'

test.each(await publishedPackages())('the API of $id is what its report says: if not, run `pnpm api`', (each) => {
  expect(compareApi(each, false)).toEqual({ changed: false, faults: [] })
})
