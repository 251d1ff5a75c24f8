import { getEventListeners } from 'node:events'
import { describe, expect, test, vi } from 'vitest'
import { type Hook, Lifecycle, StartError, type StopReport } from '../src/index.ts'
import { Recorder } from './recorder.ts'
import { after, fakeTime, outcomes, stopped } from './stopped.ts'

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

/** A hook that takes steps of 100 ms to start, and looks at its signal between them. */
function stepwise(calls: string[], fail?: (reason: unknown) => unknown): Hook {
  return {
    name: 'database',
    start: async ({ signal }) => {
      for (const step of [1, 2, 3]) {
        if (signal.aborted) throw fail ? fail(signal.reason) : (signal.reason as Error)
        await after(100)
        calls.push(`step ${step}`)
      }
    },
    stop: () => void calls.push('stop'),
  }
}

async function interrupted(lifecycle: Lifecycle, at = 50): Promise<StopReport> {
  lifecycle.start().catch(() => {})
  await vi.advanceTimersByTimeAsync(at)
  return stopped(lifecycle)
}

describe('a start that a stop interrupts', () => {
  test('is waited for before its hook is stopped; where it gave up, the report is clean and has both', async () => {
    const lifecycle = new Lifecycle({ timeout: 1_000 })
    const calls: string[] = []
    lifecycle.register(stepwise(calls))
    const report = await interrupted(lifecycle)
    expect(calls).toEqual(['step 1', 'stop'])
    expect(report).toMatchObject({
      ok: true,
      duration: 50,
      errors: [],
      hooks: [{ outcome: 'stopped', startedAt: report.startedAt + 50, start: { outcome: 'aborted', duration: 100 } }],
    })
    expect(report.hooks[0]?.start).toMatchObject({
      startedAt: report.startedAt - 50,
      error: { code: 'ERR_STOPPING', reason: 'stop()' },
    })
    expect(String(report).split('\n')[1]).toBe(
      '  database  ╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌█      0 ms  start aborted after 0.10 s',
    )
  })

  test('makes the stop unclean where it fails by another error, which is logged as its own', async () => {
    const lifecycle = new Lifecycle({ timeout: 1_000 })
    const failures: string[] = []
    const error = new Error('the pool is closed')
    lifecycle.on('hookFailed', ({ name, what, error: thrown }) =>
      failures.push(`${name}: ${what}: ${(thrown as Error).message}`),
    )
    lifecycle.register(stepwise([], () => error))
    const report = await interrupted(lifecycle)
    expect(failures).toEqual(['database: start failed: the pool is closed'])
    expect(report).toMatchObject({
      ok: false,
      errors: [error],
      hooks: [{ outcome: 'failed', error, start: { outcome: 'failed' } }],
    })
  })

  test('has started where it gets to its end all the same, and announces then', async () => {
    const lifecycle = new Lifecycle({ timeout: 1_000 })
    const beforeStop = vi.fn<() => void>()
    lifecycle.register({ name: 'worker', start: () => after(100), beforeStop, stop: () => {} })
    const report = await interrupted(lifecycle)
    expect(report).toMatchObject({ ok: true, hooks: [{ outcome: 'stopped', start: { outcome: 'started' } }] })
    expect(String(report)).toContain('start ended after 0.10 s')
    expect(beforeStop).toHaveBeenCalledTimes(1)
  })

  test('announces nothing where it has not started', async () => {
    const lifecycle = new Lifecycle({ timeout: 1_000 })
    const beforeStop = vi.fn<() => void>()
    lifecycle.register([
      { ...stepwise([]), beforeStop },
      { name: 'open', stop: () => {}, beforeStop },
    ])
    await interrupted(lifecycle)
    expect(beforeStop).toHaveBeenCalledTimes(1)
  })

  test('may use the time of the stop, less the reserve of what has started; then it is abandoned', async () => {
    const lifecycle = new Lifecycle({ timeout: 1_000 })
    const recorder = new Recorder()
    lifecycle.register({ ...recorder.hook('database'), timeout: 300 })
    lifecycle.register({ name: 'hang', start: () => new Promise(() => {}), stop: () => 'stopped all the same' })
    lifecycle.register({ name: 'never', timeout: 5_000, start: () => {}, stop: () => {} })
    const report = await interrupted(lifecycle, 0)
    // 300 ms for the database, a floor of a sixth of the time for the stop of the hook; what never started has none.
    expect(report.hooks).toMatchObject([
      { name: 'never', outcome: 'not-started' },
      { name: 'hang', outcome: 'abandoned', detail: 'stopped all the same', start: { outcome: 'abandoned' } },
      { name: 'database', outcome: 'stopped' },
    ])
    expect(report.hooks[1]?.start?.duration).toBeCloseTo(1_000 - 300 - 1_000 / 6, -1)
    expect(report.errors).toHaveLength(1)
  })

  test('is cut by a force, also one that comes before the stop waits for it', async () => {
    for (const wait of [0, 100]) {
      const lifecycle = new Lifecycle({ timeout: 9_000 })
      lifecycle.register({ name: 'hang', start: () => new Promise(() => {}) })
      lifecycle.start().catch(() => {})
      await vi.advanceTimersByTimeAsync(10)
      const report = lifecycle.stop()
      if (wait > 0) await vi.advanceTimersByTimeAsync(wait)
      void lifecycle.stop({ force: true })
      await vi.runAllTimersAsync()
      expect((await report).duration).toBeLessThanOrEqual(wait + 250)
    }
  })

  test('is waited for in a group also where another hook of it fails', async () => {
    const lifecycle = new Lifecycle({ timeout: 1_000 })
    const calls: string[] = []
    const failing: Hook = { name: 'cache', start: () => after(50).then(() => Promise.reject(new Error('no route'))) }
    lifecycle.register([stepwise(calls), failing])
    const error = lifecycle.start().catch((reason: unknown) => reason)
    await vi.runAllTimersAsync()
    expect(calls).toEqual(['step 1', 'stop'])
    expect(await error).toMatchObject({
      hook: 'cache',
      report: {
        reason: 'failed start of cache',
        hooks: [{ outcome: 'not-started' }, { start: { outcome: 'aborted' } }],
      },
    })
  })

  test('is not waited for longer than its time in the stop, where another hook of its group fails', async () => {
    const lifecycle = new Lifecycle({ timeout: 1_000 })
    const failing: Hook = { name: 'cache', start: () => after(50).then(() => Promise.reject(new Error('no route'))) }
    lifecycle.register([{ name: 'hang', start: () => new Promise(() => {}) }, failing])
    const begin = performance.now()
    const ended = lifecycle.start().catch(() => performance.now() - begin)
    await vi.runAllTimersAsync()
    expect(await ended).toBe(50 + 750)
  })

  test('is waited for in a lifecycle within a lifecycle', async () => {
    const outer = new Lifecycle({ timeout: 1_000 })
    const calls: string[] = []
    const inner = outer.register(new Lifecycle({ name: 'inner' }))
    inner.register(stepwise(calls))
    const report = await interrupted(outer)
    expect(calls).toEqual(['step 1', 'stop'])
    expect(report).toMatchObject({ ok: true, duration: 50, hooks: [{ name: 'inner', outcome: 'stopped' }] })
    const detail = report.hooks[0]?.detail as StopReport
    expect(detail.hooks).toMatchObject([{ outcome: 'stopped', start: { outcome: 'aborted' } }])
  })
})

test('the hooks that remain are named in the order in which they stop', async () => {
  const lifecycle = new Lifecycle()
  const seen: (readonly string[])[] = []
  const look = (): void => void seen.push(lifecycle.remaining)
  lifecycle.register({ name: 'never yet', start: () => {}, stop: look })
  lifecycle.register({ name: 'database', stop: look })
  lifecycle.register([
    { name: 'a', stop: look },
    { name: 'b', stop: () => after(10) },
  ])
  lifecycle.register({ name: 'never', start: () => {}, stop: look })
  look()
  await stopped(lifecycle)
  look()
  expect(seen).toEqual([['never', 'b', 'a', 'database', 'never yet'], ['a', 'database'], ['database'], []])
})

describe('events of a start', () => {
  test('have the limit of each hook, and how it ended where it has not started', async () => {
    const lifecycle = new Lifecycle({ timeout: 1_000, startTimeout: 500 })
    const seen: unknown[] = []
    lifecycle.on('hookStarting', ({ name, deadline }) => seen.push([name, deadline - Date.now()]))
    lifecycle.on('hookNotStarted', ({ name, outcome, error }) => seen.push([name, outcome, String(error)]))
    lifecycle.register({ name: 'a', start: () => after(200) })
    lifecycle.register({ name: 'b', start: () => new Promise(() => {}) })
    const error = lifecycle.start().catch((reason: unknown) => reason)
    await vi.runAllTimersAsync()
    const message = 'HookTimeoutError: Expected `start` of hook "b" to end within 300 ms, and it did not'
    expect(seen).toEqual([
      ['a', 500],
      ['b', 300],
      ['b', 'abandoned', message],
    ])
    expect(String(((await error) as StartError).cause)).toBe(message)
  })

  test('name the hook that has started after its limit, and so was too late', async () => {
    const lifecycle = new Lifecycle({ startTimeout: 1_000 })
    const never = vi.fn<() => void>()
    lifecycle.register({ name: 'late', start: () => after(1_020) })
    lifecycle.register({ name: 'never', start: never })
    const error = lifecycle.start().catch((reason: unknown) => reason)
    await vi.runAllTimersAsync()
    expect(await error).toMatchObject({ hook: 'late', cause: { code: 'ERR_HOOK_TIMEOUT' }, report: { ok: true } })
    expect(never).not.toHaveBeenCalled()
  })

  test('of many hooks that start together warn of no leak', async () => {
    const warnings: string[] = []
    const onWarning = (warning: Error): void => void warnings.push(String(warning))
    process.on('warning', onWarning)
    const lifecycle = new Lifecycle()
    lifecycle.register(Array.from({ length: 20 }, (_, index) => ({ name: `hook ${index}`, start: () => after(10) })))
    const started = lifecycle.start()
    await vi.runAllTimersAsync()
    await started
    await stopped(lifecycle)
    vi.useRealTimers()
    await new Promise((resolve) => setTimeout(resolve, 5))
    vi.useFakeTimers()
    process.off('warning', onWarning)
    expect(warnings).toEqual([])
  })
})
