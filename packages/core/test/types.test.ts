// What these tests say is checked by the compiler: `tsc --build` builds this folder too.
import { describe, expectTypeOf, test } from 'vitest'
import {
  type CheckReport,
  type Hook,
  type HookReport,
  Lifecycle,
  type LifecycleEvents,
  type Logger,
  type StopContext,
  type StopReason,
  type StopReport,
  TaskTracker,
} from '../src/index.ts'

describe('types', () => {
  const lifecycle = new Lifecycle()

  test('register returns the type it was given', () => {
    const hook = { name: 'a', stop: () => 'closed', url: new URL('http://localhost') }
    expectTypeOf(lifecycle.register(hook)).toEqualTypeOf<typeof hook>()
    expectTypeOf(lifecycle.register(new TaskTracker('jobs'))).toEqualTypeOf<TaskTracker>()
    expectTypeOf(lifecycle.register(new Lifecycle({ name: 'inner' }))).toEqualTypeOf<Lifecycle>()
    expectTypeOf(lifecycle.register('b', () => {})).toEqualTypeOf<Hook>()
    const [tracker, other] = lifecycle.register([new TaskTracker('c'), { name: 'd', stop: () => {}, extra: 1 }])
    expectTypeOf(tracker).toEqualTypeOf<TaskTracker>()
    expectTypeOf(other.extra).toEqualTypeOf<1>()
  })

  test('a hook needs a name, and its functions may return anything', () => {
    // @ts-expect-error -- it has no name
    expectTypeOf(() => lifecycle.register({ stop: () => {} })).toBeFunction()
    // @ts-expect-error -- it is no duration
    expectTypeOf(() => lifecycle.register({ name: 'e', timeout: '5s' })).toBeFunction()
    // @ts-expect-error -- a name alone is not enough
    expectTypeOf(() => lifecycle.register('f')).toBeFunction()
    expectTypeOf<{ name: string; stop(): Promise<number> }>().toExtend<Hook>()
    expectTypeOf<Lifecycle>().toExtend<Hook>()
  })

  test('what has no function of a hook is refused, also in a group', () => {
    class Worker {
      readonly name = 'jobs'
      close(): void {}
    }
    // @ts-expect-error -- it would never be closed
    expectTypeOf(() => lifecycle.register(new Worker())).toBeFunction()
    // @ts-expect-error -- nor would this
    expectTypeOf(() => lifecycle.register([new TaskTracker('g'), new Worker()])).toBeFunction()
    // @ts-expect-error -- it has nothing to call
    expectTypeOf(() => lifecycle.register({ name: 'h' })).toBeFunction()
    const hook: Hook = { name: 'i', stop: () => {} }
    const hooks: Hook[] = [hook]
    expectTypeOf(() => lifecycle.register(hook)).returns.toEqualTypeOf<Hook>()
    expectTypeOf(() => lifecycle.register(hooks)).returns.toEqualTypeOf<Hook[]>()
    expectTypeOf(() =>
      lifecycle.register({
        name: 'j',
        start: ({ signal }) => expectTypeOf(signal).toEqualTypeOf<AbortSignal>(),
        stop: (context) => expectTypeOf(context).toEqualTypeOf<StopContext>(),
      }),
    ).toBeFunction()
  })

  test('the report says what it knows: the detail is unknown', () => {
    expectTypeOf<Lifecycle['stop']>().returns.resolves.toEqualTypeOf<StopReport>()
    expectTypeOf<HookReport['detail']>().toEqualTypeOf<unknown>()
    expectTypeOf<HookReport['error']>().toEqualTypeOf<unknown>()
    expectTypeOf<StopReport['hooks']>().toEqualTypeOf<readonly HookReport[]>()
    expectTypeOf<Lifecycle['check']>().returns.resolves.toEqualTypeOf<CheckReport>()
  })

  test('a context is a valid argument for the stop of another lifecycle', () => {
    expectTypeOf<StopContext>().toExtend<NonNullable<Parameters<Lifecycle['stop']>[0]>>()
  })

  test('events are typed', () => {
    lifecycle.on('hookStopped', (hook) => expectTypeOf(hook).toEqualTypeOf<HookReport>())
    lifecycle.on('report', (report) => expectTypeOf(report).toEqualTypeOf<StopReport>())
    lifecycle.once('stopping', ({ reason }) => expectTypeOf(reason).toEqualTypeOf<StopReason>())
    lifecycle.on('state', ({ state }) => expectTypeOf(state).toEqualTypeOf<Lifecycle['state']>())
    // @ts-expect-error -- there is no such event
    expectTypeOf(() => lifecycle.on('stopped', () => {})).toBeFunction()
    expectTypeOf<keyof LifecycleEvents>().toBeString()
  })

  test('a task tracker keeps the types of what it is given', () => {
    const tracker = new TaskTracker('jobs')
    expectTypeOf(tracker.run(() => 1)).resolves.toBeNumber()
    expectTypeOf(tracker.run(() => Promise.resolve('a'))).resolves.toBeString()
    expectTypeOf(tracker.track(Promise.resolve(1))).toEqualTypeOf<Promise<number>>()
  })

  test('console is a logger', () => {
    expectTypeOf<Console>().toExtend<Logger>()
  })
})
