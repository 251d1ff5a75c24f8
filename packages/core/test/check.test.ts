import { getEventListeners } from 'node:events'
import { describe, expect, test, vi } from 'vitest'
import { CheckReport, Lifecycle } from '../src/index.ts'
import { fakeTime } from './stopped.ts'

fakeTime()

const unaskable = {
  get ok(): boolean {
    throw new Error('no answer')
  },
}

describe('check', () => {
  test('runs every check at once, and says which failed', async () => {
    const lifecycle = new Lifecycle()
    const down = new Error('down')
    let running = 0
    const slow = async (): Promise<number> => {
      running += 1
      await new Promise((resolve) => {
        setTimeout(resolve, 10)
      })
      return running
    }
    lifecycle.register({ name: 'no check', stop: () => {} })
    lifecycle.register([
      { name: 'a', check: slow },
      { name: 'b', check: slow },
    ])
    lifecycle.register({ name: 'async', check: () => Promise.reject(down) })
    lifecycle.register({
      name: 'sync',
      check: () => {
        throw down
      },
    })
    const report = lifecycle.check()
    await vi.runAllTimersAsync()
    expect(await report).toEqual(
      new CheckReport([
        { name: 'a', ok: true, duration: 10, detail: 2 },
        { name: 'b', ok: true, duration: 10, detail: 2 },
        { name: 'async', ok: false, duration: 0, error: down },
        { name: 'sync', ok: false, duration: 0, error: down },
      ]),
    )
    expect((await report).ok).toBe(false)
  })

  test('with nothing to check is ok', async () => {
    expect(await new Lifecycle().check()).toEqual({ ok: true, checks: [] })
  })

  test('ends at its time limit, of 900 ms unless told otherwise, and aborts the signal of the check', async () => {
    const lifecycle = new Lifecycle()
    const signals: AbortSignal[] = []
    lifecycle.register({
      name: 'hang',
      check: ({ signal }) => {
        signals.push(signal)
        return new Promise(() => {})
      },
    })
    const reports = [lifecycle.check(), lifecycle.check({ timeout: 100 })]
    await vi.runAllTimersAsync()
    const error = {
      code: 'ERR_HOOK_TIMEOUT',
      message: 'Expected `check` of hook "hang" to end within 100 ms, and it did not',
    }
    expect(await reports[0]).toMatchObject({ ok: false, checks: [{ duration: 900, error: { limit: 900 } }] })
    expect(await reports[1]).toMatchObject({ ok: false, checks: [{ duration: 100, error }] })
    expect(signals.map(({ aborted }) => aborted)).toEqual([true, true])
  })

  test('that was given up is not called again before it has settled', async () => {
    const lifecycle = new Lifecycle()
    const settle: (() => void)[] = []
    lifecycle.register({ name: 'slow', check: () => new Promise<void>((resolve) => settle.push(resolve)) })
    const first = lifecycle.check({ timeout: 100 })
    await vi.advanceTimersByTimeAsync(101)
    expect(await first).toMatchObject({ ok: false })
    const second = lifecycle.check({ timeout: 100 })
    await vi.advanceTimersByTimeAsync(101)
    expect(await second).toMatchObject({ ok: false, checks: [{ error: { code: 'ERR_HOOK_TIMEOUT' } }] })
    expect(settle).toHaveLength(1)
    const third = lifecycle.check({ timeout: 100 })
    await vi.advanceTimersByTimeAsync(50)
    settle[0]?.()
    await vi.advanceTimersByTimeAsync(0)
    expect(settle).toHaveLength(2)
    settle[1]?.()
    expect(await third).toMatchObject({ ok: true, checks: [{ duration: 50 }] })
  })

  test.each([
    ['an answer that is not ok', { ok: false, status: 500 }, false],
    ['an answer that is ok', { ok: true, status: 200 }, true],
    ['what cannot be asked', unaskable, true],
  ])('that returns %s says so', async (_name, detail, ok) => {
    const lifecycle = new Lifecycle()
    lifecycle.register({ name: 'dependency', check: () => detail })
    expect((await lifecycle.check()).ok).toBe(ok)
  })

  test('is cut short by the signal it was given', async () => {
    const lifecycle = new Lifecycle()
    lifecycle.register({ name: 'hang', check: () => new Promise(() => {}) })
    const controller = new AbortController()
    const report = lifecycle.check(controller)
    const reason = new Error('enough')
    controller.abort(reason)
    await vi.runAllTimersAsync()
    expect(await report).toEqual({ ok: false, checks: [{ name: 'hang', ok: false, duration: 0, error: reason }] })
    expect(getEventListeners(controller.signal, 'abort')).toEqual([])
  })

  test('of a lifecycle in a lifecycle delivers its report when it is cut short', async () => {
    const outer = new Lifecycle()
    const inner = new Lifecycle({ name: 'inner' })
    const innermost = new Lifecycle({ name: 'innermost' })
    innermost.register({ name: 'hang', check: () => new Promise(() => {}) })
    inner.register(innermost)
    outer.register(inner)
    const controller = new AbortController()
    const report = outer.check(controller)
    const reason = new Error('enough')
    controller.abort(reason)
    await vi.runAllTimersAsync()
    const hang = { name: 'hang', ok: false, error: reason }
    const checks = [
      { name: 'inner', ok: false, detail: { checks: [{ name: 'innermost', detail: { checks: [hang] } }] } },
    ]
    expect(await report).toMatchObject({ ok: false, checks })
  })

  test('of a lifecycle in a lifecycle is its report', async () => {
    const outer = new Lifecycle()
    const inner = new Lifecycle({ name: 'inner' })
    outer.register(inner)
    inner.register([
      { name: 'fine', check: () => 'up' },
      { name: 'hang', check: () => new Promise(() => {}) },
    ])
    const report = outer.check({ timeout: 100 })
    await vi.runAllTimersAsync()
    expect(await report).toMatchObject({
      ok: false,
      checks: [
        {
          name: 'inner',
          ok: false,
          detail: {
            checks: [
              { name: 'fine', ok: true },
              { name: 'hang', ok: false },
            ],
          },
        },
      ],
    })
  })

  test('gives the hooks of a lifecycle in a lifecycle the same time', async () => {
    const outer = new Lifecycle()
    const inner = new Lifecycle({ name: 'inner' })
    inner.register({ name: 'slow', check: () => new Promise((resolve) => setTimeout(resolve, 1_200)) })
    outer.register(inner)
    const report = outer.check({ timeout: 3_000 })
    await vi.runAllTimersAsync()
    expect(await report).toMatchObject({ ok: true })
  })

  test.each<[object, string]>([
    [{ timeout: 0 }, 'Expected `timeout` to be a number of milliseconds from 1 to 2147483647, got `0`'],
    [{ signal: 'now' }, 'Expected `signal` to be an AbortSignal, got the string `"now"`'],
  ])('refuses %o at the call', (options, message) => {
    expect(() => new Lifecycle().check(options)).toThrow(message)
  })
})
