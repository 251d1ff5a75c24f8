import { describe, expect, test, vi } from 'vitest'
import { Lifecycle, type TaskReport, TaskTracker } from '../src/index.ts'
import { after, fakeTime, stopped } from './stopped.ts'

fakeTime()

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
