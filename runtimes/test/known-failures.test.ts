import { describe, expect, test } from 'vitest'
import type { CaseEntry } from '../src/case-log.ts'
import { KnownFailures } from '../src/known-failures.ts'

const list = `# What is known to fail.

# Fails: the runtime has no such event
http > is told
http > is told twice

# Sometimes fails: the runtime is late now and then
http > is in time
`

/** What came of a run: `fine` is the case that is on no list. */
function results(states: Readonly<Record<string, CaseEntry['state'] | undefined>>): Map<string, CaseEntry> {
  const all = {
    fine: 'passed',
    'http > is told': 'failed',
    'http > is told twice': 'failed',
    'http > is in time': 'passed',
    ...states,
  }
  return new Map(
    Object.entries(all).flatMap(([name, state]) =>
      state === undefined ? [] : [[name, { name, state, error: 'oh' } as CaseEntry] as const],
    ),
  )
}

const known = KnownFailures.parse(list)

describe('a list of known failures', () => {
  test('finds no fault with a run that went as it says', () => {
    expect(known.faults(results({}))).toEqual([])
    expect(known.faults(results({ fine: 'skipped' }))).toEqual([])
  })

  test('takes either end of a case that sometimes fails', () => {
    expect(known.faults(results({ 'http > is in time': 'failed' }))).toEqual([])
  })

  test('names a case that fails without being known to, with its error', () => {
    expect(known.faults(results({ fine: 'failed' }))).toEqual(['fails, and is not known to: fine: oh'])
  })

  test('names a case that starts to pass', () => {
    expect(known.faults(results({ 'http > is told': 'passed' }))).toEqual([
      'passes, take it off the list: http > is told',
    ])
  })

  test.each(['http > is told', 'http > is in time'])('names a case that is skipped: %s', (name) => {
    expect(known.faults(results({ [name]: 'skipped' }))).toEqual([`is skipped, take it off the list: ${name}`])
  })

  test.each(['http > is told', 'http > is in time'])('names a case that is no more: %s', (name) => {
    expect(known.faults(results({ [name]: undefined }))).toEqual([`is no case any more, take it off the list: ${name}`])
  })

  test('tells which cases came out otherwise than it says, to run them again', () => {
    expect(known.surprising(results({}))).toEqual([])
    const states = { fine: 'failed', 'http > is told': 'passed', 'http > is in time': undefined } as const
    expect(known.surprising(results(states))).toEqual(['fine', 'http > is told'])
  })

  test('is the same text again when nothing has changed', () => {
    expect(String(known)).toBe(list)
    expect(String(known.renewed(results({ 'http > is in time': 'failed' })))).toBe(list)
  })

  test('is renewed: without what passes or is no more, and with what is new under a heading of its own', () => {
    const states = { 'http > is told': 'passed', 'http > is in time': undefined, fine: 'failed' } as const
    const renewed = known.renewed(results(states))
    expect(String(renewed)).toBe(
      '# What is known to fail.\n\n# Fails: the runtime has no such event\nhttp > is told twice\n\n' +
        '# Fails: nobody has looked why yet\nfine\n',
    )
    expect(renewed.faults(results(states))).toEqual([])
    expect(String(renewed.renewed(results(states)))).toBe(String(renewed))
  })

  test.each([
    ['a case above the first heading', 'http > is told\n', /heading .* got "http > is told"/],
    ['a heading without a reason', `${list}\n# Fails:\nhttp > more\n`, /got "# Fails:"/],
    ['a case that is listed twice', `${list}http > is told\n`, /twice: http > is told$/],
  ])('says what is wrong with %s', (_name, text, message) => {
    expect(() => KnownFailures.parse(text)).toThrow(message)
  })
})
