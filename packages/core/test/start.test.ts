import { getEventListeners } from 'node:events'
import { describe, expect, test, vi } from 'vitest'
import { Lifecycle, StartError } from '../src/index.ts'
import { Recorder } from './recorder.ts'
import { fakeTime, outcomes, stopped } from './stopped.ts'

fakeTime()

describe('start', () => {
  test('moves from idle over starting to running, and is the same for every caller', async () => {
    const lifecycle = new Lifecycle()
    const states: string[] = []
    lifecycle.on('state', ({ state, previous }) => states.push(`${previous} → ${state}`))
    expect(lifecycle.state).toBe('idle')
    const started = lifecycle.start()
    expect(lifecycle.start()).toBe(started)
    await started
    await stopped(lifecycle)
    expect(states).toEqual(['idle → starting', 'starting → running', 'running → stopping', 'stopping → stopped'])
  })

  test('stops what had started when a hook fails, and rejects with the cause and the report', async () => {
    const recorder = new Recorder()
    const lifecycle = new Lifecycle()
    const cause = new Error('address in use')
    lifecycle.register(recorder.hook('database'))
    lifecycle.register({
      name: 'http',
      start: () => {
        throw cause
      },
      stop: () => recorder.calls.push('stop http'),
    })
    lifecycle.register(recorder.hook('never'))
    const error = await lifecycle.start().catch((reason: unknown) => reason)
    expect(error).toBeInstanceOf(StartError)
    expect(error).toMatchObject({ code: 'ERR_START_FAILED', hook: 'http', cause })
    expect((error as Error).message).toBe('Hook "http" failed to start: address in use')
    expect(recorder.calls).toEqual(['start database', 'stop database'])
    expect(outcomes((error as StartError).report!)).toEqual({
      never: 'not-started',
      http: 'not-started',
      database: 'stopped',
    })
    expect(lifecycle.state).toBe('stopped')
  })

  test('aborts the other members of a group when one fails, and stops those that started all the same', async () => {
    const recorder = new Recorder()
    const lifecycle = new Lifecycle()
    let signal: AbortSignal | undefined
    lifecycle.register([
      { name: 'bad', start: () => Promise.reject(new Error('no')) },
      {
        name: 'slow',
        start: (context) => {
          signal = context.signal
          return new Promise((resolve) => {
            setTimeout(resolve, 100)
          })
        },
        stop: () => recorder.calls.push('stop slow'),
      },
    ])
    const started = lifecycle.start().catch((reason: unknown) => reason)
    await vi.advanceTimersByTimeAsync(0)
    expect(signal?.aborted).toBe(true)
    await vi.runAllTimersAsync()
    expect(await started).toMatchObject({ hook: 'bad' })
    expect(recorder.calls).toEqual(['stop slow'])
  })

  test('ends at its timeout; the rollback has a fresh budget', async () => {
    const recorder = new Recorder()
    const lifecycle = new Lifecycle({ startTimeout: 1_000, timeout: 500 })
    lifecycle.register(recorder.hook('database', { stop: 400 }))
    lifecycle.register({
      name: 'hang',
      start: () => new Promise(() => {}),
      stop: () => recorder.calls.push('stop hang'),
    })
    await vi.advanceTimersByTimeAsync(300)
    const begin = performance.now()
    const started = lifecycle.start().catch((reason: unknown) => reason)
    await vi.runAllTimersAsync()
    const error = (await started) as StartError
    const message = 'Expected `start` of hook "hang" to end within 1 s, and it did not'
    const cause = { code: 'ERR_HOOK_TIMEOUT', hook: 'hang', limit: 1_000, message }
    expect(error).toMatchObject({ hook: 'hang', cause, report: { reason: 'failed start of hang' } })
    expect(outcomes(error.report!)).toEqual({ hang: 'stopped', database: 'stopped' })
    expect(recorder.calls).toEqual(['start database', 'stop hang', 'stop database', 'stop database done'])
    expect(performance.now() - begin).toBe(1_000 + 50 + 400)
  })

  test('is cut short by stop(), which stops what had started', async () => {
    const recorder = new Recorder()
    const lifecycle = new Lifecycle({ timeout: 1_000 })
    lifecycle.register(recorder.hook('database'))
    lifecycle.register({
      name: 'slow',
      start: ({ signal }) =>
        new Promise((_, reject) => {
          signal.addEventListener('abort', () => reject(signal.reason as Error))
        }),
    })
    lifecycle.register(recorder.hook('never'))
    const started = lifecycle.start().catch((reason: unknown) => reason)
    await vi.advanceTimersByTimeAsync(0)
    const report = await stopped(lifecycle, { reason: 'SIGTERM' })
    expect(outcomes(report)).toEqual({ never: 'not-started', slow: 'stopped', database: 'stopped' })
    expect(await started).toMatchObject({
      code: 'ERR_START_FAILED',
      hook: undefined,
      report,
      cause: { reason: 'SIGTERM' },
    })
    expect(recorder.calls).toEqual(['start database', 'stop database'])
  })

  test('that hangs is abandoned when its time in the stop is over', async () => {
    const lifecycle = new Lifecycle({ timeout: 1_000 })
    lifecycle.register({ name: 'hang', start: () => new Promise(() => {}) })
    const started = lifecycle.start().catch((reason: unknown) => reason)
    await vi.advanceTimersByTimeAsync(0)
    const report = await stopped(lifecycle)
    // Of 1 s, a quarter is reserved for the step of the hook, and the grace period is part of the rest.
    expect(report.duration).toBe(750)
    expect(report).toMatchObject({
      ok: false,
      hooks: [{ outcome: 'abandoned', start: { outcome: 'abandoned', duration: 750 } }],
    })
    expect(await started).toBeInstanceOf(StartError)
  })

  test('that hangs and is forced leaves one grace period', async () => {
    const recorder = new Recorder()
    const lifecycle = new Lifecycle({ timeout: 9_000 })
    lifecycle.register(recorder.hanging('behind'))
    lifecycle.register({ name: 'hang', start: () => new Promise(() => {}), stop: () => new Promise(() => {}) })
    void lifecycle.start().catch(() => {})
    await vi.advanceTimersByTimeAsync(0)
    const report = lifecycle.stop()
    await vi.advanceTimersByTimeAsync(100)
    void lifecycle.stop({ force: true })
    await vi.runAllTimersAsync()
    expect((await report).duration).toBeLessThanOrEqual(100 + 250)
    expect(recorder.calls).toEqual(['stop behind'])
  })

  test('that has failed does not make a stop wait for the start of others', async () => {
    const lifecycle = new Lifecycle({ timeout: 100 })
    lifecycle.register([
      { name: 'bad', start: () => Promise.reject(new Error('no')) },
      { name: 'hang', start: () => new Promise(() => {}) },
    ])
    void lifecycle.start().catch(() => {})
    await vi.advanceTimersByTimeAsync(1)
    expect((await stopped(lifecycle)).duration).toBeLessThanOrEqual(105)
  })

  test('may be stopped by the first hook that starts', async () => {
    const lifecycle = new Lifecycle()
    const http = vi.fn<() => void>()
    let signal: AbortSignal | undefined
    lifecycle.register({
      name: 'config',
      start: (context) => {
        signal = context.signal
        void lifecycle.stop()
      },
    })
    lifecycle.register({ name: 'http', start: http })
    await expect(lifecycle.start()).rejects.toBeInstanceOf(StartError)
    expect(signal?.aborted).toBe(true)
    expect(http).not.toHaveBeenCalled()
  })

  test('may be called by a listener and by a hook', async () => {
    const lifecycle = new Lifecycle()
    const seen = new Set<unknown>()
    lifecycle.on('state', () => seen.add(lifecycle.start()))
    lifecycle.register({ name: 'a', start: () => void seen.add(lifecycle.start()) })
    const started = lifecycle.start()
    await started
    expect([...seen]).toEqual([started])
  })

  test.each([
    [undefined, 'Hook "a" failed to start: undefined'],
    [Object.create(null), 'Hook "a" failed to start: object'],
    ['text', 'Hook "a" failed to start: string: text'],
  ])('that rejects with %o still is a StartError', async (cause: unknown, message) => {
    const lifecycle = new Lifecycle()
    // oxlint-disable-next-line prefer-promise-reject-errors -- a rejection with something that is no error is the case
    lifecycle.register({ name: 'a', start: () => Promise.reject(cause) })
    await expect(lifecycle.start()).rejects.toMatchObject({ code: 'ERR_START_FAILED', message, cause })
  })

  test('never accepts a hook that it would not start any more', async () => {
    const fates = new Set<string>()
    for (let turns = 0; turns < 20; turns += 1) {
      const lifecycle = new Lifecycle()
      const start = vi.fn<() => void>()
      lifecycle.register({ name: 'a', start: () => {} })
      const started = lifecycle.start()
      for (let turn = 0; turn < turns; turn += 1) await Promise.resolve()
      let fate = 'started'
      try {
        lifecycle.register({ name: 'late', start })
      } catch {
        fate = 'refused'
      }
      await started
      expect(start).toHaveBeenCalledTimes(fate === 'started' ? 1 : 0)
      fates.add(fate)
    }
    expect([...fates]).toEqual(['started', 'refused'])
  })

  test('refuses a signal that is none', () => {
    expect(() => new Lifecycle().start({ signal: {} } as never)).toThrow('Expected `signal` to be an AbortSignal')
  })

  test('is cancelled by the signal it was given', async () => {
    const controller = new AbortController()
    const lifecycle = new Lifecycle()
    lifecycle.register(new Recorder().hook('slow', { start: 50 }))
    const started = lifecycle.start(controller).catch((reason: unknown) => reason)
    const reason = new Error('enough')
    controller.abort(reason)
    await vi.runAllTimersAsync()
    expect(await started).toMatchObject({ cause: reason })
  })

  test('is cancelled by a signal that aborts meanwhile, and leaves nothing on it', async () => {
    const lifecycle = new Lifecycle({ name: 'service' })
    lifecycle.register({ name: 'hang', start: () => new Promise(() => {}) })
    const controller = new AbortController()
    const started = lifecycle.start(controller).catch((reason: unknown) => reason)
    await vi.advanceTimersByTimeAsync(100)
    const cause = new Error('enough')
    controller.abort(cause)
    await vi.runAllTimersAsync()
    expect(await started).toMatchObject({ hook: undefined, cause, report: { reason: 'failed start of service' } })
    expect(getEventListeners(controller.signal, 'abort')).toEqual([])
  })

  test('cut short by stop() ends when its time in the stop is over', async () => {
    const lifecycle = new Lifecycle({ timeout: 1_000 })
    lifecycle.register({ name: 'hang', start: () => new Promise(() => {}) })
    const started = lifecycle.start().catch(() => performance.now())
    await vi.advanceTimersByTimeAsync(100)
    const begin = performance.now()
    void lifecycle.stop()
    await vi.runAllTimersAsync()
    expect(await started).toBe(begin + 750)
  })

  test('after the stop rejects', async () => {
    const lifecycle = new Lifecycle()
    const start = vi.fn<() => void>()
    lifecycle.register({ name: 'a', start })
    expect(outcomes(await stopped(lifecycle))).toEqual({ a: 'not-started' })
    await expect(lifecycle.start()).rejects.toMatchObject({ code: 'ERR_START_FAILED', cause: { code: 'ERR_STOPPING' } })
    expect(start).not.toHaveBeenCalled()
  })
})
