import { describe, expect, test } from 'vitest'
import { Lifecycle, type State, TaskTracker } from '../src/index.ts'
import { fakeTime, stopped } from './stopped.ts'

fakeTime()

describe('started', () => {
  test('is so from the end of the start to the moment stopping begins', async () => {
    const lifecycle = new Lifecycle()
    const seen: [State, boolean][] = [['idle', lifecycle.started]]
    lifecycle.register({ name: 'a', start: () => {} })
    seen.push(['idle', lifecycle.started])
    lifecycle.on('state', ({ state }) => seen.push([state, lifecycle.started]))
    await lifecycle.start()
    await stopped(lifecycle)
    expect(seen).toEqual([
      ['idle', false],
      ['idle', false],
      ['starting', false],
      ['running', true],
      ['stopping', false],
      ['stopped', false],
    ])
  })

  test('is so without a start, where every hook is open from the beginning', async () => {
    const lifecycle = new Lifecycle()
    lifecycle.register('database', () => {})
    lifecycle.register([new TaskTracker('jobs')])
    expect(lifecycle.started).toBe(true)
    const worker = lifecycle.register({ name: 'worker', start: () => {} })
    expect(lifecycle.started).toBe(false)
    lifecycle.unregister(worker)
    expect(lifecycle.started).toBe(true)
    await stopped(lifecycle)
    expect(lifecycle.started).toBe(false)
  })

  test('looks into a lifecycle in a lifecycle', async () => {
    const outer = new Lifecycle()
    const inner = outer.register(new Lifecycle({ name: 'inner' }))
    expect(outer.started).toBe(false)
    inner.register('database', () => {})
    expect(outer.started).toBe(true)
    inner.register({ name: 'worker', start: () => {} })
    expect(outer.started).toBe(false)
    await inner.start()
    expect(outer.started).toBe(true)
    await stopped(inner)
    expect(outer.started).toBe(false)
  })
})
