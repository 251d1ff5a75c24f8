import { getEventListeners } from 'node:events'
import { describe, expect, test, vi } from 'vitest'
import { Lifecycle, StopError, StopReport } from '../src/index.ts'
import { Recorder } from './recorder.ts'
import { after, fakeTime, outcomes, stopped } from './stopped.ts'

fakeTime()

describe('a lifecycle in a lifecycle', () => {
  test('starts and stops in its place, its hooks in their order', async () => {
    const recorder = new Recorder()
    const outer = new Lifecycle()
    const inner = new Lifecycle({ name: 'storage' })
    outer.register(recorder.hook('telemetry'))
    inner.register(recorder.hook('disk'))
    inner.register(recorder.hook('database'))
    expect(outer.register(inner)).toBe(inner)
    outer.register(recorder.hook('http'))
    await outer.start()
    expect(inner.state).toBe('running')
    const report = await stopped(outer)
    const order = ['telemetry', 'disk', 'database', 'http']
    expect(recorder.calls).toEqual([
      ...order.map((name) => `start ${name}`),
      ...order.toReversed().map((name) => `stop ${name}`),
    ])
    expect(inner.state).toBe('stopped')
    expect(report.hooks[1]).toMatchObject({ name: 'storage', outcome: 'stopped' })
    const detail = report.hooks[1]?.detail
    expect(detail).toBeInstanceOf(StopReport)
    expect(outcomes(detail as StopReport)).toEqual({ database: 'stopped', disk: 'stopped' })
  })

  test('is told of the stop together with all others, before any of them stops', async () => {
    const calls: string[] = []
    const announcing = (name: string): { name: string; beforeStop(): void; stop(): void } => ({
      name,
      beforeStop: () => void calls.push(`announce ${name}`),
      stop: () => void calls.push(`stop ${name}`),
    })
    const outer = new Lifecycle()
    const inner = new Lifecycle({ name: 'inner' })
    const innermost = new Lifecycle({ name: 'innermost' })
    innermost.register(announcing('c'))
    inner.register([innermost, announcing('b')])
    outer.register(inner)
    outer.register(announcing('a'))
    const report = outer.stop()
    await vi.advanceTimersByTimeAsync(0)
    expect(innermost.stopping.aborted).toBe(true)
    await report
    expect(calls).toEqual(['announce c', 'announce b', 'announce a', 'stop a', 'stop b', 'stop c'].toSorted(byStage))
    expect(calls.filter((call) => call.startsWith('announce'))).toHaveLength(3)
  })

  test('inherits the deadline and the reason', async () => {
    const recorder = new Recorder()
    const outer = new Lifecycle({ timeout: 30_000 })
    const inner = new Lifecycle({ name: 'inner' })
    inner.register(recorder.open('database', 20_000))
    outer.register(inner)
    const report = await stopped(outer, { reason: 'SIGTERM' })
    expect(report).toMatchObject({ ok: true, duration: 20_000 })
    expect(recorder.contexts.get('database')).toMatchObject({ reason: 'SIGTERM', deadline: report.startedAt + 30_000 })
  })

  test('with a timeout of its own has no more than that, and has it set aside', async () => {
    const recorder = new Recorder()
    const outer = new Lifecycle({ timeout: 10_000 })
    const inner = new Lifecycle({ name: 'inner', timeout: 4_000 })
    inner.register(recorder.hanging('hang'))
    outer.register(inner)
    outer.register(recorder.hanging('hog'))
    const report = await stopped(outer)
    expect(report.hooks).toMatchObject([
      { name: 'hog', duration: 6_000 },
      { name: 'inner', duration: 4_200 },
    ])
  })

  test.each([
    [
      'aborted',
      ({ signal }: { signal: AbortSignal }) => new Promise((resolve) => signal.addEventListener('abort', resolve)),
    ],
    ['abandoned', () => new Promise(() => {})],
    ['failed', () => Promise.reject(new Error('no'))],
  ] as const)('that is not clean makes the outer hook %s, with its report as detail', async (outcome, stop) => {
    const outer = new Lifecycle({ timeout: 1_000 })
    const inner = new Lifecycle({ name: 'inner' })
    inner.register('fine', () => {})
    inner.register('bad', stop)
    outer.register(inner)
    const report = await stopped(outer)
    expect(outcomes(report)).toEqual({ inner: outcome })
    expect(report.hooks[0]?.error).toBeInstanceOf(StopError)
    expect(outcomes(report.hooks[0]?.detail as StopReport)).toEqual({ bad: outcome, fine: 'stopped' })
    expect(report.ok).toBe(false)
    expect(report.duration).toBeLessThanOrEqual(1_050)
  })

  test('whose time is over by the outer deadline says so, and not that it was forced', async () => {
    const recorder = new Recorder()
    const outer = new Lifecycle({ timeout: 1_000 })
    const inner = new Lifecycle({ name: 'inner' })
    inner.register({ ...recorder.hanging('a'), beforeStop: () => new Promise(() => {}) })
    outer.register(inner)
    const report = await stopped(outer)
    const detail = report.hooks[0]?.detail as StopReport
    const error = { code: 'ERR_HOOK_TIMEOUT', hook: 'a' }
    expect(detail.hooks).toMatchObject([{ name: 'a', beforeStop: { error }, error }])
  })

  test('four deep, with hooks that hang at every level, still ends in time and reports every hook', async () => {
    const recorder = new Recorder()
    const outermost = new Lifecycle({ timeout: 1_000, name: 'level 0' })
    let outer = outermost
    for (let level = 1; level <= 4; level += 1) {
      const inner = new Lifecycle({ name: `level ${level}` })
      outer.register(recorder.hanging(`behind ${level}`))
      outer.register(inner)
      outer.register(recorder.hanging(`before ${level}`))
      outer = inner
    }
    outer.register(recorder.hanging('innermost'))
    const report = await stopped(outermost)
    expect(report.duration).toBeLessThanOrEqual(1_050)
    expect(recorder.calls).toHaveLength(9)
    expect(String(report).split('\n')).toHaveLength(1 + 9 + 4)
  })

  test('is forced with the outer one, and shares its grace period', async () => {
    const recorder = new Recorder()
    const outer = new Lifecycle({ timeout: 10_000 })
    const inner = new Lifecycle({ name: 'inner' })
    for (const name of ['a', 'b']) inner.register(recorder.hanging(name))
    outer.register(recorder.hanging('c'))
    outer.register(inner)
    const report = outer.stop()
    await vi.advanceTimersByTimeAsync(1_000)
    void outer.stop({ force: true })
    expect(recorder.contexts.get('b')?.signal.aborted).toBe(true)
    await vi.runAllTimersAsync()
    expect((await report).duration).toBeLessThanOrEqual(1_250)
    expect(recorder.calls).toEqual(['stop b', 'stop a', 'stop c'])
    expect(outcomes((await report).hooks[0]?.detail as StopReport)).toEqual({ a: 'abandoned', b: 'abandoned' })
  })

  test('that was stopped before on its own keeps its report', async () => {
    const outer = new Lifecycle()
    const inner = new Lifecycle({ name: 'inner' })
    outer.register(inner)
    const report = await inner.stop()
    expect((await stopped(outer)).hooks[0]?.detail).toBe(report)
  })

  test('that fails to start fails the outer start; everything is stopped once', async () => {
    const recorder = new Recorder()
    const outer = new Lifecycle()
    const inner = new Lifecycle({ name: 'inner' })
    outer.register(recorder.hook('a'))
    inner.register(recorder.hook('b'))
    inner.register({ name: 'bad', start: () => Promise.reject(new Error('no')) })
    outer.register(inner)
    await expect(outer.start()).rejects.toThrow('Hook "inner" failed to start: Hook "bad" failed to start: no')
    expect(recorder.calls).toEqual(['start a', 'start b', 'stop b', 'stop a'])
  })

  test('whose start fails or is cut short is stopped in its turn, not before what is newer', async () => {
    for (const failing of [true, false]) {
      const recorder = new Recorder()
      const outer = new Lifecycle()
      const inner = new Lifecycle({ name: 'inner' })
      inner.register(recorder.hook('database'))
      inner.register({ name: 'slow', start: () => (failing ? Promise.reject(new Error('no')) : new Promise(() => {})) })
      outer.register(inner)
      outer.register(recorder.open('http', 10))
      const started = outer.start().catch((reason: unknown) => reason)
      await vi.advanceTimersByTimeAsync(1)
      await stopped(outer)
      expect(await started).toMatchObject({ code: 'ERR_START_FAILED', hook: failing ? 'inner' : undefined })
      expect(recorder.calls).toEqual(['start database', 'stop http', 'stop http done', 'stop database'])
    }
  })

  test('can be forced on its own while the outer one announces', async () => {
    const outer = new Lifecycle({ timeout: 4_000 })
    const inner = new Lifecycle({ name: 'inner' })
    inner.register({
      name: 'a',
      beforeStop: ({ signal }) => new Promise((resolve) => signal.addEventListener('abort', resolve)),
    })
    inner.register({ name: 'deaf', beforeStop: () => new Promise(() => {}) })
    outer.register(inner)
    void outer.stop()
    await vi.advanceTimersByTimeAsync(100)
    const report = inner.stop({ force: true })
    await vi.runAllTimersAsync()
    // 5 % of the 2,800 ms that the announcement has.
    const window = 140
    expect((await report).hooks).toMatchObject([
      { name: 'deaf', beforeStop: { outcome: 'abandoned', duration: 100 + window } },
      { name: 'a', beforeStop: { outcome: 'aborted', duration: 100 } },
    ])
    expect((await report).duration).toBe(window)
  })

  test('gives up its announcement within the grace period where the signal does not say how long that is', async () => {
    const inner = new Lifecycle({ name: 'inner' })
    inner.register({ name: 'a', beforeStop: () => new Promise(() => {}) })
    const outer = new AbortController()
    const announced = inner.beforeStop({ signal: outer.signal, deadline: Date.now() + 1_000, reason: 'test' })
    const begin = performance.now()
    setTimeout(() => outer.abort(), 100)
    await vi.runAllTimersAsync()
    await announced
    expect(performance.now() - begin).toBe(150)
    expect((await stopped(inner)).hooks).toMatchObject([{ outcome: 'abandoned', beforeStop: { duration: 150 } }])
  })

  test('gives up its announcement a grace period behind its deadline, and leaves nothing on the signal', async () => {
    const inner = new Lifecycle({ name: 'inner' })
    inner.register({ name: 'a', beforeStop: () => new Promise(() => {}) })
    const { signal } = new AbortController()
    const announced = inner.beforeStop({ signal, deadline: Date.now() + 1_000, reason: 'test' })
    expect(getEventListeners(signal, 'abort')).not.toEqual([])
    await vi.runAllTimersAsync()
    await announced
    expect(getEventListeners(signal, 'abort')).toEqual([])
    const report = await stopped(inner)
    expect(report.hooks).toMatchObject([{ beforeStop: { duration: 1_050, error: { limit: 1_000 } } }])
  })

  test('that announces on its own, for longer, does not keep the outer one from its end', async () => {
    const outer = new Lifecycle({ timeout: 1_000 })
    const inner = outer.register(new Lifecycle({ name: 'inner', timeout: 60_000 }))
    inner.register({ name: 'a', beforeStop: () => new Promise(() => {}) })
    void inner.stop()
    const report = await stopped(outer)
    expect(report.duration).toBeLessThanOrEqual(1_050)
  })

  test('gives up its announcement within the grace period of a signal that has aborted before', async () => {
    const inner = new Lifecycle({ name: 'inner' })
    inner.register({ name: 'a', beforeStop: () => new Promise(() => {}) })
    const begin = performance.now()
    const announced = inner.beforeStop({ signal: AbortSignal.abort(), deadline: Date.now() + 1_000, reason: 'test' })
    await vi.runAllTimersAsync()
    await announced
    expect(performance.now() - begin).toBe(50)
    await stopped(inner)
  })

  test('holds nothing while it announces', async () => {
    const inner = new Lifecycle({ name: 'inner' })
    inner.register({ name: 'a', beforeStop: () => after(100), stop: () => after(100) })
    expect(inner.waitingFor()).toBe(undefined)
    const report = inner.stop()
    await vi.advanceTimersByTimeAsync(50)
    expect(inner.waitingFor()).toBe(undefined)
    await vi.advanceTimersByTimeAsync(100)
    expect(inner.waitingFor()).toBe('a')
    await vi.runAllTimersAsync()
    await report
    expect(inner.waitingFor()).toBe(undefined)
  })

  test('behind a plain hook delivers its report before it is abandoned', async () => {
    const recorder = new Recorder()
    const outer = new Lifecycle({ timeout: 1_000 })
    const inner = new Lifecycle({ name: 'inner' })
    inner.register(recorder.hanging('hang'))
    outer.register({ name: 'wrapper', stop: (context) => inner.stop(context) })
    const report = await stopped(outer)
    expect(outcomes(report.hooks[0]?.detail as StopReport)).toEqual({ hang: 'abandoned' })
  })

  test('cannot hold itself', () => {
    const outer = new Lifecycle({ name: 'outer' })
    const inner = new Lifecycle({ name: 'inner' })
    const innermost = new Lifecycle({ name: 'innermost' })
    expect(() => outer.register(outer)).toThrow(
      'Expected lifecycle "outer" not to hold the one it is registered in, "outer"',
    )
    outer.register(inner)
    inner.register([innermost])
    expect(() => innermost.register(outer)).toThrow(
      'Expected lifecycle "outer" not to hold the one it is registered in, "innermost"',
    )
    const group = new Lifecycle({ name: 'group' })
    const held = new Lifecycle({ name: 'held' })
    held.register([{ name: 'a', stop: () => {} }, group])
    expect(() => group.register(held)).toThrow(
      'Expected lifecycle "held" not to hold the one it is registered in, "group"',
    )
  })

  test('is drawn with its hooks under its name, on the axis of the outer one', async () => {
    const recorder = new Recorder()
    const outer = new Lifecycle({ timeout: 10_000 })
    const inner = new Lifecycle({ name: 'storage' })
    inner.register(recorder.open('disk', 1_000))
    inner.register('database', () => Promise.reject(new Error('no')))
    outer.register(inner)
    outer.register(recorder.open('http', 1_000))
    expect(String(await stopped(outer))).toBe(
      [
        'stopped by stop() in 2.00 s of 10 s, not clean',
        '  http        ███████████████                   1.00 s',
        '  storage                    ░░░░░░░░░░░░░░░    1.00 s  failed',
        '    database                 ░                    0 ms  failed: no',
        '    disk                     ███████████████    1.00 s',
      ].join('\n'),
    )
  })
})

function byStage(one: string, other: string): number {
  return one.slice(0, 4).localeCompare(other.slice(0, 4))
}
