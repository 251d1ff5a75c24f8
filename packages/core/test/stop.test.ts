import { describe, expect, test, vi } from 'vitest'
import { Lifecycle, StopError, StoppingError } from '../src/index.ts'
import { Recorder } from './recorder.ts'
import { after, fakeTime, outcomes, stopped } from './stopped.ts'

fakeTime()

describe('stop', () => {
  test('resolves to the same report for every caller, whenever it is called', async () => {
    const lifecycle = new Lifecycle()
    const stop = vi.fn<() => void>()
    lifecycle.register('a', stop)
    const first = lifecycle.stop({ reason: 'first' })
    expect(lifecycle.stop({ reason: 'second' })).toBe(first)
    const report = await first
    expect(await lifecycle.stop()).toBe(report)
    expect(report).toMatchObject({ ok: true, reason: 'first', errors: [] })
    expect(stop).toHaveBeenCalledOnce()
  })

  test('keeps the reason of a later call in the errors of the report, where it is an error', async () => {
    const lifecycle = new Lifecycle()
    lifecycle.register({ name: 'a', stop: () => after(10) })
    const [first, second] = [new Error('first'), new Error('second')]
    const report = lifecycle.stop({ reason: first })
    void lifecycle.stop({ reason: second })
    void lifecycle.stop({ reason: first })
    void lifecycle.stop({ reason: 'SIGTERM' })
    await vi.advanceTimersByTimeAsync(5)
    const third = new Error('third')
    void lifecycle.stop({ reason: third })
    await vi.runAllTimersAsync()
    expect(await report).toMatchObject({ ok: true, reason: first })
    expect((await report).errors).toEqual([second, third])
    void lifecycle.stop({ reason: new Error('too late') })
    expect((await report).errors).toHaveLength(2)
  })

  test('may be called by a hook and by a listener', async () => {
    const lifecycle = new Lifecycle()
    const seen = new Set<unknown>()
    lifecycle.on('stopping', () => seen.add(lifecycle.stop()))
    lifecycle.stopping.addEventListener('abort', () => seen.add(lifecycle.stop()))
    lifecycle.register({ name: 'a', beforeStop: () => void seen.add(lifecycle.stop()) })
    const report = lifecycle.stop()
    await report
    expect([...seen]).toEqual([report])
  })

  test('aborts `stopping` at once, with the reason', async () => {
    const lifecycle = new Lifecycle()
    expect(lifecycle.stopping.aborted).toBe(false)
    const report = lifecycle.stop({ reason: 'SIGTERM' })
    expect(lifecycle.stopping.reason).toBeInstanceOf(StoppingError)
    expect(lifecycle.stopping.reason).toMatchObject({
      reason: 'SIGTERM',
      message: 'The lifecycle is stopping: SIGTERM',
    })
    await report
  })

  test('tells each hook its deadline, the reason, and gives it a signal of its own', async () => {
    const recorder = new Recorder()
    const lifecycle = new Lifecycle({ timeout: 1_000 })
    lifecycle.register(recorder.open('a', 1))
    lifecycle.register(recorder.open('b', 1))
    const begin = Date.now()
    await stopped(lifecycle, { reason: 'SIGINT' })
    const [a, b] = [recorder.contexts.get('a'), recorder.contexts.get('b')]
    expect(b).toMatchObject({ reason: 'SIGINT', deadline: begin + 1_000 - 250 - 50 })
    expect(a).toMatchObject({ reason: 'SIGINT', deadline: begin + 1_000 })
    expect(a?.signal).not.toBe(b?.signal)
    expect(a?.signal.aborted).toBe(false)
  })

  test('announces nothing to a hook that has not started', async () => {
    const lifecycle = new Lifecycle()
    const beforeStop = vi.fn<() => void>()
    lifecycle.register({ name: 'a', start: () => {}, beforeStop })
    await stopped(lifecycle)
    expect(beforeStop).not.toHaveBeenCalled()
  })

  test('reports of a clean stop nothing but when it was', async () => {
    const lifecycle = new Lifecycle()
    lifecycle.register('a', () => {})
    const { hooks, startedAt } = await stopped(lifecycle)
    expect(hooks).toStrictEqual([{ name: 'a', outcome: 'stopped', startedAt, duration: 0 }])
  })

  test('stops the rest of a group of which one is unregistered', async () => {
    const recorder = new Recorder()
    const lifecycle = new Lifecycle()
    const [, second] = lifecycle.register([recorder.open('a'), recorder.open('b'), recorder.open('c')])
    expect(lifecycle.unregister(second)).toBe(true)
    expect(lifecycle.unregister(second)).toBe(false)
    await stopped(lifecycle)
    expect(recorder.calls).toEqual(['stop a', 'stop c'])
  })

  test.each<[object, string]>([
    [{ deadline: Number.NaN }, 'Expected `deadline` to be an instant in ms since the epoch, got `NaN`'],
    [{ deadline: '5s' }, 'got the string `"5s"`'],
    [{ signal: {} }, 'Expected `signal` to be an AbortSignal, got an object of `Object`'],
  ])('refuses %o at the call, and does not stop', (options, message) => {
    const lifecycle = new Lifecycle()
    expect(() => lifecycle.stop(options)).toThrow(message)
    expect(lifecycle.state).toBe('idle')
  })

  test('keeps to the deadline it is given', async () => {
    const recorder = new Recorder()
    const lifecycle = new Lifecycle()
    lifecycle.register(recorder.hanging('hang'))
    const report = await stopped(lifecycle, { deadline: Date.now() + 1_000 })
    expect(report).toMatchObject({ timeout: 1_000, duration: 1_050 })
  })

  test('in the past still lets each hook end that can at once', async () => {
    const lifecycle = new Lifecycle()
    lifecycle.register('sync', () => 'done')
    lifecycle.register('async', async () => {
      for (let turns = 0; turns < 5; turns += 1) await Promise.resolve()
    })
    const report = await stopped(lifecycle, { deadline: Date.now() - 1_000 })
    expect(outcomes(report)).toEqual({ async: 'stopped', sync: 'stopped' })
    expect(report.hooks[1]).toMatchObject({ detail: 'done' })
  })

  test('in the past still calls every hook', async () => {
    const recorder = new Recorder()
    const lifecycle = new Lifecycle()
    for (const name of ['a', 'b']) lifecycle.register(recorder.hanging(name))
    const report = await stopped(lifecycle, { deadline: Date.now() - 1_000 })
    expect(recorder.calls).toEqual(['stop b', 'stop a'])
    expect(report.duration).toBeLessThan(3)
  })
})

describe('[Symbol.asyncDispose]', () => {
  test('stops', async () => {
    const recorder = new Recorder()
    const lifecycle = new Lifecycle()
    lifecycle.register(recorder.open('a'))
    await lifecycle[Symbol.asyncDispose]()
    expect(recorder.calls).toEqual(['stop a'])
    expect((await lifecycle.stop()).reason).toBe('dispose')
  })

  test('throws when the report is not clean', async () => {
    const lifecycle = new Lifecycle()
    const cause = new Error('no')
    lifecycle.register('a', () => Promise.reject(cause))
    const error = await lifecycle[Symbol.asyncDispose]().catch((reason: unknown) => reason)
    expect(error).toBeInstanceOf(StopError)
    expect(error).toBeInstanceOf(AggregateError)
    expect(error).toMatchObject({
      code: 'ERR_STOP_NOT_CLEAN',
      errors: [cause],
      message: 'The stop was not clean: a failed',
    })
    expect((error as StopError).report).toBe(await lifecycle.stop())
  })
})

test.each([
  [{ ok: false }, 'AggregateError: it returned an object with `ok: false`', []],
  [
    { ok: false, errors: [new Error('a')], toString: (): string => '1 of 2 flushed' },
    'AggregateError: 1 of 2 flushed',
    ['Error: a'],
  ],
])('a hook that returns `ok: false` has failed: %#', async (value, text, errors) => {
  const lifecycle = new Lifecycle()
  lifecycle.register('telemetry', () => value)
  const report = await stopped(lifecycle)
  expect(report).toMatchObject({ ok: false, hooks: [{ outcome: 'failed', detail: value }] })
  const error = report.hooks[0]?.error as AggregateError
  expect([String(error), error.errors.map(String)]).toEqual([text, errors])
})

describe('a hook that has nothing to do', () => {
  const unused = { name: 'http', stop: () => {}, unused: () => 'The server does not listen.' }

  test('has failed after a second, also where nothing was started', async () => {
    const lifecycle = new Lifecycle()
    lifecycle.register(unused)
    await vi.advanceTimersByTimeAsync(1_000)
    const report = await stopped(lifecycle)
    expect(report).toMatchObject({
      ok: false,
      hooks: [{ outcome: 'failed', error: { code: 'ERR_HOOK_UNUSED', hook: 'http' } }],
    })
    expect(report.errors).toEqual([report.hooks[0]?.error])
  })

  test('has not failed before, nor where the stop interrupts the start', async () => {
    const early = new Lifecycle()
    early.register(unused)
    expect(await stopped(early)).toMatchObject({ ok: true })
    const starting = new Lifecycle()
    starting.register(unused)
    starting.register({ name: 'slow', start: () => after(2_000) })
    starting.start().catch(() => {})
    await vi.advanceTimersByTimeAsync(1_500)
    expect(await stopped(starting)).toMatchObject({ ok: true })
  })
})
