import { describe, expect, test, vi } from 'vitest'
import { Lifecycle } from '../src/index.ts'
import { Recorder } from './recorder.ts'
import { fakeTime, outcomes, stopped } from './stopped.ts'

fakeTime()

describe('order', () => {
  test('stops hooks one at a time, in the reverse order of their registration', async () => {
    const recorder = new Recorder()
    const lifecycle = new Lifecycle()
    for (const name of ['a', 'b', 'c']) lifecycle.register(recorder.open(name, 10))
    const report = await stopped(lifecycle)
    expect(recorder.calls).toEqual(['stop c', 'stop c done', 'stop b', 'stop b done', 'stop a', 'stop a done'])
    expect(report.hooks.map(({ name }) => name)).toEqual(['c', 'b', 'a'])
  })

  test('stops the members of a group together', async () => {
    const recorder = new Recorder()
    const lifecycle = new Lifecycle()
    lifecycle.register(recorder.open('telemetry'))
    lifecycle.register([recorder.open('postgres', 20), recorder.open('redis', 10)])
    await stopped(lifecycle)
    expect(recorder.calls).toEqual([
      'stop postgres',
      'stop redis',
      'stop redis done',
      'stop postgres done',
      'stop telemetry',
    ])
  })

  test('starts hooks in the order of their registration, groups together', async () => {
    const recorder = new Recorder()
    const lifecycle = new Lifecycle()
    lifecycle.register(recorder.hook('a', { start: 5 }))
    lifecycle.register([recorder.hook('b', { start: 20 }), recorder.hook('c', { start: 10 })])
    lifecycle.register(recorder.hook('d'))
    void lifecycle.start()
    await vi.runAllTimersAsync()
    expect(recorder.calls).toEqual([
      'start a',
      'start a done',
      'start b',
      'start c',
      'start c done',
      'start b done',
      'start d',
    ])
    await stopped(lifecycle)
  })

  test('calls every beforeStop at once, and no stop before they have ended', async () => {
    const calls: string[] = []
    const lifecycle = new Lifecycle()
    for (const [name, time] of [
      ['a', 10],
      ['b', 20],
    ] as const) {
      lifecycle.register({
        name,
        beforeStop: async () => {
          calls.push(`announce ${name}`)
          await new Promise((resolve) => {
            setTimeout(resolve, time)
          })
          calls.push(`announced ${name}`)
        },
        stop: () => calls.push(`stop ${name}`),
      })
    }
    await stopped(lifecycle)
    expect(calls).toEqual(['announce a', 'announce b', 'announced a', 'announced b', 'stop b', 'stop a'])
  })

  test('stops next what is registered while it stops, and refuses more once everything has stopped', async () => {
    const recorder = new Recorder()
    const lifecycle = new Lifecycle()
    lifecycle.register(recorder.open('database'))
    lifecycle.register('http', () => {
      lifecycle.register(recorder.open('pool of the last request'))
    })
    const report = await stopped(lifecycle)
    expect(recorder.calls).toEqual(['stop pool of the last request', 'stop database'])
    expect(report.hooks).toHaveLength(3)
    expect(() => lifecycle.register('late', () => {})).toThrow('everything has stopped')
  })

  test('stops also a hook with a start that is registered while it stops: nobody else will', async () => {
    const recorder = new Recorder()
    const lifecycle = new Lifecycle()
    lifecycle.register('http', () => void lifecycle.register(recorder.hook('pool')))
    expect(outcomes(await stopped(lifecycle))).toEqual({ http: 'stopped', pool: 'stopped' })
    expect(recorder.calls).toEqual(['stop pool'])
  })

  test('leaves out what was unregistered', async () => {
    const recorder = new Recorder()
    const lifecycle = new Lifecycle()
    const hooks = ['a', 'b', 'c'].map((name) => lifecycle.register(recorder.open(name)))
    expect(lifecycle.unregister(hooks[1]!)).toBe(true)
    expect(lifecycle.unregister(hooks[1]!)).toBe(false)
    lifecycle.register('d', () => lifecycle.unregister(hooks[0]!))
    await stopped(lifecycle)
    expect(recorder.calls).toEqual(['stop c'])
  })

  test('frees the name of what was unregistered', () => {
    const lifecycle = new Lifecycle()
    lifecycle.unregister(lifecycle.register('a', () => {}))
    expect(lifecycle.register('a', () => {}).name).toBe('a')
  })
})
