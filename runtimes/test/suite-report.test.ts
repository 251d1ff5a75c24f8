import { expect, test } from 'vitest'
import { SuiteReport } from '../src/suite-report.ts'

type States = Readonly<Record<string, readonly string[]>>

/** As vitest writes it: of each file, how its tests ended. */
function report(files: States): SuiteReport {
  const testResults = Object.entries(files).map(([file, states]) => ({
    name: `/repository/${file}`,
    status: states.length > 0 && !states.includes('failed') ? 'passed' : 'failed',
    assertionResults: states.map((status) => ({ status })),
  }))
  return SuiteReport.parse(JSON.stringify({ testResults }), '/repository/')
}

function failing(count: number): States {
  return Object.fromEntries(Array.from({ length: count }, (_, index) => [`${index}.test.ts`, ['failed']]))
}

test('counts the tests of all files by how they ended', () => {
  const suite = report({ 'a.test.ts': ['passed', 'pending'], 'b.test.ts': ['passed', 'failed', 'todo'] })
  expect([suite.total('passed'), suite.total('failed'), suite.total('skipped')]).toEqual([2, 1, 2])
})

test('a file is run again when a test of it failed, or when it could not be run at all', () => {
  const suite = report({ 'a.test.ts': ['passed'], 'core/b.test.ts': ['passed', 'failed'], 'c.test.ts': [] })
  expect(suite.again).toEqual(['core/b.test.ts', 'c.test.ts'])
})

test('none is run again when all pass, or when so many fail that it is not the machine', () => {
  expect(report({ 'a.test.ts': ['passed'] }).again).toEqual([])
  expect(report(failing(3)).again).toHaveLength(3)
  expect(report(failing(4)).again).toEqual([])
})

test('what was run again counts as it ended then, whether it passed or not', () => {
  const first = report({ 'a.test.ts': ['passed'], 'b.test.ts': ['failed', 'passed'], 'c.test.ts': ['failed'] })
  const suite = first.with(report({ 'b.test.ts': ['passed', 'passed'], 'c.test.ts': ['failed'] }))
  expect([suite.total('passed'), suite.total('failed')]).toEqual([3, 1])
})
