import { describe, expect, test, vi } from 'vitest'
import { Lifecycle } from '../src/index.ts'
import { fakeTime, outcomes, stopped } from './stopped.ts'

fakeTime()

describe('events', () => {
  test('tell each start and end, and the report', async () => {
    const lifecycle = new Lifecycle({ timeout: 1_000 })
    const seen: unknown[] = []
    lifecycle.on('hookStarting', ({ name }) => seen.push(`starting ${name}`))
    lifecycle.on('hookStarted', ({ name, detail }) => seen.push(`started ${name}: ${String(detail)}`))
    lifecycle.on('stopping', ({ reason, timeout }) => seen.push(`stopping by ${String(reason)}, ${timeout}`))
    lifecycle.on('hookStopping', ({ name }) => seen.push(`stopping ${name}`))
    lifecycle.on('hookStopped', ({ name, outcome }) => seen.push(`${outcome} ${name}`))
    lifecycle.on('report', (report) => seen.push(report))
    lifecycle.register({ name: 'http', start: () => 'listening', stop: () => {} })
    await lifecycle.start()
    const report = await stopped(lifecycle)
    expect(seen).toEqual([
      'starting http',
      'started http: listening',
      'stopping by stop(), 1000',
      'stopping http',
      'stopped http',
      report,
    ])
  })

  test('reach every listener though one throws or rejects; what it threw is in the report', async () => {
    const lifecycle = new Lifecycle()
    const thrown = new Error('thrown')
    const rejected = new Error('rejected')
    const last = vi.fn<() => void>()
    lifecycle.on('stopping', () => {
      throw thrown
    })
    lifecycle.on('stopping', () => Promise.reject(rejected))
    lifecycle.on('stopping', last)
    lifecycle.register('a', () => {})
    const report = await stopped(lifecycle)
    expect(last).toHaveBeenCalledOnce()
    expect(report).toMatchObject({ ok: true, errors: [thrown, rejected] })
  })

  test('come once to `once`, and no more after `off`', async () => {
    const lifecycle = new Lifecycle()
    const once = vi.fn<() => void>()
    const off = vi.fn<() => void>()
    lifecycle.once('state', once).on('state', off).off('state', off)
    await lifecycle.start()
    await stopped(lifecycle)
    expect(once).toHaveBeenCalledOnce()
    expect(off).not.toHaveBeenCalled()
  })
})

describe('failures', () => {
  test('of every kind are recorded, none disturbing the others', async () => {
    const lifecycle = new Lifecycle()
    const thrown = new Error('thrown')
    const rejected = new Error('rejected')
    lifecycle.register('fine', () => 'closed')
    lifecycle.register('sync', () => {
      throw thrown
    })
    lifecycle.register('async', () => Promise.reject(rejected))
    // oxlint-disable-next-line prefer-promise-reject-errors -- a throw of something that is no error is the case
    lifecycle.register('nothing', () => Promise.reject(undefined))
    lifecycle.register({
      name: 'announce',
      beforeStop: () => {
        throw thrown
      },
      stop: () => 'all the same',
    })
    const report = await stopped(lifecycle)
    expect(outcomes(report)).toEqual({
      announce: 'failed',
      nothing: 'failed',
      async: 'failed',
      sync: 'failed',
      fine: 'stopped',
    })
    expect(report.hooks[0]).toMatchObject({ error: thrown, detail: 'all the same' })
    expect(report.errors).toEqual([thrown, undefined, rejected, thrown])
    expect(report.ok).toBe(false)
  })
})

test('an unknown event, and what is no listener, are refused', () => {
  const lifecycle = new Lifecycle()
  for (const method of ['on', 'once', 'off'] as const) {
    const listen = lifecycle[method].bind(lifecycle) as (event: string, listener: unknown) => unknown
    expect(() => listen('stopped', () => {})).toThrow(
      new TypeError(
        'Expected `event` to be one of `state`, `hookStarting`, `hookStarted`, `hookNotStarted`, `hookFailed`, `stopping`, ' +
          '`hookStopping`, `hookStopped`, `report`, got `stopped`',
      ),
    )
    expect(() => listen('toString', () => {})).toThrow('got `toString`')
    expect(() => listen(7 as never, () => {})).toThrow('got `7`')
    expect(() => listen('x'.repeat(200), () => {})).toThrow(/got `x{100}…`$/)
    expect(() => listen('report', undefined)).toThrow(
      new TypeError('Expected `listener` of event "report" to be a function, got `undefined`'),
    )
  }
})
