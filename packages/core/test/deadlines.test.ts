import { describe, expect, test, vi } from 'vitest'
import { HookTimeoutError, Lifecycle, type StopContext, StopForcedError } from '../src/index.ts'
import { Budget } from '../src/budget.ts'
import { Recorder } from './recorder.ts'
import { after, fakeTime, outcomes, stopped } from './stopped.ts'

fakeTime()

/** A stop function that rejects when its signal aborts, with what `wrap` makes of the reason. */
function rejecting(wrap: (reason: unknown) => Error): (context: StopContext) => Promise<never> {
  return ({ signal }) =>
    new Promise((_, reject) => {
      signal.addEventListener('abort', () => reject(wrap(signal.reason)))
    })
}

describe('a hook at its limit', () => {
  test('sees its signal abort, may give up, and is reported as forced', async () => {
    const lifecycle = new Lifecycle({ timeout: 1_000 })
    lifecycle.register(
      'worker',
      ({ signal }) =>
        new Promise((resolve) => {
          signal.addEventListener('abort', () => resolve('released the lock'))
        }),
    )
    const report = await stopped(lifecycle)
    const [worker] = report.hooks
    expect(worker).toMatchObject({ outcome: 'aborted', duration: 1_000, detail: 'released the lock' })
    expect(worker?.error).toBeInstanceOf(HookTimeoutError)
    expect(worker?.error).toMatchObject({ code: 'ERR_HOOK_TIMEOUT', hook: 'worker', limit: 1_000 })
    expect(report).toMatchObject({ ok: false, errors: [worker?.error] })
  })

  test('is forced as well when it rejects with the reason of its signal, or an AbortError that it caused', async () => {
    const lifecycle = new Lifecycle({ timeout: 1_000 })
    lifecycle.register([
      { name: 'plain', stop: rejecting((reason) => reason as Error) },
      {
        name: 'wrapped',
        stop: rejecting((cause) => new DOMException('aborted', { name: 'AbortError', cause } as never)),
      },
      { name: 'foreign', stop: rejecting(() => new DOMException('aborted', 'AbortError')) },
    ])
    expect(outcomes(await stopped(lifecycle))).toEqual({ plain: 'aborted', wrapped: 'aborted', foreign: 'failed' })
  })

  test('is abandoned after the grace period, and the next one stops', async () => {
    const recorder = new Recorder()
    const lifecycle = new Lifecycle({ timeout: 10_000 })
    lifecycle.register(recorder.open('database'))
    lifecycle.register(recorder.hanging('hang'))
    const report = await stopped(lifecycle)
    expect(outcomes(report)).toEqual({ hang: 'abandoned', database: 'stopped' })
    expect(report.hooks[0]).toMatchObject({ duration: 9_000, error: { code: 'ERR_HOOK_TIMEOUT' } })
  })

  test('is abandoned with what it was still waiting for, where it says so', async () => {
    const lifecycle = new Lifecycle({ timeout: 1_000 })
    const hanging = new Recorder().hanging('hangs')
    lifecycle.register([
      { ...hanging, name: 'says', waitingFor: () => '3 jobs' },
      { ...hanging, name: 'says nothing', waitingFor: () => undefined },
      {
        ...hanging,
        name: 'fails to say',
        waitingFor: () => {
          throw new Error('no idea')
        },
      },
      { name: 'ends', stop: () => {}, waitingFor: () => 'nothing' },
    ])
    const report = await stopped(lifecycle)
    expect(report.hooks.map(({ name, waitingFor }) => [name, waitingFor])).toEqual([
      ['ends', undefined],
      ['says', '3 jobs'],
      ['says nothing', undefined],
      ['fails to say', undefined],
    ])
    expect(report.errors).toHaveLength(3)
  })

  test('of its own has no more than that', async () => {
    const recorder = new Recorder()
    const lifecycle = new Lifecycle({ timeout: 1_000 })
    lifecycle.register(recorder.hanging('hang', { timeout: 100 }))
    const report = await stopped(lifecycle)
    expect(report).toMatchObject({ duration: 150, hooks: [{ error: { limit: 100 } }] })
  })

  test('raises no unhandled rejection when it settles after it was abandoned, and is noted while others stop', async () => {
    const lifecycle = new Lifecycle({ timeout: 1_000 })
    const late = new Error('late')
    lifecycle.register('database', () => new Promise((resolve) => setTimeout(resolve, 200)))
    lifecycle.register({
      name: 'late',
      timeout: 100,
      stop: () => new Promise((_, reject) => setTimeout(() => reject(late), 200)),
    })
    const report = await stopped(lifecycle)
    expect(report.hooks[0]).toMatchObject({ name: 'late', outcome: 'abandoned', duration: 150, settledLate: 50 })
    expect(report.errors).toContain(late)
  })
})

test('a hook that settles well after it was abandoned adds no error', async () => {
  const lifecycle = new Lifecycle({ timeout: 1_000 })
  lifecycle.register('slow', () => after(300))
  lifecycle.register({ name: 'late', timeout: 100, stop: () => after(200) })
  const { hooks, errors } = await stopped(lifecycle)
  const [late] = hooks
  expect(late).toMatchObject({ outcome: 'abandoned', settledLate: 50 })
  expect(errors).toEqual([late?.error])
})

test('a report does not change any more once it is delivered', async () => {
  const lifecycle = new Lifecycle({ timeout: 1_000 })
  lifecycle.register('late', () => new Promise((_, reject) => setTimeout(() => reject(new Error('late')), 2_000)))
  const report = lifecycle.stop()
  await vi.advanceTimersByTimeAsync(1_050)
  const before = String(await report)
  const { length } = (await report).errors
  await vi.runAllTimersAsync()
  expect(String(await report)).toBe(before)
  expect((await report).errors).toHaveLength(length)
})

describe('the budget', () => {
  test('calls with an aborted signal whoever comes after its end, and tells the limit that there was', async () => {
    const lifecycle = new Lifecycle({ timeout: 1_000 })
    let aborted: boolean | undefined
    lifecycle.register('behind', ({ signal }) => {
      aborted = signal.aborted
    })
    lifecycle.register('blocking', () => {
      vi.advanceTimersByTime(2_000)
      return new Promise(() => {})
    })
    await vi.advanceTimersByTimeAsync(300)
    const report = await stopped(lifecycle)
    expect(aborted).toBe(true)
    expect(report.hooks).toMatchObject([
      { name: 'blocking', outcome: 'abandoned', error: { limit: 700 } },
      { name: 'behind', outcome: 'aborted', error: { limit: 0 } },
    ])
  })

  test('keeps a reserve: hooks behind two that hang are called in time and stop cleanly', async () => {
    const recorder = new Recorder()
    const lifecycle = new Lifecycle({ timeout: 1_000 })
    for (const name of ['e', 'd', 'c']) lifecycle.register(recorder.open(name, 50))
    for (const name of ['b', 'a']) lifecycle.register(recorder.hanging(name))
    const report = await stopped(lifecycle)
    expect(outcomes(report)).toEqual({ a: 'abandoned', b: 'abandoned', c: 'stopped', d: 'stopped', e: 'stopped' })
    expect(report.duration).toBeLessThanOrEqual(1_050)
  })

  test('sets a declared timeout aside', async () => {
    const recorder = new Recorder()
    const lifecycle = new Lifecycle({ timeout: 1_000 })
    lifecycle.register({ ...recorder.open('slow', 590), timeout: 600 })
    lifecycle.register(recorder.hanging('hang'))
    const report = await stopped(lifecycle)
    expect(outcomes(report)).toEqual({ hang: 'abandoned', slow: 'stopped' })
    expect(report.hooks[0]?.duration).toBe(400)
  })

  test('scales declared timeouts that do not fit, says so, and lets unused time flow on', async () => {
    const recorder = new Recorder()
    const lifecycle = new Lifecycle({ timeout: 1_000 })
    lifecycle.register({ ...recorder.open('last', 900), timeout: 1_500 })
    lifecycle.register({ ...recorder.open('first'), timeout: 500 })
    const report = await stopped(lifecycle)
    expect(report).toMatchObject({ ok: true, scale: 0.5 })
    expect(recorder.contexts.get('first')?.deadline).toBe(report.startedAt + 200)
    expect(recorder.contexts.get('last')?.deadline).toBe(report.startedAt + 1_000)
  })

  test('holds with many hooks that hang: none is skipped, and the whole ends within one grace period', async () => {
    const recorder = new Recorder()
    const lifecycle = new Lifecycle({ timeout: 1_000 })
    for (let index = 0; index < 60; index += 1) lifecycle.register(recorder.hanging(`hook ${index}`))
    const report = await stopped(lifecycle)
    expect(recorder.calls).toHaveLength(60)
    expect(report.duration).toBeLessThanOrEqual(1_050)
  })

  test('keeps also a share that is shorter than the grace period', async () => {
    const recorder = new Recorder()
    const lifecycle = new Lifecycle({ timeout: 3_000 })
    lifecycle.register(recorder.open('database'))
    lifecycle.register({ ...recorder.open('worker', 50), timeout: 140 })
    lifecycle.register(recorder.hanging('hang'))
    expect(outcomes(await stopped(lifecycle))).toEqual({ hang: 'abandoned', worker: 'stopped', database: 'stopped' })
  })

  test.each([2, 11, 17, 20, 21, 100])(
    'of %d hooks gives the last the whole deadline, and each behind one that hangs its time',
    async (count) => {
      const recorder = new Recorder()
      const lifecycle = new Lifecycle({ timeout: 9_000 })
      const share = Math.min(1_000, 4_500 / count)
      for (let index = 1; index < count; index += 1)
        lifecycle.register(recorder.open(`hook ${index}`, Math.floor(share / 2) - 1))
      lifecycle.register(recorder.hanging('hang'))
      const report = await stopped(lifecycle)
      expect(Object.values(outcomes(report)).filter((outcome) => outcome === 'stopped')).toHaveLength(count - 1)
      expect(recorder.contexts.get('hook 1')?.deadline).toBe(report.startedAt + 9_000)
    },
  )

  test('gives the time of a hook that is unregistered meanwhile to the others', async () => {
    const recorder = new Recorder()
    const lifecycle = new Lifecycle({ timeout: 1_000 })
    lifecycle.register(recorder.open('database'))
    const pool = lifecycle.register({ ...recorder.open('pool'), timeout: 800 })
    lifecycle.register({ name: 'http', beforeStop: () => lifecycle.unregister(pool) })
    const { startedAt } = await stopped(lifecycle)
    expect(recorder.contexts.get('database')?.deadline).toBe(startedAt + 1_000)
  })

  test('sets nothing aside for an empty group, nor for a hook that was unregistered before', async () => {
    const recorder = new Recorder()
    const lifecycle = new Lifecycle({ timeout: 1_000 })
    const pool = lifecycle.register(recorder.open('pool'))
    for (const name of ['database', 'http']) lifecycle.register(recorder.open(name))
    lifecycle.unregister(pool)
    lifecycle.register([])
    const { startedAt } = await stopped(lifecycle)
    // A floor of a quarter is set aside for the database, and a grace period of 5 % is its own.
    expect(recorder.contexts.get('http')?.deadline).toBe(startedAt + 1_000 - 250 - 50)
  })

  test('is not harmed by an empty group', async () => {
    const recorder = new Recorder()
    const lifecycle = new Lifecycle({ timeout: 1_000 })
    lifecycle.register(recorder.open('database', 100))
    lifecycle.register([])
    lifecycle.register(recorder.hanging('hang'))
    expect(outcomes(await stopped(lifecycle))).toEqual({ hang: 'abandoned', database: 'stopped' })
  })

  test('scales what is declared, and leaves the floors of the others as they are', () => {
    const budget = new Budget(0, 1_000, [[900], [undefined]])
    expect(budget.shares).toEqual([750, 250])
    expect(new Budget(0, 1_000, [[2_000, undefined]]).shares).toEqual([1_000])
  })

  test('sets a floor aside for the announcements of all, where one hook of a group has any', async () => {
    const recorder = new Recorder()
    const lifecycle = new Lifecycle({ timeout: 1_000 })
    lifecycle.register(recorder.open('database'))
    lifecycle.register([{ ...recorder.open('http'), beforeStop: () => {} }, recorder.open('worker')])
    const { startedAt } = await stopped(lifecycle)
    expect(recorder.contexts.get('http')?.deadline).toBe(startedAt + Math.floor(1_000 - 1_000 / 6 - 50))
  })

  test('sets nothing aside for announcements that have been made', async () => {
    const recorder = new Recorder()
    const lifecycle = new Lifecycle({ timeout: 1_000 })
    lifecycle.register(recorder.open('database'))
    lifecycle.register({ ...recorder.open('http'), beforeStop: () => {} })
    const { signal } = new AbortController()
    await lifecycle.beforeStop({ signal, deadline: Date.now() + 1_000, reason: 'test' })
    const { startedAt } = await stopped(lifecycle)
    expect(recorder.contexts.get('http')?.deadline).toBe(startedAt + 1_000 - 250 - 50)
  })

  test('shares its time among groups of any size', () => {
    const budget = new Budget(0, 1_000, [Array.from({ length: 200_000 }, () => undefined), [300]])
    expect(budget.shares).toEqual([250, 300])
  })

  test('gives every member of a group the time of the longest', async () => {
    const recorder = new Recorder()
    const lifecycle = new Lifecycle({ timeout: 1_000 })
    lifecycle.register([{ ...recorder.open('a', 390), timeout: 400 }, recorder.open('b', 390)])
    lifecycle.register(recorder.hanging('hang'))
    expect(outcomes(await stopped(lifecycle))).toEqual({ hang: 'abandoned', a: 'stopped', b: 'stopped' })
  })

  test('covers beforeStop, with every step behind it', async () => {
    const recorder = new Recorder()
    const lifecycle = new Lifecycle({ timeout: 1_000 })
    lifecycle.register({ ...recorder.open('a', 200), beforeStop: () => new Promise(() => {}) })
    const report = await stopped(lifecycle)
    expect(report.hooks).toMatchObject([{ name: 'a', outcome: 'abandoned', error: { limit: 700 } }])
    expect(recorder.calls).toEqual(['stop a', 'stop a done'])
  })
})

describe('force', () => {
  test('aborts every signal: who stops now, and who is still to stop', async () => {
    const recorder = new Recorder()
    const lifecycle = new Lifecycle({ timeout: 2_000 })
    lifecycle.register(recorder.hanging('a'))
    lifecycle.register(recorder.hanging('b'))
    const report = lifecycle.stop()
    await vi.advanceTimersByTimeAsync(300)
    expect(lifecycle.stop({ force: true })).toBe(report)
    expect(recorder.contexts.get('b')?.signal.reason).toBeInstanceOf(StopForcedError)
    await vi.runAllTimersAsync()
    expect(recorder.contexts.get('a')?.signal.reason).toBeInstanceOf(StopForcedError)
    expect((await report).duration).toBeLessThanOrEqual(300 + 100)
    expect(outcomes(await report)).toEqual({ a: 'abandoned', b: 'abandoned' })
  })

  test.each([0, 50])('after %d ms shares one grace period among all: each may give up', async (wait) => {
    const lifecycle = new Lifecycle()
    for (const name of ['d', 'c', 'b', 'a']) {
      lifecycle.register(
        name,
        ({ signal }) =>
          new Promise((resolve) => {
            const giveUp = (): void => void setTimeout(resolve, 10)
            if (signal.aborted) giveUp()
            else signal.addEventListener('abort', giveUp)
          }),
      )
    }
    const report = lifecycle.stop({ force: wait === 0 })
    await vi.advanceTimersByTimeAsync(wait)
    void lifecycle.stop({ force: true })
    await vi.runAllTimersAsync()
    expect(outcomes(await report)).toEqual({ a: 'aborted', b: 'aborted', c: 'aborted', d: 'aborted' })
    expect((await report).duration).toBe(wait + 40)
  })

  test('after the deadline does not lengthen the grace period', async () => {
    const recorder = new Recorder()
    const lifecycle = new Lifecycle({ timeout: 1_000 })
    lifecycle.register(recorder.hanging('hang'))
    const report = lifecycle.stop()
    await vi.advanceTimersByTimeAsync(1_030)
    void lifecycle.stop({ force: true })
    await vi.runAllTimersAsync()
    expect((await report).duration).toBe(1_050)
  })

  test('before there is any step leaves one that comes the whole grace period', () => {
    const budget = new Budget(0, 1_000, [])
    budget.force(100)
    budget.next(0)
    expect(budget.abandonAt(100)).toBe(150)
  })

  test('tells in the reason how long is left to give up', async () => {
    const recorder = new Recorder()
    const lifecycle = new Lifecycle()
    for (const name of ['b', 'a']) lifecycle.register(recorder.hanging(name))
    await stopped(lifecycle, { force: true })
    expect(recorder.contexts.get('a')?.signal.reason).toMatchObject({ hook: 'a', abortGrace: 125 })
  })

  test('tells those that are still to stop that their time is over', async () => {
    const recorder = new Recorder()
    const lifecycle = new Lifecycle({ timeout: 1_000 })
    lifecycle.register(recorder.open('a'))
    lifecycle.register(recorder.hanging('hang'))
    const report = lifecycle.stop()
    await vi.advanceTimersByTimeAsync(100)
    void lifecycle.stop({ force: true })
    await vi.runAllTimersAsync()
    expect(recorder.contexts.get('a')?.deadline).toBe((await report).startedAt + 100)
  })

  test('that comes once more changes nothing', async () => {
    const lifecycle = new Lifecycle({ timeout: 1_000 })
    lifecycle.register('hang', () => new Promise(() => {}))
    const report = lifecycle.stop({ force: true })
    await vi.advanceTimersByTimeAsync(30)
    void lifecycle.stop({ force: true })
    await vi.runAllTimersAsync()
    expect((await report).duration).toBe(50)
  })

  test('at the first call stops with aborted signals; who is done at once is forced', async () => {
    const recorder = new Recorder()
    const lifecycle = new Lifecycle()
    lifecycle.register(recorder.open('a'))
    expect(outcomes(await stopped(lifecycle, { force: true }))).toEqual({ a: 'aborted' })
    expect(recorder.calls).toEqual(['stop a'])
  })

  test('in the grace period of a hook leaves it what it has', async () => {
    const lifecycle = new Lifecycle({ timeout: 1_000 })
    lifecycle.register({
      name: 'a',
      timeout: 100,
      stop: ({ signal }) =>
        new Promise((resolve) => {
          signal.addEventListener('abort', () => setTimeout(resolve, 45))
        }),
    })
    const report = lifecycle.stop()
    await vi.advanceTimersByTimeAsync(120)
    void lifecycle.stop({ force: true })
    await vi.runAllTimersAsync()
    expect((await report).hooks).toMatchObject([{ outcome: 'aborted', duration: 145 }])
  })

  test('comes with the signal that stop was given', async () => {
    const recorder = new Recorder()
    const controller = new AbortController()
    const lifecycle = new Lifecycle({ timeout: 1_000 })
    lifecycle.register(recorder.hanging('hang'))
    const report = lifecycle.stop({ signal: controller.signal })
    await vi.advanceTimersByTimeAsync(100)
    controller.abort()
    await vi.runAllTimersAsync()
    expect((await report).duration).toBe(150)
  })
})
