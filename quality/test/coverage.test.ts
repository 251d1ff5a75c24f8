import { execFileSync } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { describe, expect, onTestFinished, test } from 'vitest'
import { CoverageReport } from '../src/coverage-report.ts'
import { exceptionsIn } from '../src/coverage-exceptions.ts'
import { measure, type SourceCoverage } from '../src/file-coverage.ts'
import { readScriptCoverage } from '../src/script-coverage.ts'

/** What several processes reach of one program, each run with one argument. */
async function reach(code: string, args: readonly string[]): Promise<SourceCoverage> {
  const folder = await mkdtemp(join(tmpdir(), 'lastcall-coverage-test-'))
  onTestFinished(() => rm(folder, { recursive: true }))
  const file = join(folder, 'program.mjs')
  await writeFile(file, code)
  const { href: url } = pathToFileURL(file)
  const counted = join(folder, 'counted')
  for (const arg of ['nothing', ...args]) {
    const program = arg === 'nothing' ? ['--eval', ''] : [file, arg]
    execFileSync(process.execPath, program, { env: { ...process.env, NODE_V8_COVERAGE: counted } })
  }
  // One that was killed while it wrote.
  await writeFile(join(counted, 'coverage-part.json'), '{"result":[{"scriptId":')
  const scripts = await readScriptCoverage(counted, new Set([url]))
  return measure({ url, source: code, code }, scripts.get(url))
}

const program = `
const [,, arg] = process.argv
if (arg === 'exit') process.exit()
const text = arg === 'a' ? 'first' : 'second'
function unused() { return text }
if (arg === 'a') console.log(text)
`

describe('the coverage', () => {
  test('is that of all processes together, one that exits by itself too', async () => {
    expect((await reach(program, ['a'])).gaps).toEqual([
      { line: 3, kind: 'statement' },
      { line: 3, kind: 'branch' },
      { line: 4, kind: 'branch' },
      { line: 5, kind: 'statement' },
      { line: 5, kind: 'function' },
      { line: 6, kind: 'branch' },
    ])
    expect((await reach(program, ['a', 'b', 'exit'])).gaps).toEqual([
      { line: 5, kind: 'statement' },
      { line: 5, kind: 'function' },
    ])
  })

  test('of a file that is never loaded is nothing', async () => {
    const { gaps, summary } = await reach(program, [])
    expect(gaps.length).toBeGreaterThan(5)
    expect(summary.statements.covered).toBe(0)
  })

  test('leaves out what is excepted, and says whether that is needed', async () => {
    const excepted = program
      .replace('function', '/* v8 ignore next -- nobody calls it */ function')
      .replace("? 'first'", "? /* v8 ignore next -- somebody may */ 'first'")
    const { gaps, exceptions } = await reach(excepted, ['a', 'b', 'exit'])
    expect(gaps).toEqual([])
    expect(exceptions).toEqual([
      { line: 4, reason: 'somebody may', isNeeded: false },
      { line: 5, reason: 'nobody calls it', isNeeded: true },
    ])
  })
})

describe('an exception', () => {
  test.each([
    ['/* v8 ignore next -- Windows alone */', 'Windows alone'],
    ['/* v8 ignore if -- it closes once */', 'it closes once'],
    ['  x() /* v8 ignore else -- a - b */', 'a - b'],
    ['/* v8 ignore next */', undefined],
    ['/* v8 ignore next -- */', undefined],
    ['// v8 ignore next -- not in this form', undefined],
    ['/* v8 ignore file -- far too much */', undefined],
    ['/* v8 ignore start -- as much as one likes */', undefined],
    ['/* c8 ignore next -- of another tool */', undefined],
    ['/* istanbul ignore next -- of another tool */', undefined],
  ])('as %s has the reason %s', (comment, reason) => {
    expect(exceptionsIn(`first()\n${comment}\nlast()`)).toEqual([{ line: 2, reason }])
  })
})

describe('the report', () => {
  test('is not ok with a gap, an exception without a reason, or one that is not needed', async () => {
    const whole = await reach('export const one = 1', ['a'])
    const exception = { line: 1, reason: 'a reason', isNeeded: true }
    const reportOf = (changes: Partial<SourceCoverage>): CoverageReport =>
      new CoverageReport(new Map([['one.ts', { ...whole, ...changes }]]))
    expect(reportOf({}).ok).toBe(true)
    expect(String(reportOf({}))).toMatch(/^no exceptions\nin 1 file: 1 of 1 lines \(100 %\), .*\nEvery line/)
    expect(reportOf({ exceptions: [exception] }).ok).toBe(true)
    expect(String(reportOf({ exceptions: [exception] }))).toContain('1 exception:\n  one.ts:1  a reason\n')
    expect(reportOf({ gaps: [{ line: 3, kind: 'branch' }] }).ok).toBe(false)
    expect(String(reportOf({ gaps: [{ line: 3, kind: 'branch' }] }))).toContain('\n  one.ts:3  branch\n')
    expect(reportOf({ exceptions: [{ ...exception, reason: undefined }] }).ok).toBe(false)
    expect(reportOf({ exceptions: [{ ...exception, isNeeded: false }] }).ok).toBe(false)
  })
})
