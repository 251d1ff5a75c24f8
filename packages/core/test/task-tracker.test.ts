import { describe, expect, test, vi } from 'vitest'
import { Lifecycle, type TaskReport, TaskTracker } from '../src/index.ts'
import { after, fakeTime, stopped } from './stopped.ts'

fakeTime()

/** What a lifecycle has logged of failures, a line each. */
function failures(lifecycle: Lifecycle): string[] {
  const lines: string[] = []
  lifecycle.on('hookFailed', ({ name, what, error }) => lines.push(`${name}: ${what}: ${String(error)}`))
  return lines
}

function tracked(options?: { timeout: number }): { tracker: TaskTracker; lifecycle: Lifecycle } {
  const lifecycle = new Lifecycle({ timeout: 1_000 })
  return { lifecycle, tracker: lifecycle.register(new TaskTracker('jobs', options)) }
}

describe('a task tracker', () => {
  test('returns the promise it was given, and what a task returns', async () => {
    const { tracker } = tracked()
    const promise = after(10)
    expect(tracker.track(promise)).toBe(promise)
    const results = Promise.all([tracker.run(() => 'now'), tracker.run(() => after(20))])
    expect(tracker.size).toBe(3)
    await vi.runAllTimersAsync()
    expect(await results).toEqual(['now', 20])
    expect(tracker.size).toBe(0)
  })

  test('leaves rejections to the caller, and survives them', async () => {
    const { tracker, lifecycle } = tracked()
    const cause = new Error('no')
    await expect(tracker.run(() => Promise.reject(cause))).rejects.toBe(cause)
    await expect(
      tracker.run(() => {
        throw cause
      }),
    ).rejects.toBe(cause)
    expect((await stopped(lifecycle)).ok).toBe(true)
  })

  test('waits at its stop for what it tracks, and says how many ended', async () => {
    const { tracker, lifecycle } = tracked()
    void tracker.track(after(100))
    void tracker.run(() => after(300))
    const report = await stopped(lifecycle)
    expect(report).toMatchObject({ ok: true, duration: 300 })
    expect(String(report.hooks[0]?.detail)).toBe('2 tasks finished, 0 left')
  })

  test('with nothing to do stops at once', async () => {
    const { lifecycle } = tracked()
    expect(await stopped(lifecycle)).toMatchObject({
      ok: true,
      duration: 0,
      hooks: [{ detail: { finished: 0, left: 0 } }],
    })
    expect(await stopped(tracked().lifecycle, { force: true })).toMatchObject({ duration: 0 })
  })

  test('refuses new work with a clear error from the stop on, and does not begin it', async () => {
    const { tracker, lifecycle } = tracked()
    const task = vi.fn<() => void>()
    void tracker.track(after(100))
    const report = lifecycle.stop({ reason: 'SIGTERM' })
    await vi.advanceTimersByTimeAsync(50)
    await expect(tracker.run(task)).rejects.toMatchObject({
      code: 'ERR_STOPPING',
      message: 'The task tracker "jobs" is stopping: SIGTERM',
    })
    await expect(tracker.track(Promise.resolve())).rejects.toMatchObject({ code: 'ERR_STOPPING' })
    expect(task).not.toHaveBeenCalled()
    await vi.runAllTimersAsync()
    expect((await report).hooks[0]?.detail).toMatchObject({ finished: 1, left: 0 })
  })

  test('aborts the signal of its tasks at its limit, and waits for those that give up', async () => {
    const { tracker, lifecycle } = tracked({ timeout: 500 })
    const givingUp = tracker.run(
      (signal) =>
        new Promise((resolve) => {
          signal.addEventListener('abort', () => setTimeout(resolve, 30, 'gave up'))
        }),
    )
    const report = await stopped(lifecycle)
    expect(await givingUp).toBe('gave up')
    expect(report.hooks).toMatchObject([{ outcome: 'aborted', duration: 530, detail: { finished: 1, left: 0 } }])
  })

  test('says how many were left, before it is abandoned', async () => {
    const { tracker, lifecycle } = tracked()
    for (let index = 0; index < 3; index += 1) void tracker.track(new Promise(() => {}))
    void tracker.track(after(10))
    const report = await stopped(lifecycle)
    expect(report.hooks).toMatchObject([{ outcome: 'aborted', duration: 1_040 }])
    expect(String(report.hooks[0]?.detail as TaskReport)).toBe('1 task finished, 3 left')
    expect(tracker.size).toBe(3)
  })

  test('leaves its tasks to a signal that does not say how long they have', async () => {
    const tracker = new TaskTracker('jobs')
    void tracker.track(new Promise(() => {}))
    const report = tracker.stop({ signal: AbortSignal.abort(), reason: 'test' })
    await vi.advanceTimersByTimeAsync(1)
    expect(await report).toMatchObject({ finished: 0, left: 1 })
  })

  test('refuses what is no promise', () => {
    const { tracker } = tracked()
    expect(() => tracker.track(undefined as never)).toThrow(
      new TypeError('Expected `promise` to be a promise, got `undefined`'),
    )
    expect(() => tracker.track({} as never)).toThrow('got an object of `Object`')
  })

  test('with a bad name or timeout is refused by the lifecycle', () => {
    expect(() => new Lifecycle().register(new TaskTracker(''))).toThrow('to be a string that is not empty')
    expect(() => new Lifecycle().register(new TaskTracker('jobs', { timeout: 0 }))).toThrow(RangeError)
  })
})

describe('a task that fails', () => {
  test('is reported once, counted, and makes the stop unclean, which then says so', async () => {
    const { tracker, lifecycle } = tracked()
    const lines = failures(lifecycle)
    const failing = tracker.run(async () => {
      await after(300)
      throw new Error('no')
    })
    failing.catch(() => {})
    void tracker.run(() => after(100))
    const report = await stopped(lifecycle)
    expect(report).toMatchObject({
      ok: false,
      hooks: [{ outcome: 'failed', detail: { finished: 1, failed: 1, left: 0 } }],
    })
    expect(String(report).split('\n')[1]).toMatch(/0\.30 s {2}failed: 1 task finished, 1 failed, 0 left$/)
    expect(report.hooks[0]?.error).toMatchObject({ errors: [new Error('no')] })
    expect(lines).toEqual([
      'jobs: a task failed: Error: no',
      'jobs: stop failed: AggregateError: 1 task finished, 1 failed, 0 left',
    ])
  })

  test('counts also where other hooks are stopping, before the turn of the tracker', async () => {
    const { tracker, lifecycle } = tracked()
    lifecycle.register('http', () => after(100))
    tracker.run(() => after(50).then(() => Promise.reject(new Error('no')))).catch(() => {})
    void tracker.run(() => after(60))
    expect(String((await stopped(lifecycle)).hooks[1]?.detail)).toBe('1 task finished, 1 failed, 0 left')
  })

  test('before the stop is reported, and no matter of the stop', async () => {
    const { tracker, lifecycle } = tracked()
    const lines = failures(lifecycle)
    await expect(tracker.run(() => Promise.reject(new Error('no')))).rejects.toThrow('no')
    await expect(tracker.track(Promise.reject(new Error('neither')))).rejects.toThrow('neither')
    expect(lines).toEqual(['jobs: a task failed: Error: no', 'jobs: a task failed: Error: neither'])
    expect(await stopped(lifecycle)).toMatchObject({ ok: true, hooks: [{ detail: { finished: 0, failed: 0 } }] })
  })

  test('fails also by what is no error', async () => {
    const { tracker, lifecycle } = tracked()
    const lines = failures(lifecycle)
    // oxlint-disable-next-line typescript/prefer-promise-reject-errors -- applications do
    await expect(tracker.run(() => Promise.reject(undefined))).rejects.toBeUndefined()
    expect(lines).toEqual(['jobs: a task failed: undefined'])
    await stopped(lifecycle)
  })

  test('leaves the first 10 errors in the report', async () => {
    const { tracker, lifecycle } = tracked()
    for (let index = 0; index < 12; index += 1) {
      void tracker.track(after(10).then(() => Promise.reject(new Error(String(index)))))
    }
    const [hook] = (await stopped(lifecycle)).hooks
    const detail = hook?.detail as TaskReport
    expect([detail.failed, detail.errors.length]).toEqual([12, 10])
  })

  test('is reported to the outer lifecycle, with the name of its own', async () => {
    const outer = new Lifecycle()
    const lines = failures(outer)
    const { tracker, lifecycle } = tracked()
    outer.register(lifecycle)
    tracker.run(() => Promise.reject(new Error('no'))).catch(() => {})
    await vi.advanceTimersByTimeAsync(0)
    expect(lines).toEqual(['lifecycle: jobs: a task failed: Error: no'])
    await stopped(outer)
  })
})

/** Rejects when a signal aborts, with what a function makes of its reason. */
function until(signal: AbortSignal, error: (reason: unknown) => unknown): Promise<never> {
  return new Promise((_, reject) => {
    signal.addEventListener('abort', () => reject(error(signal.reason)))
  })
}

describe('a task that was told to stop', () => {
  const abortError = Object.assign(new Error('The operation was aborted'), { name: 'AbortError' })

  test.each<[string, (reason: unknown) => unknown]>([
    ['the reason of the signal', (reason) => reason],
    [
      'an AbortError that the reason caused',
      (cause) => Object.assign(new Error('aborted', { cause }), { name: 'AbortError' }),
    ],
    ['an AbortError without a cause', () => abortError],
    ['the ABORT_ERR of Node.js', () => Object.assign(new Error('aborted'), { code: 'ABORT_ERR' })],
    ['the ERR_CANCELED of axios', () => Object.assign(new Error('canceled'), { code: 'ERR_CANCELED' })],
    ['an error that a refused task caused', (reason) => new Error('cannot deliver', { cause: reason })],
  ])('by `lifecycle.stopping` has ended, and not failed, by %s', async (_, error) => {
    const { tracker, lifecycle } = tracked()
    const lines = failures(lifecycle)
    const task = tracker.run(() => until(lifecycle.stopping, error))
    const report = await stopped(lifecycle)
    expect(report).toMatchObject({ ok: true, hooks: [{ detail: { finished: 1, failed: 0, left: 0 } }] })
    expect(lines).toEqual([])
    await expect(task).rejects.toBeInstanceOf(Error)
  })

  test('by its own signal has ended', async () => {
    const { tracker, lifecycle } = tracked({ timeout: 500 })
    const lines = failures(lifecycle)
    void tracker.run((signal) => until(signal, (reason) => reason))
    expect(await stopped(lifecycle)).toMatchObject({
      hooks: [{ outcome: 'aborted', detail: { finished: 1, failed: 0, left: 0 } }],
    })
    expect(lines).toEqual([])
  })

  test('by a signal of a tracker that is not in a lifecycle has ended', async () => {
    const tracker = new TaskTracker('jobs')
    void tracker.run((signal) => until(signal, (reason) => reason))
    const report = tracker.stop({ signal: AbortSignal.abort('enough'), reason: 'test' })
    await vi.advanceTimersByTimeAsync(1)
    expect(await report).toMatchObject({ finished: 1, failed: 0 })
  })

  test('fails by an AbortError while nothing stops', async () => {
    const { tracker, lifecycle } = tracked()
    const lines = failures(lifecycle)
    const task = tracker.run(() => Promise.reject(abortError))
    task.catch(() => {})
    await vi.advanceTimersByTimeAsync(0)
    await expect(task).rejects.toBe(abortError)
    expect(lines).toEqual(['jobs: a task failed: AbortError: The operation was aborted'])
    await stopped(lifecycle)
  })

  test('crashes nothing: refused work, and a task that nothing awaits', async () => {
    const rejections: unknown[] = []
    const onRejection = (reason: unknown): void => void rejections.push(reason)
    process.on('unhandledRejection', onRejection)
    const { tracker, lifecycle } = tracked()
    void tracker.run(() => until(lifecycle.stopping, (reason) => reason))
    void tracker.run(() => until(lifecycle.stopping, () => abortError))
    await stopped(lifecycle)
    void tracker.run(() => {})
    void tracker.track(Promise.resolve())
    vi.useRealTimers()
    await new Promise((resolve) => setTimeout(resolve, 5))
    process.off('unhandledRejection', onRejection)
    vi.useFakeTimers()
    expect(rejections).toEqual([])
  })
})

describe('every', () => {
  test('runs a task at its interval, one run at a time, until the stop begins', async () => {
    const { tracker, lifecycle } = tracked()
    const begun: number[] = []
    const origin = performance.now()
    tracker.every(100, async () => {
      begun.push(performance.now() - origin)
      await after(begun.length === 2 ? 250 : 10)
    })
    await vi.advanceTimersByTimeAsync(605)
    // The second run delays the third, which follows it at once.
    expect(begun).toEqual([100, 200, 451, 551])
    const report = await stopped(lifecycle)
    expect(report).toMatchObject({ ok: true, hooks: [{ detail: { finished: 0 } }] })
    expect(begun).toHaveLength(4)
  })

  test('waits at the stop for a run in flight, and gives it the signal of the tracker', async () => {
    const { tracker, lifecycle } = tracked({ timeout: 500 })
    tracker.every(100, (signal) => new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve())))
    await vi.advanceTimersByTimeAsync(100)
    expect(await stopped(lifecycle)).toMatchObject({
      hooks: [{ outcome: 'aborted', duration: 500, detail: { finished: 1 } }],
    })
  })

  test('goes on when a run fails, which is reported', async () => {
    const { tracker, lifecycle } = tracked()
    const lines = failures(lifecycle)
    tracker.every(100, () => {
      throw new Error(`no ${lines.length}`)
    })
    await vi.advanceTimersByTimeAsync(250)
    expect(lines).toEqual(['jobs: a task failed: Error: no 0', 'jobs: a task failed: Error: no 1'])
    expect((await stopped(lifecycle)).ok).toBe(true)
  })

  test('ends when its end is called, also in the midst of a run', async () => {
    const { tracker, lifecycle } = tracked()
    const task = vi.fn<() => Promise<unknown>>(() => after(50))
    const end = tracker.every(100, task)
    await vi.advanceTimersByTimeAsync(120)
    end()
    await vi.advanceTimersByTimeAsync(1_000)
    expect(task).toHaveBeenCalledTimes(1)
    await stopped(lifecycle)
  })

  test('does nothing once the stop has begun', async () => {
    const { tracker, lifecycle } = tracked()
    const task = vi.fn<() => void>()
    await stopped(lifecycle)
    tracker.every(1, task)()
    await vi.runAllTimersAsync()
    expect(task).not.toHaveBeenCalled()
  })

  test('refuses bad arguments', () => {
    const { tracker } = tracked()
    expect(() => tracker.every(0, () => {})).toThrow(RangeError)
    expect(() => tracker.every(1, undefined as never)).toThrow('Expected `task` to be a function, got `undefined`')
  })
})

test('a tracker refuses unknown options, and a task that is no function', async () => {
  expect(() => new TaskTracker('jobs', { timout: 1 } as never)).toThrow(
    new TypeError('Expected `options` to have only `timeout`, got `timout`'),
  )
  await expect(new TaskTracker('jobs').run(7 as never)).rejects.toThrow('Expected `task` to be a function, got `7`')
})
