import { inspect } from 'node:util'
import { runInNewContext } from 'node:vm'
import { describe, expect, test } from 'vitest'
import { type HookReport, StopReport, type StopReportJson } from '../src/report.ts'

const startedAt = 1_700_000_000_000

function reportOf(
  hooks: readonly (Partial<HookReport> & { name: string })[],
  facts: Partial<StopReport> = {},
): StopReport {
  return new StopReport({
    reason: 'SIGTERM',
    timeout: 9_000,
    scale: 1,
    startedAt,
    duration: 1_840,
    errors: [],
    ...facts,
    hooks: hooks.map((hook) => ({
      outcome: 'stopped',
      duration: 0,
      ...hook,
      startedAt: startedAt + (hook.startedAt ?? 0),
    })),
  })
}

const secret = 'tr0ub4dor'

/** What the picture shows of what a hook returned. */
function printed(detail: unknown): string {
  return String(reportOf([{ name: 'a', detail }])).split(' ms  ')[1] ?? ''
}

describe('the picture', () => {
  test('has a bar for each hook on one time axis, with its time and what it returned', () => {
    const report = reportOf([
      { name: 'http', duration: 1_520, detail: '312 requests finished, 0 cut' },
      { name: 'worker', startedAt: 1_520, duration: 210 },
      { name: 'postgres', startedAt: 1_730, duration: 110, detail: { connections: 10 } },
    ])
    expect(String(report)).toBe(
      [
        'stopped by SIGTERM in 1.84 s of 9 s',
        '  http      █████████████████████████         1.52 s  312 requests finished, 0 cut',
        '  worker                            ████      0.21 s',
        '  postgres                              ██    0.11 s',
      ].join('\n'),
    )
  })

  test('marks every outcome but stopped in words and by its bar', () => {
    const report = reportOf(
      [
        { name: 'a', outcome: 'aborted', duration: 600 },
        { name: 'b', outcome: 'abandoned', startedAt: 600, duration: 600, waitingFor: '2 jobs\nmore', settledLate: 12 },
        { name: 'c', outcome: 'failed', startedAt: 1_200, duration: 600, error: new Error('no\nmore') },
        { name: 'd', outcome: 'not-started' },
      ],
      { duration: 1_800, timeout: 1_500, scale: 0.666 },
    )
    expect(String(report)).toBe(
      [
        'stopped by SIGTERM in 1.80 s of 1.5 s, not clean, declared timeouts scaled to 66 % to fit',
        '  a  ▓▓▓▓▓▓▓▓▓▓                        0.60 s  aborted',
        '  b            ▒▒▒▒▒▒▒▒▒▒              0.60 s  abandoned: waiting for 2 jobs: settled 12 ms late',
        '  c                      ░░░░░░░░░░    0.60 s  failed: no',
        '  d  ·                                         not started',
      ].join('\n'),
    )
  })

  test('shows the members of a group side by side in time', () => {
    const report = reportOf([
      { name: 'redis', duration: 920 },
      { name: 'postgres', duration: 1_840 },
    ])
    expect(String(report).split('\n').slice(1)).toEqual([
      '  redis     ███████████████                   0.92 s',
      '  postgres  ██████████████████████████████    1.84 s',
    ])
  })

  test('gives a detail of several lines a line each', () => {
    const report = reportOf([
      { name: 'http', duration: 1_840, detail: '1 request finished, 1 cut\ncut after 2 s: GET /slow' },
    ])
    expect(String(report).split('\n')).toEqual([
      'stopped by SIGTERM in 1.84 s of 9 s',
      '  http  ██████████████████████████████    1.84 s  1 request finished, 1 cut',
      '                                                  cut after 2 s: GET /slow',
    ])
  })

  test('of nothing, and of something that took no time', () => {
    expect(String(reportOf([], { duration: 0 }))).toBe('stopped by SIGTERM in 0 ms of 9 s')
    expect(String(reportOf([{ name: 'a' }], { duration: 0, timeout: 1 }))).toBe(
      'stopped by SIGTERM in 0 ms of 1 ms\n  a  █                                   0 ms',
    )
  })

  test('names the error that brought the process down', () => {
    expect(String(reportOf([], { reason: new TypeError('x is not a function\nat line 2') }))).toBe(
      'stopped by "TypeError: x is not a function" in 1.84 s of 9 s',
    )
  })

  test('says that a hook failed where it threw an empty text', () => {
    const [, line] = String(reportOf([{ name: 'a', outcome: 'failed', error: '' }])).split('\n')
    expect(line).toMatch(/ ms  failed: string$/)
  })

  test('shows beside the stop of a hook its announcement, and when that is what went wrong', () => {
    const beforeStop = { outcome: 'abandoned', startedAt, duration: 920 } as const
    const report = reportOf([
      { name: 'http', outcome: 'abandoned', startedAt: 920, duration: 460, beforeStop },
      {
        name: 'worker',
        startedAt: 1_380,
        duration: 460,
        beforeStop: { ...beforeStop, outcome: 'stopped', duration: 1 },
      },
    ])
    expect(String(report).split('\n').slice(1)).toEqual([
      '  http    ───────────────▒▒▒▒▒▒▒▒           0.46 s  abandoned: beforeStop abandoned',
      '  worker                        ████████    0.46 s',
    ])
  })

  test('does not cut a character in two', () => {
    for (let before = 48; before < 54; before += 1) {
      const line = String(reportOf([{ name: 'a', detail: `${'x'.repeat(before)}😀${'y'.repeat(20)}` }])).split('\n')[1]
      expect(line).toMatch(before < 51 ? /x😀y*…$/ : /x…$/)
      expect(line).not.toMatch(/[\uD800-\uDBFF]…/)
    }
  })

  test('stays within 100 columns, whatever the names, details and errors', () => {
    const long = 'x'.repeat(300)
    const hooks = Array.from({ length: 60 }, (_, index) => ({
      name: `${String(index)}${long}`.slice(0, 80),
      startedAt: index * 30,
      duration: 30,
      detail: `${long}\n${long}`,
      ...(index % 2 === 1 && { outcome: 'failed' as const, error: new Error(long) }),
    }))
    const lines = String(reportOf(hooks, { reason: long })).split('\n')
    expect(lines).toHaveLength(121)
    expect(Math.max(...lines.map((line) => line.length))).toBe(100)
  })

  test('lets nothing through that moves the cursor or colours the terminal', () => {
    const text = String(reportOf([{ name: 'a\u001B[31m', detail: 'b\rc\u0007\u202Ed\u2028' }]))
    expect(text.replaceAll('\n', '')).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}]/u)
  })

  test('shows a string, and what the `toString` of a class of its own returns', () => {
    expect(printed('2 jobs done')).toBe('2 jobs done')
    expect(printed({ toString: () => 'two jobs' })).toBe('two jobs')
    expect(
      printed(
        new (class extends Map {
          override toString = (): string => 'a map'
        })(),
      ),
    ).toBe('a map')
  })

  test.each([
    { password: secret },
    [secret],
    new Map([['password', secret]]),
    new Set([secret]),
    Buffer.from(secret),
    new TextEncoder().encode(secret),
    () => secret,
    Symbol(secret),
    new Error(secret),
    new (class Pool {
      readonly password = secret
    })(),
    runInNewContext(`({ password: '${secret}' })`),
    runInNewContext(`['${secret}']`),
    runInNewContext(`new Error('${secret}')`),
    4_711,
    null,
  ])('shows nothing of any other value: %#', (value: unknown) => {
    expect(printed(value)).toBe('')
  })

  test('masks the credentials of a URL', () => {
    expect(printed(new URL(`postgres://app:${secret}@db/orders`))).toBe('postgres://***@db/orders')
    expect(printed(`open at redis://:${secret}@cache:6379/0 and http://a.b/@c`)).toBe(
      'open at redis://***@cache:6379/0 and http://a.b/@c',
    )
  })

  test('survives what cannot be printed', () => {
    const throwing = {
      toString: () => {
        throw new Error('no')
      },
    }
    const { proxy, revoke } = Proxy.revocable({}, {})
    revoke()
    for (const value of [throwing, proxy, Object.create(null), { toString: 1 }]) expect(printed(value)).toBe('')
  })
})

test('the console prints a report as its picture, and nothing else of what a hook returned or threw', () => {
  const error = Object.assign(new Error('no'), { config: { password: secret } })
  const report = reportOf([{ name: 'a', outcome: 'failed', error, detail: { password: secret } }], { errors: [error] })
  expect(inspect(report)).toBe(String(report))
  expect(inspect({ report }, { depth: 9 })).not.toContain(secret)
})

test('a report as plain data is complete, and has nothing else of what a hook returned or threw', () => {
  const error = Object.assign(new Error('no', { cause: 'why' }), { code: 'ENO', config: { password: secret } })
  const cut = { outcome: 'aborted' as const, startedAt: 5, duration: 6, error }
  const inner = reportOf([{ name: 'job', detail: new URL(`redis://:${secret}@cache/`) }])
  const report = reportOf(
    [
      { name: 'a', outcome: 'failed', error, detail: { password: secret }, start: cut, beforeStop: cut },
      { name: 'b', detail: '2 jobs', waitingFor: '1 job', settledLate: 7 },
      { name: 'c', detail: inner },
    ],
    { reason: error, errors: [error, { password: secret }] },
  )
  const plain = {
    name: 'Error',
    code: 'ENO',
    message: 'no',
    stack: error.stack,
    cause: { name: 'string', message: 'string: why' },
  }
  const json = JSON.parse(JSON.stringify(report)) as StopReportJson
  expect(json).toEqual({
    ok: false,
    reason: plain,
    timeout: report.timeout,
    scale: 1,
    startedAt: report.startedAt,
    duration: report.duration,
    hooks: [
      { ...factsOf(report, 0), error: plain, start: { ...cut, error: plain }, beforeStop: { ...cut, error: plain } },
      { ...factsOf(report, 1), detail: '2 jobs', waitingFor: '1 job', settledLate: 7 },
      {
        ...factsOf(report, 2),
        detail: { ...inner.toJSON(), hooks: [{ ...factsOf(inner, 0), detail: 'redis://***@cache/' }] },
      },
    ],
    errors: [plain, { name: 'object', message: 'Object' }],
  })
  expect(JSON.stringify(json)).not.toContain(secret)
  expect(reportOf([]).toJSON()).toMatchObject({ ok: true, reason: 'SIGTERM', hooks: [], errors: [] })
})

/** What is the same in the plain data of a hook. */
function factsOf({ hooks }: StopReport, index: number): Partial<HookReport> {
  const { name, outcome, startedAt: at, duration } = hooks[index]!
  return { name, outcome, startedAt: at, duration }
}

test('a report is ok when every hook has stopped or never started', () => {
  expect(reportOf([{ name: 'a' }, { name: 'b', outcome: 'not-started' }]).ok).toBe(true)
  for (const outcome of ['aborted', 'abandoned', 'failed'] as const) {
    expect(reportOf([{ name: 'a' }, { name: 'b', outcome }]).ok).toBe(false)
  }
})
