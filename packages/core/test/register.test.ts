import { createServer } from 'node:http'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { Lifecycle, type LifecycleOptions, run, TaskTracker } from '../src/index.ts'
import { fakeTime, outcomes, stopped } from './stopped.ts'

fakeTime()

/** A hook that is open, with what else it is given. */
function open<More extends object>(name: string, more?: More): { name: string; stop(): void } & More {
  return { name, stop: nothing, ...(more as More) }
}

const nothing = (): void => {}

describe('register', () => {
  test('returns what it was given', () => {
    const lifecycle = new Lifecycle()
    const hook = { name: 'a', stop: () => {}, extra: 1 }
    const group = [open('b'), open('c')] as const
    expect(lifecycle.register(hook)).toBe(hook)
    expect(lifecycle.register(group)).toBe(group)
  })

  test('takes a name and a function, which gets the context', async () => {
    const lifecycle = new Lifecycle()
    const stop = vi.fn<(context: unknown) => string>(() => 'closed')
    expect(lifecycle.register('database', stop).name).toBe('database')
    const report = await stopped(lifecycle, { reason: 'test' })
    expect(stop).toHaveBeenCalledExactlyOnceWith(expect.objectContaining({ reason: 'test' }))
    expect(report.hooks[0]?.detail).toBe('closed')
  })

  test.each([
    [undefined, 'Expected a hook to be an object with a `name`, got `undefined`'],
    [null, 'got `null`'],
    [() => {}, 'Expected a hook to be an object with a `name`, got the function'],
    [{ stop: nothing }, 'Expected `name` of a hook to be a string that is not empty, got `undefined`'],
    [{ stop: nothing, name: '' }, 'got the string `""`'],
    [{ stop: nothing, name: ' ' }, 'to be a string that is not empty'],
    [{ stop: nothing, name: 7 }, 'got `7`'],
    [{ name: 'a', stop: 1 }, 'Expected `stop` of hook "a" to be a function, got `1`'],
    [{ name: 'a', start: 'now' }, 'Expected `start` of hook "a" to be a function, got the string `"now"`'],
    [{ name: 'a', beforeStop: {} }, 'Expected `beforeStop` of hook "a" to be a function, got an object of `Object`'],
    [
      { stop: nothing, name: 'a', waitingFor: 'much' },
      'Expected `waitingFor` of hook "a" to be a function, got the string `"much"`',
    ],
    [
      { stop: nothing, name: 'a', timeout: '5s' },
      'to be a number of milliseconds from 1 to 2147483647, got the string `"5s"`',
    ],
  ])('refuses %o, which is no hook', async (hook, message) => {
    const lifecycle = new Lifecycle()
    const register = (): unknown => lifecycle.register(hook as never)
    expect(register).toThrow(TypeError)
    expect(register).toThrow(message)
    expect((await stopped(lifecycle)).hooks).toEqual([])
  })

  test('refuses a name without a function', () => {
    expect(() => new Lifecycle().register('a', undefined as never)).toThrow(
      'Expected `stop` of hook "a" to be a function, got `undefined`',
    )
    expect(() => new Lifecycle().register('', () => {})).toThrow('to be a string that is not empty')
  })

  test.each([0, -1, Number.NaN, Infinity, 2 ** 31])('refuses a timeout of %d', (timeout) => {
    const lifecycle = new Lifecycle()
    const expected = `Expected \`timeout\` of hook \`a\` to be a number of milliseconds from 1 to 2147483647, got \`${timeout}\``
    expect(() => lifecycle.register(open('a', { timeout }))).toThrow(new RangeError(expected))
  })

  test('takes the shortest and the longest timeout', () => {
    const lifecycle = new Lifecycle()
    const group = [open('a', { timeout: 1 }), open('b', { timeout: 2 ** 31 - 1 }), open('c', { timeout: undefined })]
    expect(lifecycle.register(group)).toBe(group)
  })

  test('refuses a name that is taken, and says where it was registered first', () => {
    const lifecycle = new Lifecycle()
    lifecycle.register('http', () => {})
    const expected =
      /^Expected `name` of a hook to be one that is not taken, got "http", first registered at .*register\.test\.ts:\d+/
    expect(() => lifecycle.register(open('http'))).toThrow(expected)
  })

  test.each(['a stack of no frames', undefined, []])(
    'refuses a name that is taken also where its place is %j',
    (stack) => {
      const before = Object.getOwnPropertyDescriptor(Error, 'prepareStackTrace')
      onTestFinished(() => {
        Reflect.deleteProperty(Error, 'prepareStackTrace')
        if (before) Object.defineProperty(Error, 'prepareStackTrace', before)
      })
      Error.prepareStackTrace = () => stack
      const lifecycle = new Lifecycle()
      lifecycle.register('http', () => {})
      expect(() => lifecycle.register(open('http'))).toThrow('got "http", first registered elsewhere')
    },
  )

  test('adds nothing of a group with a bad member', async () => {
    const lifecycle = new Lifecycle()
    expect(() => lifecycle.register([open('a'), open('a')])).toThrow('to be one that is not taken')
    expect(() => lifecycle.register([open('b'), open('c', { timeout: 0 })])).toThrow(RangeError)
    lifecycle.register([open('a'), open('b'), open('c')])
    expect((await stopped(lifecycle)).hooks).toHaveLength(3)
  })

  test('takes an empty group', async () => {
    const lifecycle = new Lifecycle()
    lifecycle.register([])
    lifecycle.register('a', () => {})
    expect(outcomes(await stopped(lifecycle))).toEqual({ a: 'stopped' })
  })

  test('refuses a hook with a start while it is running, because nobody would call it', async () => {
    const lifecycle = new Lifecycle()
    await lifecycle.start()
    expect(() => lifecycle.register({ name: 'late', start: () => {} })).toThrow(
      'Expected hook "late" to have no `start`, because the lifecycle is running and will not call it: ' +
        'register it before the start, or open it first and register its `stop`',
    )
    expect(() => lifecycle.register(new Lifecycle({ name: 'idle' }))).toThrow('Expected hook "idle" to have no `start`')
    expect(() => lifecycle.register(null as never)).toThrow('Expected a hook to be an object with a `name`, got `null`')
  })

  test('takes while it is running what is open already', async () => {
    const lifecycle = new Lifecycle()
    await lifecycle.start()
    const inner = new Lifecycle({ name: 'inner' })
    inner.register('worker', () => {})
    await inner.start()
    lifecycle.register(inner)
    lifecycle.register({ name: 'open', stop: () => {} })
    expect(outcomes(await stopped(lifecycle))).toEqual({ open: 'stopped', inner: 'stopped' })
  })

  test('takes a hook with a start while it stops: whoever registers it has opened it', async () => {
    const lifecycle = new Lifecycle()
    lifecycle.register('a', () => void lifecycle.register({ name: 'late', start: () => {}, stop: () => {} }))
    await lifecycle.start()
    expect(outcomes(await stopped(lifecycle))).toEqual({ a: 'stopped', late: 'stopped' })
  })

  test('leaves the limit of stack traces as it was', () => {
    const before = Error.stackTraceLimit
    new Lifecycle().register('a', () => {})
    expect(Error.stackTraceLimit).toBe(before)
  })
})

describe('options', () => {
  test.each([0, -1, Number.NaN, Infinity, 2 ** 31])('refuses a timeout of %d', (timeout) => {
    const expected = `Expected \`timeout\` to be a number of milliseconds from 1 to 2147483647, got \`${timeout}\``
    expect(() => new Lifecycle({ timeout })).toThrow(new RangeError(expected))
    expect(() => new Lifecycle({ startTimeout: timeout })).toThrow(RangeError)
  })

  test.each<[object, string]>([
    [
      { timeout: '5s' },
      'Expected `timeout` to be a number of milliseconds from 1 to 2147483647, got the string `"5s"`',
    ],
    [{ startTimeout: null }, 'Expected `startTimeout` to be a number of milliseconds from 1 to 2147483647, got `null`'],
    [{ name: '' }, 'Expected `name` to be a string that is not empty, got the string `""`'],
    [
      { name: Object.create(null) },
      'Expected `name` to be a string that is not empty, got an object of `null prototype`',
    ],
  ])('refuses %o', (options, message) => {
    expect(() => new Lifecycle(options as LifecycleOptions)).toThrow(new TypeError(message))
  })

  test.each<[string, (options: never) => unknown]>([
    ['a lifecycle', (options) => new Lifecycle(options)],
    ['start', (options) => new Lifecycle().start(options)],
    ['stop', (options) => new Lifecycle().stop(options)],
    ['check', (options) => new Lifecycle().check(options)],
    ['a task tracker', (options) => new TaskTracker('tasks', options)],
    ['run', (options) => run(new Lifecycle(), options)],
  ])('of %s are refused when they are no object', async (_name, call) => {
    const refused = async (options: unknown): Promise<unknown> => call(options as never)
    await expect(refused(5)).rejects.toThrow(new TypeError('Expected `options` to be an object, got `5`'))
    await expect(refused(null)).rejects.toThrow(new TypeError('Expected `options` to be an object, got `null`'))
    await expect(refused([])).rejects.toThrow(new TypeError('Expected `options` to be an object, got an array of 0'))
  })

  test('of undefined are the defaults', async () => {
    const lifecycle = new Lifecycle({ name: undefined, timeout: undefined, startTimeout: undefined })
    expect(lifecycle.name).toBe('lifecycle')
    expect((await stopped(lifecycle)).timeout).toBe(9_000)
  })
})

describe('what is no hook', () => {
  class Worker {
    readonly name = 'jobs'
    close(): void {}
  }
  class Pool {
    end(): void {}
  }
  class Handle {
    [Symbol.asyncDispose](): void {}
  }
  class Lease {
    [Symbol.dispose](): void {}
  }
  const expectation = 'Expected a hook to have `start`, `beforeStop`, `stop` or `check`, got an object of'

  test.each<[object, string]>([
    [new Worker(), "`Worker` with `close`: write `register('worker', () => worker.close())`"],
    [new Pool(), "`Pool` with `end`: write `register('pool', () => pool.end())`"],
    [{ name: 'cache', quit: nothing }, "`Object` with `quit`: write `register('client', () => client.quit())`"],
    [
      new Handle(),
      "`Handle` with `[Symbol.asyncDispose]`: write `register('handle', () => handle[Symbol.asyncDispose]())`",
    ],
    [new Lease(), "`Lease` with `[Symbol.dispose]`: write `register('lease', () => lease[Symbol.dispose]())`"],
    [
      createServer(),
      '`Server`, which is a server: write `register(serverAdapter(server))` with serverAdapter of @lastcall/http',
    ],
    [{ name: 'db', onStop: nothing, url: 1 }, '`Object` with `onStop`, `url`'],
    [{ name: 'db' }, '`Object`'],
    [
      Object.assign(Object.create(null), { destroy: nothing }),
      "`null prototype` with `destroy`: write `register('client', () => client.destroy())`",
    ],
  ])('is refused, with the line to write: %#', (hook, message) => {
    expect(() => new Lifecycle().register(hook as never)).toThrow(new TypeError(`${expectation} ${message}`))
  })

  test.each([
    ['onStop', 'stop'],
    ['Stop', 'stop'],
    ['stopp', 'stop'],
    ['sotp', 'stop'],
    ['before_stop', 'beforeStop'],
    ['beforStop', 'beforeStop'],
    ['waitngFor', 'waitingFor'],
  ])('has a misspelt function: `%s` for `%s`', (key, meant) => {
    const hook = { name: 'db', start: nothing, [key]: nothing }
    expect(() => new Lifecycle().register(hook)).toThrow(
      new TypeError(`Expected hook "db" to have \`${meant}\`, got \`${key}\``),
    )
  })

  test('has a misspelt timeout, or a misspelt method of a class', () => {
    const lifecycle = new Lifecycle()
    expect(() => lifecycle.register(open('a', { timout: 1 }))).toThrow(
      'Expected hook "a" to have `timeout`, got `timout`',
    )
    class Database {
      readonly name = 'db'
      start(): void {}
      onStop(): void {}
    }
    expect(() => lifecycle.register(new Database())).toThrow('Expected hook "db" to have `stop`, got `onStop`')
  })

  test('is not what has other members besides', () => {
    const group = [
      open('a', { restart: nothing, stopped: false, starts: 3, names: [], Check: 1, query: nothing }),
      open('b', { onStop: nothing }),
    ]
    expect(new Lifecycle().register(group)).toBe(group)
  })

  test('is a function, for which the message has the line to write', () => {
    expect(() => new Lifecycle().register(nothing as never)).toThrow("write `register('name', stop)` for a function")
  })
})

describe('the place of a name that is taken', () => {
  test.each(['writes to Error', 'reads call sites'])('is known where the application %s', (how) => {
    const before = Object.getOwnPropertyDescriptor(Error, 'prepareStackTrace')
    onTestFinished(() => {
      Reflect.deleteProperty(Error, 'prepareStackTrace')
      if (before) Object.defineProperty(Error, 'prepareStackTrace', before)
    })
    Error.prepareStackTrace = (error, sites) =>
      how === 'reads call sites'
        ? sites
        : `${error.name}\n    at ${sites[0]?.getFileName()}:${sites[0]?.getLineNumber()}`
    const lifecycle = new Lifecycle()
    lifecycle.register('http', () => {})
    expect(() => lifecycle.register(open('http'))).toThrow(/first registered at .*register\.test\.ts:\d+/)
  })

  test('is unknown where what the application makes of stacks throws', () => {
    const before = Object.getOwnPropertyDescriptor(Error, 'prepareStackTrace')
    onTestFinished(() => {
      Reflect.deleteProperty(Error, 'prepareStackTrace')
      if (before) Object.defineProperty(Error, 'prepareStackTrace', before)
    })
    const lifecycle = new Lifecycle()
    let message = ''
    try {
      Error.prepareStackTrace = () => {
        throw new Error('no stack')
      }
      lifecycle.register('http', () => {})
      lifecycle.register(open('http'))
    } catch (error) {
      message = (error as Error).message
    }
    expect(message).toContain('got "http", first registered elsewhere')
  })

  test('leaves the length of stacks as it is', () => {
    const { stackTraceLimit } = Error
    onTestFinished(() => {
      Error.stackTraceLimit = stackTraceLimit
    })
    Error.stackTraceLimit = 3
    new Lifecycle().register('http', () => {})
    expect(Error.stackTraceLimit).toBe(3)
  })
})
