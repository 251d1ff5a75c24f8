import { AsyncLocalStorage } from 'node:async_hooks'
import { type TracingChannelSubscribers, tracingChannel } from 'node:diagnostics_channel'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { HookTimeoutError, Lifecycle, StartError, StopForcedError } from '../src/index.ts'
import { fakeTime, stopped } from './stopped.ts'

fakeTime()

const names = ['lastcall:start', 'lastcall:stop', 'lastcall:hook'] as const
type Name = (typeof names)[number]
type Message = Record<string, unknown>

/** What was published, in order: the channel's name, the event's, and the message as it was then. */
let published: [name: Name, event: string, message: Message][] = []
let subscriptions: [Name, TracingChannelSubscribers<object>][] = []

function subscribe(name: Name): void {
  const note =
    (event: string) =>
    (message: object): void => {
      published.push([name, event, { ...message }])
    }
  const subscribers = Object.fromEntries(
    ['start', 'end', 'asyncStart', 'asyncEnd', 'error'].map((event) => [event, note(event)]),
  ) as unknown as TracingChannelSubscribers<object>
  tracingChannel(name).subscribe(subscribers)
  subscriptions.push([name, subscribers])
}

/** The messages of one event of a channel. */
function messages(name: Name, event: string): Message[] {
  return published.filter((entry) => entry[0] === name && entry[1] === event).map(([, , message]) => message)
}

beforeEach(() => {
  published = []
  subscriptions = []
})
afterEach(() => {
  for (const [name, subscribers] of subscriptions) tracingChannel(name).unsubscribe(subscribers)
})

describe('tracing', () => {
  test('takes an object that has `ok: false` for the failure of a stop, and of no start', async () => {
    subscribe('lastcall:hook')
    const lifecycle = new Lifecycle({ timeout: 1_000 })
    const answer = { ok: false }
    lifecycle.register({ name: 'proxy', start: () => answer, check: () => answer, stop: () => answer })
    await lifecycle.start()
    expect((await lifecycle.check()).ok).toBe(false)
    await stopped(lifecycle)
    expect(messages('lastcall:hook', 'asyncEnd').map(({ action, error }) => [action, error === undefined])).toEqual([
      ['start', true],
      ['check', true],
      ['stop', false],
    ])
  })

  test('tells of a start, of a stop, and of each call of a hook, each from its begin to its end', async () => {
    for (const name of names) subscribe(name)
    const lifecycle = new Lifecycle({ name: 'shop', timeout: 1_000 })
    lifecycle.register({
      name: 'http',
      start: () => 'listening',
      beforeStop: () => {},
      stop: () => '3 requests finished',
    })
    await lifecycle.start()
    const report = await stopped(lifecycle, { reason: 'SIGTERM' })
    const order = published
      .filter(([, event]) => event === 'start' || event === 'asyncEnd')
      .map(([name, event, { action = '' }]) => `${event} ${name} ${String(action)}`.trim())
    expect(order).toEqual([
      'start lastcall:start',
      'start lastcall:hook start',
      'asyncEnd lastcall:hook start',
      'asyncEnd lastcall:start',
      'start lastcall:stop',
      'start lastcall:hook beforeStop',
      'asyncEnd lastcall:hook beforeStop',
      'start lastcall:hook stop',
      'asyncEnd lastcall:hook stop',
      'asyncEnd lastcall:stop',
    ])
    expect(messages('lastcall:start', 'start')).toEqual([{ lifecycle: 'shop' }])
    expect(messages('lastcall:stop', 'start')).toEqual([{ lifecycle: 'shop', reason: 'SIGTERM', timeout: 1_000 }])
    expect(messages('lastcall:stop', 'asyncEnd')[0]?.['result']).toBe(report)
    expect(messages('lastcall:hook', 'asyncEnd')).toEqual([
      { lifecycle: 'shop', hook: 'http', action: 'start', result: 'listening' },
      { lifecycle: 'shop', hook: 'http', action: 'beforeStop', result: undefined },
      { lifecycle: 'shop', hook: 'http', action: 'stop', result: '3 requests finished' },
    ])
    expect(published.filter(([, event]) => event === 'error')).toEqual([])
  })

  test('tells of a check', async () => {
    subscribe('lastcall:hook')
    const lifecycle = new Lifecycle()
    const error = new Error('down')
    lifecycle.register({ name: 'database', check: () => Promise.reject(error) })
    await lifecycle.check()
    expect(messages('lastcall:hook', 'error')).toEqual([
      { lifecycle: 'lifecycle', hook: 'database', action: 'check', error },
    ])
  })

  test('tells the error of a hook that fails, is abandoned, or gives up late; a stop that is not clean is none', async () => {
    subscribe('lastcall:hook')
    subscribe('lastcall:stop')
    const lifecycle = new Lifecycle({ timeout: 1_000 })
    const error = new Error('no')
    lifecycle.register('hangs', () => new Promise(() => {}))
    lifecycle.register({
      name: 'gives up',
      timeout: 100,
      stop: ({ signal }) => new Promise((resolve) => signal.addEventListener('abort', resolve)),
    })
    lifecycle.register('fails', () => Promise.reject(error))
    const report = await stopped(lifecycle)
    const errors = messages('lastcall:hook', 'error')
    expect(errors.map(({ hook }) => hook)).toEqual(['fails', 'gives up', 'hangs'])
    expect(errors[0]?.['error']).toBe(error)
    expect(errors[1]?.['error']).toBeInstanceOf(HookTimeoutError)
    expect(errors[2]?.['error']).toBe(report.hooks[2]?.error)
    expect(messages('lastcall:hook', 'asyncEnd')).toHaveLength(3)
    expect(messages('lastcall:stop', 'error')).toEqual([])
    expect(messages('lastcall:stop', 'asyncEnd')[0]?.['result']).toMatchObject({ ok: false })
  })

  test('tells of a start that fails, with the stop of what had started within it', async () => {
    for (const name of names) subscribe(name)
    const lifecycle = new Lifecycle()
    const cause = new Error('in use')
    lifecycle.register('database', () => {})
    lifecycle.register({ name: 'http', start: () => Promise.reject(cause) })
    await expect(lifecycle.start()).rejects.toBeInstanceOf(StartError)
    expect(messages('lastcall:start', 'error')[0]?.['error']).toMatchObject({ cause, hook: 'http' })
    expect(messages('lastcall:hook', 'error')[0]).toMatchObject({ hook: 'http', action: 'start', error: cause })
    const ends = published.filter(([, event]) => event === 'asyncEnd').map(([name]) => name)
    expect(ends).toEqual(['lastcall:hook', 'lastcall:hook', 'lastcall:stop', 'lastcall:start'])
  })

  test('tells of a forced hook', async () => {
    subscribe('lastcall:hook')
    const lifecycle = new Lifecycle()
    lifecycle.register('hangs', () => new Promise(() => {}))
    await stopped(lifecycle, { force: true })
    expect(messages('lastcall:hook', 'error')[0]?.['error']).toBeInstanceOf(StopForcedError)
  })

  test('tells of a lifecycle in a lifecycle by its name', async () => {
    subscribe('lastcall:stop')
    subscribe('lastcall:hook')
    const outer = new Lifecycle({ name: 'outer' })
    const inner = outer.register(new Lifecycle({ name: 'inner' }))
    inner.register('database', () => {})
    await stopped(outer)
    expect(messages('lastcall:stop', 'asyncEnd').map(({ lifecycle }) => lifecycle)).toEqual(['inner', 'outer'])
    const stops = messages('lastcall:hook', 'asyncEnd').filter(({ action }) => action === 'stop')
    expect(stops.map(({ lifecycle, hook }) => `${String(lifecycle)}/${String(hook)}`)).toEqual([
      'inner/database',
      'outer/inner',
    ])
  })

  test('carries a store that is bound to a channel into what a hook does', async () => {
    const span = new AsyncLocalStorage<string>()
    const { start: hookStart } = tracingChannel<string, { hook: string }>('lastcall:hook')
    const { start: stopStart } = tracingChannel<string, { lifecycle: string }>('lastcall:stop')
    stopStart.bindStore(span, ({ lifecycle }) => `stop of ${lifecycle}`)
    const parents: (string | undefined)[] = []
    hookStart.bindStore(span, ({ hook }) => {
      parents.push(span.getStore())
      return hook
    })
    const seen: (string | undefined)[] = []
    const lifecycle = new Lifecycle()
    lifecycle.register('database', async () => {
      await Promise.resolve()
      seen.push(span.getStore())
    })
    await stopped(lifecycle)
    stopStart.unbindStore(span)
    hookStart.unbindStore(span)
    expect(seen).toEqual(['database'])
    expect(parents).toEqual(['stop of lifecycle'])
  })

  test('that fails itself keeps no hook from its call', async () => {
    subscribe('lastcall:hook')
    const prototype = Object.getPrototypeOf(tracingChannel('lastcall:hook')) as { tracePromise: () => Promise<unknown> }
    const traced = vi.spyOn(prototype, 'tracePromise').mockRejectedValue(new Error('no tracing today'))
    const lifecycle = new Lifecycle()
    const stop = vi.fn<() => void>()
    lifecycle.register('a', stop)
    expect(await stopped(lifecycle)).toMatchObject({ ok: true, errors: [] })
    expect(stop).toHaveBeenCalledOnce()
    traced.mockRestore()
  })

  test('does nothing at all while nobody subscribes', async () => {
    const prototype = Object.getPrototypeOf(tracingChannel('lastcall:hook')) as { tracePromise: () => unknown }
    const traced = vi.spyOn(prototype, 'tracePromise')
    const lifecycle = new Lifecycle()
    lifecycle.register({ name: 'a', start: () => {}, beforeStop: () => {}, check: () => {}, stop: () => {} })
    await lifecycle.start()
    await lifecycle.check()
    await stopped(lifecycle)
    expect(traced).not.toHaveBeenCalled()
    subscribe('lastcall:hook')
    const second = new Lifecycle()
    second.register('a', () => {})
    await stopped(second)
    expect(traced).toHaveBeenCalledOnce()
    traced.mockRestore()
  })
})
