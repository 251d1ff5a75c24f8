import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http'
import {
  createServer as createHttp2Server,
  type Http2ServerRequest,
  type Http2ServerResponse,
  connect as connectHttp2,
} from 'node:http2'
import { once } from 'node:events'
import { text } from 'node:stream/consumers'
import { CheckReport, type Hook, Lifecycle, TaskTracker } from '@lastcall/core'
import { connectRaw, listen, passTurns, stillClock, until } from '@lastcall/testkit'
import { describe, expect, expectTypeOf, onTestFinished, test, vi } from 'vitest'
import { type ProbeHandler, ProbeResponder, probes, serverAdapter } from '../src/index.ts'
import { deferred } from './deferred.ts'
import { ask, askContent } from './probe-client.ts'

const hi: RequestListener = (_request, response) => response.end('hi')
const echo: RequestListener = ({ method, url }, response) => response.end(`${method} ${url}`)
const milliseconds = 'a number of milliseconds from'
const path = 'to be a path that begins with / and has no query, or a list of such paths'

/** A lifecycle with hooks, started; what is left of it when the test ends is stopped. */
async function running(...hooks: Hook[]): Promise<Lifecycle> {
  const lifecycle = new Lifecycle()
  for (const hook of hooks) lifecycle.register(hook)
  await lifecycle.start()
  onTestFinished(async () => {
    await lifecycle.stop()
  })
  return lifecycle
}

/** Serves with a handler on a free port. */
function serve(handler: RequestListener): Promise<number> {
  return listen(createServer(handler))
}

/** A lifecycle whose check counts its calls, and fails when told to. */
async function counted(): Promise<{ lifecycle: Lifecycle; calls: () => number; fail: (fails: boolean) => void }> {
  let [calls, fails] = [0, false]
  const lifecycle = await running({
    name: 'counted',
    check: () => {
      calls += 1
      if (fails) throw new Error('down')
    },
  })
  return { lifecycle, calls: () => calls, fail: (now) => void (fails = now) }
}

describe('the options of probes', () => {
  test.each<[object, ErrorConstructor, string]>([
    [{ cache: -1 }, RangeError, `\`cache\` to be ${milliseconds} 0 to 2147483647, got \`-1\``],
    [{ cache: Infinity }, RangeError, `\`cache\` to be ${milliseconds} 0 to 2147483647, got \`Infinity\``],
    [{ cache: '1s' }, TypeError, `\`cache\` to be ${milliseconds} 0 to 2147483647, got the string \`"1s"\``],
    [{ cache: null }, TypeError, `\`cache\` to be ${milliseconds} 0 to 2147483647, got \`null\``],
    [{ timeout: 0 }, RangeError, `\`timeout\` to be ${milliseconds} 1 to 2147483647, got \`0\``],
    [{ timeout: 2 ** 31 }, RangeError, `\`timeout\` to be ${milliseconds} 1 to 2147483647, got \`2147483648\``],
    [{ timeout: null }, TypeError, `\`timeout\` to be ${milliseconds} 1 to 2147483647, got \`null\``],
    [{ verbose: 'yes' }, TypeError, '`verbose` to be a boolean, got the string `"yes"`'],
    [{ verbose: null }, TypeError, '`verbose` to be a boolean, got `null`'],
    [{ livez: 'livez' }, TypeError, `\`livez\` ${path}, got the string \`"livez"\``],
    [{ livez: '' }, TypeError, `\`livez\` ${path}, got the string \`""\``],
    [{ livez: null }, TypeError, `\`livez\` ${path}, got \`null\``],
    [{ livez: /live/ }, TypeError, `\`livez\` ${path}, got an object of \`RegExp\``],
    [{ readyz: '/ready?now' }, TypeError, `\`readyz\` ${path}, got the string \`"/ready?now"\``],
    [{ readyz: '/ready#now' }, TypeError, `\`readyz\` ${path}, got the string \`"/ready#now"\``],
    [{ readyz: '/are you ready' }, TypeError, `\`readyz\` ${path}, got the string \`"/are you ready"\``],
    [{ readyz: ['/ready', 5] }, TypeError, `\`readyz\` ${path}, got \`5\``],
    [
      { livez: '/healthz' },
      TypeError,
      '`livez` and `readyz` to have no path in common, got the string `"/healthz"` in both',
    ],
    [{ handler: 'hi' }, TypeError, '`handler` to be a function, got the string `"hi"`'],
    [{ handler: null }, TypeError, '`handler` to be a function, got `null`'],
  ])('refuse %o', (options, kind, message) => {
    const make = (): unknown => probes(new Lifecycle(), options)
    expect(make).toThrow(kind)
    expect(make).toThrow(`Expected ${message}`)
  })

  test.each([
    [5, '`5`'],
    [null, '`null`'],
    ['/livez', 'the string `"/livez"`'],
  ])('refuse %o for options', (options, got) => {
    expect(() => probes(new Lifecycle(), options as never)).toThrow(
      new TypeError(`Expected \`options\` to be an object, got ${got}`),
    )
  })

  test.each([
    [undefined, '`undefined`'],
    [{}, 'an object of `Object`'],
  ])('refuse %o for a lifecycle', (value, got) => {
    const make = (): unknown => probes(value as never)
    expect(make).toThrow(TypeError)
    expect(make).toThrow(`Expected \`lifecycle\` to be a Lifecycle, got ${got}`)
  })

  test('are what they are by default where they are undefined', async () => {
    const lifecycle = await running({
      name: 'down',
      check: () => {
        throw new Error('secret')
      },
    })
    const check = vi.spyOn(lifecycle, 'check')
    const options = { livez: undefined, readyz: undefined, cache: undefined, timeout: undefined, verbose: undefined }
    const port = await serve(probes(lifecycle, { ...options, handler: undefined }))
    for (const [target, status] of Object.entries({ '/livez': 200, '/readyz': 503, '/healthz': 503, '/': 404 })) {
      const answer = await ask(port, target)
      expect([target, answer.status, answer.body.includes('secret')]).toEqual([target, status, false])
    }
    expect(check).toHaveBeenCalledTimes(1)
  })

  test.each<[string, object, Record<string, number>]>([
    ['a path', { livez: '/up', readyz: '/ready' }, { '/up': 200, '/ready': 200, '/livez': 404, '/healthz': 404 }],
    [
      'a list',
      { livez: ['/livez', '/ping'], readyz: ['/a', '/b'] },
      { '/livez': 200, '/ping': 200, '/a': 200, '/b': 200, '/readyz': 404 },
    ],
    ['an empty list', { livez: [] }, { '/livez': 404, '/readyz': 200 }],
    ['the root', { livez: '/' }, { '/': 200, '/?a': 200, '/livez': 404 }],
  ])('take %s', async (_name, options, statuses) => {
    const port = await serve(probes(await running(), options))
    for (const [target, status] of Object.entries(statuses)) {
      expect([target, (await ask(port, target)).status]).toEqual([target, status])
    }
  })
})

describe('/livez', () => {
  test('is answered 200 in every state, to the end', async () => {
    const [opening, closing] = [deferred(), deferred()]
    const lifecycle = new Lifecycle()
    lifecycle.register({ name: 'slow', start: () => opening.promise, stop: () => closing.promise })
    lifecycle.register({
      name: 'down',
      check: () => {
        throw new Error('down')
      },
    })
    const port = await serve(probes(lifecycle))
    const states: string[] = []
    const look = async (): Promise<void> => {
      states.push(lifecycle.state)
      expect(await askContent(port, '/livez')).toEqual([200, { status: 'live' }])
    }
    await look()
    const started = lifecycle.start()
    await passTurns()
    await look()
    opening.resolve()
    await started
    await look()
    const stopped = lifecycle.stop()
    await passTurns()
    await look()
    closing.resolve()
    await stopped
    await look()
    expect(states).toEqual(['idle', 'starting', 'running', 'stopping', 'stopped'])
  })
})

describe('/readyz', () => {
  test('is answered 200 only while the lifecycle runs, and calls no check otherwise', async () => {
    const [opening, closing] = [deferred(), deferred()]
    const check = vi.fn<() => void>()
    const lifecycle = new Lifecycle()
    lifecycle.register({ name: 'slow', start: () => opening.promise, stop: () => closing.promise, check })
    const port = await serve(probes(lifecycle))
    const look = (): Promise<[number, unknown]> => askContent(port, '/readyz')
    expect(await look()).toEqual([503, { status: 'idle', checks: [] }])
    const started = lifecycle.start()
    await passTurns()
    expect(await look()).toEqual([503, { status: 'starting', checks: [] }])
    expect(check).not.toHaveBeenCalled()
    opening.resolve()
    await started
    expect(await look()).toEqual([200, { status: 'ready', checks: [{ name: 'slow', ok: true }] }])
    const stopped = lifecycle.stop()
    expect(await look()).toEqual([503, { status: 'stopping', checks: [] }])
    closing.resolve()
    await stopped
    expect(await look()).toEqual([503, { status: 'stopped', checks: [] }])
    expect(check).toHaveBeenCalledTimes(1)
  })

  test('is answered 503 once the start has failed', async () => {
    const lifecycle = new Lifecycle()
    lifecycle.register({ name: 'bad', start: () => Promise.reject(new Error('no')) })
    const port = await serve(probes(lifecycle))
    await expect(lifecycle.start()).rejects.toThrow('no')
    expect(await askContent(port, '/readyz')).toEqual([503, { status: 'stopped', checks: [] }])
  })

  test('of a lifecycle that is never started is what the checks say, where no hook has a start', async () => {
    const lifecycle = new Lifecycle()
    const port = await serve(probes(lifecycle, { cache: 0 }))
    expect(await askContent(port, '/readyz')).toEqual([503, { status: 'idle', checks: [] }])
    let down = false
    lifecycle.register({
      name: 'postgres',
      check: () => {
        if (down) throw new Error('down')
      },
    })
    lifecycle.register([new TaskTracker('jobs')])
    const inner = lifecycle.register(new Lifecycle({ name: 'inner' }))
    inner.register('cache', () => {})
    const checks = [
      { name: 'postgres', ok: true },
      { name: 'inner', ok: true, checks: [] },
    ]
    expect(await askContent(port, '/readyz')).toEqual([200, { status: 'ready', checks }])
    down = true
    expect(await askContent(port, '/readyz')).toMatchObject([503, { status: 'failing' }])
    down = false
    const worker = inner.register({ name: 'worker', start: () => {} })
    expect(await askContent(port, '/readyz')).toMatchObject([503, { status: 'idle' }])
    inner.unregister(worker)
    expect(await askContent(port, '/readyz')).toMatchObject([200, { status: 'ready' }])
    await lifecycle.stop()
    expect(await askContent(port, '/readyz')).toMatchObject([503, { status: 'stopped' }])
  })

  test('is also /healthz', async () => {
    const lifecycle = await running({ name: 'postgres', check: () => {} })
    const port = await serve(probes(lifecycle))
    expect(await askContent(port, '/healthz')).toEqual(await askContent(port, '/readyz'))
    await lifecycle.stop()
    expect((await ask(port, '/healthz')).status).toBe(503)
  })

  test('names each hook that has a check, and says which failed, sync or async', async () => {
    const down = new Error('down')
    const lifecycle = await running(
      { name: 'no check', stop: () => {} },
      { name: 'fine', check: () => 'a detail of its own' },
      {
        name: 'sync',
        check: () => {
          throw down
        },
      },
      { name: 'async', check: () => Promise.reject(down) },
    )
    const port = await serve(probes(lifecycle))
    const checks = [
      { name: 'fine', ok: true },
      { name: 'sync', ok: false },
      { name: 'async', ok: false },
    ]
    expect(await askContent(port, '/readyz')).toEqual([503, { status: 'failing', checks }])
  })

  test('is 503 when a check fails in a lifecycle in a lifecycle, and names it', async () => {
    const outer = new Lifecycle()
    const middle = outer.register(new Lifecycle({ name: 'middle' }))
    const inner = middle.register(new Lifecycle({ name: 'inner' }))
    inner.register([
      { name: 'disk', check: () => Promise.reject(new Error('secret')) },
      { name: 'memory', check: () => {} },
    ])
    await outer.start()
    const port = await serve(probes(outer))
    const disk = [
      { name: 'disk', ok: false },
      { name: 'memory', ok: true },
    ]
    const checks = [{ name: 'middle', ok: false, checks: [{ name: 'inner', ok: false, checks: disk }] }]
    expect(await askContent(port, '/readyz')).toEqual([503, { status: 'failing', checks }])
    const stopped = outer.stop()
    const ofInner = await serve(probes(inner))
    expect(await askContent(ofInner, '/readyz')).toMatchObject([503, { checks: [] }])
    await stopped
  })

  test('lets nothing out that a check has thrown or returned, unless it is verbose', async () => {
    const secret = 'postgres://user:password@host'
    const inner = new Lifecycle({ name: 'inner' })
    inner.register({ name: 'deep', check: () => Promise.reject(new Error(`deep ${secret}`)) })
    const lifecycle = await running(
      { name: 'fine', check: () => secret },
      { name: 'error', check: () => Promise.reject(new TypeError(secret, { cause: new Error('cause') })) },
      // oxlint-disable-next-line typescript/prefer-promise-reject-errors -- applications do
      { name: 'no error', check: () => Promise.reject(secret) },
      {
        name: 'addresses',
        check: () => Promise.reject(new AggregateError([new Error('::1'), new Error('127.0.0.1')])),
      },
      {
        name: 'unprintable',
        check: () =>
          // oxlint-disable-next-line typescript/prefer-promise-reject-errors -- nor is this one
          Promise.reject({
            toString: () => {
              throw new Error('no')
            },
          }),
      },
      inner,
    )
    const quiet = await ask(await serve(probes(lifecycle)), '/readyz')
    expect(quiet.status).toBe(503)
    expect(JSON.stringify(quiet)).not.toMatch(/password|Error|cause|127|\.[jt]s|detail|duration/)
    const [status, content] = await askContent(await serve(probes(lifecycle, { verbose: true })), '/readyz')
    const duration: unknown = expect.any(Number)
    expect([status, content]).toEqual([
      503,
      {
        status: 'failing',
        checks: [
          { name: 'fine', ok: true, duration },
          { name: 'error', ok: false, duration, error: 'TypeError: postgres://***@host' },
          { name: 'no error', ok: false, duration, error: 'string: postgres://***@host' },
          { name: 'addresses', ok: false, duration, error: 'AggregateError: ::1, 127.0.0.1' },
          { name: 'unprintable', ok: false, duration, error: 'Object' },
          {
            name: 'inner',
            ok: false,
            duration,
            checks: [{ name: 'deep', ok: false, duration, error: 'deep postgres://***@host' }],
          },
        ],
      },
    ])
  })
})

describe('the checks', () => {
  stillClock()

  test.each([
    ['1,000 ms unless told otherwise', {}, 1_000],
    ['as many ms as told', { cache: 50 }, 50],
  ])('serve all who ask within %s of their end', async (_name, options, cache) => {
    const { lifecycle, calls, fail } = await counted()
    const port = await serve(probes(lifecycle, options))
    const statusAfter = async (time: number): Promise<number> => {
      vi.advanceTimersByTime(time)
      return (await ask(port, '/readyz')).status
    }
    expect([await statusAfter(0), calls()]).toEqual([200, 1])
    fail(true)
    expect([await statusAfter(cache - 1), calls()]).toEqual([200, 1])
    expect([await statusAfter(1), calls()]).toEqual([503, 2])
    fail(false)
    expect([await statusAfter(cache - 1), calls()]).toEqual([503, 2])
    expect([await statusAfter(1), calls()]).toEqual([200, 3])
  })

  test('serve only those who ask meanwhile, where the cache is 0', async () => {
    const { lifecycle, calls } = await counted()
    const port = await serve(probes(lifecycle, { cache: 0 }))
    for (const expected of [1, 2, 3]) {
      expect([(await ask(port, '/readyz')).status, calls()]).toEqual([200, expected])
    }
  })

  test.each([0, 1_000])('are run once for 1,000 who ask at once, where the cache is %i', async (cache) => {
    const [gate, checks] = [deferred(), [vi.fn<() => Promise<void>>(), vi.fn<() => Promise<void>>()]]
    for (const check of checks) check.mockReturnValue(gate.promise)
    const lifecycle = await running(...checks.map((check, index) => ({ name: `check ${index}`, check })))
    const responder = new ProbeResponder(lifecycle, { cache })
    const port = await serve(probes(lifecycle, { cache }))
    const clients = await Promise.all(Array.from({ length: 10 }, () => connectRaw(port)))
    const wire = `GET /readyz HTTP/1.1\r\nHost: localhost\r\n\r\n`
    for (const client of clients) client.send(wire.repeat(100))
    const direct = Array.from({ length: 1_000 }, () => responder.respond('GET', '/readyz'))
    await passTurns()
    gate.resolve()
    for (const client of clients) {
      await until(() => client.received.split('HTTP/1.1 200 OK').length === 101)
      expect(client.received.split('"status":"ready"')).toHaveLength(101)
    }
    for (const answer of direct) expect(await answer).toMatchObject({ status: 200 })
    // Once by the server, and once by the other responder, which has nothing to do with it.
    for (const check of checks) expect(check).toHaveBeenCalledTimes(2)
  })

  test('are shared by GET and HEAD, and by all paths', async () => {
    const { lifecycle, calls } = await counted()
    const port = await serve(probes(lifecycle))
    expect((await ask(port, '/readyz', 'HEAD')).status).toBe(200)
    expect((await ask(port, '/healthz')).status).toBe(200)
    expect((await ask(port, '/livez')).status).toBe(200)
    expect(calls()).toBe(1)
  })

  test.each<[string, { timeout?: number }, number]>([
    ['900 ms unless told otherwise', {}, 900],
    ['as many ms as told', { timeout: 50 }, 50],
  ])('that hang have failed after %s', async (_name, options, limit) => {
    const lifecycle = await running(
      { name: 'hang', check: () => new Promise(() => {}) },
      { name: 'fine', check: () => {} },
    )
    const answer = vi.fn<(content: unknown) => void>()
    const port = await serve(probes(lifecycle, { ...options, verbose: true }))
    const asked = askContent(port, '/readyz').then(answer)
    await until(() => vi.getTimerCount() > 0)
    vi.advanceTimersByTime(limit - 1)
    await passTurns()
    expect(answer).not.toHaveBeenCalled()
    vi.advanceTimersByTime(1)
    await asked
    const error = `HookTimeoutError: Expected \`check\` of hook "hang" to end within ${limit} ms, and it did not`
    const checks = [
      { name: 'hang', ok: false, duration: limit, error },
      { name: 'fine', ok: true, duration: 0 },
    ]
    expect(answer.mock.calls).toEqual([[[503, { status: 'failing', checks }]]])
  })

  test('that are under way when stopping begins hold nobody up, and leave no timer', async () => {
    const inner = new Lifecycle({ name: 'inner' })
    const signals: AbortSignal[] = []
    const check: Hook['check'] = ({ signal }) => {
      signals.push(signal)
      return new Promise(() => {})
    }
    inner.register({ name: 'deep', check })
    const lifecycle = await running({ name: 'hang', check }, inner)
    const port = await serve(probes(lifecycle))
    const asked = askContent(port, '/readyz')
    await until(() => signals.length === 2)
    const { promise, resolve } = deferred()
    lifecycle.register('slow', () => promise)
    const stopped = lifecycle.stop()
    expect(await asked).toEqual([503, { status: 'stopping', checks: [] }])
    expect(signals.every(({ aborted }) => aborted)).toBe(true)
    resolve()
    await stopped
  })

  test('never say ready once stopping has begun, though they have passed', async () => {
    const gate = deferred()
    const { promise, resolve } = deferred()
    const check = vi.fn<() => Promise<void>>(() => gate.promise)
    const lifecycle = await running({ name: 'slow', check, stop: () => promise })
    const responder = new ProbeResponder(lifecycle)
    const first = responder.respond('GET', '/readyz')
    gate.resolve()
    expect(await first).toMatchObject({ status: 200 })
    const cached = responder.respond('GET', '/readyz')
    expect(await cached).toMatchObject({ status: 200 })
    vi.advanceTimersByTime(1_000)
    const fresh = responder.respond('GET', '/readyz')
    // The check has passed already, and its result is on its way.
    const stopped = lifecycle.stop()
    expect(await fresh).toMatchObject({ status: 503 })
    expect(await responder.respond('GET', '/readyz')).toMatchObject({ status: 503 })
    expect(await responder.respond('HEAD', '/healthz')).toMatchObject({ status: 503 })
    expect(check).toHaveBeenCalledTimes(2)
    resolve()
    await stopped
  })
})

describe('an answer', () => {
  const postgres: Hook = { name: 'postgres ü', check: () => {} }

  test('is JSON that nobody keeps, with its length in bytes', async () => {
    const port = await serve(probes(await running(postgres)))
    const { status, headers, body } = await ask(port, '/readyz')
    const bytes = Buffer.from(body, 'latin1')
    expect([status, bytes.toString()]).toEqual([200, '{"status":"ready","checks":[{"name":"postgres ü","ok":true}]}\n'])
    expect(headers).toEqual({
      'content-type': 'application/json',
      'content-length': String(bytes.length),
      'cache-control': 'no-store',
      date: expect.any(String) as string,
      connection: 'close',
    })
  })

  test.each(['/livez', '/readyz', '/healthz'])('to HEAD %s is that to GET without its body', async (target) => {
    const lifecycle = await running(postgres)
    const port = await serve(probes(lifecycle))
    for (const stop of [false, true]) {
      if (stop) await lifecycle.stop()
      const [get, head] = await Promise.all([ask(port, target), ask(port, target, 'HEAD')])
      const date: unknown = expect.any(String)
      expect(head).toEqual({ ...get, headers: { ...get.headers, date }, body: '' })
      expect(Number(head.headers['content-length'])).toBeGreaterThan(0)
    }
  })

  test('leaves its connection open for the next request', async () => {
    const client = await connectRaw(await serve(probes(await running(postgres))))
    client.send('HEAD /readyz HTTP/1.1\r\nHost: localhost\r\n\r\n')
    client.get('/readyz')
    client.get('/livez')
    await client.receives(/^HTTP\/1\.1 200 [^{]*HTTP\/1\.1 200 [^{]*\{"status":"ready"[^]*\{"status":"live"\}\n$/)
    expect(client.open).toBe(true)
  })

  test.each<[string, string, number]>([
    ['GET', '/livez?verbose', 200],
    ['GET', '/readyz?a=/b&c#d', 200],
    ['GET', 'http://localhost/readyz?now', 200],
    ['GET', 'HTTP://user:password@localhost:80/livez', 200],
    ['GET', 'http://localhost', 404],
    ['GET', '/', 404],
    ['GET', '/livez/', 404],
    ['GET', '/LIVEZ', 404],
    ['GET', '/livez/x', 404],
    ['GET', '//livez', 404],
    ['GET', '/x?/livez', 404],
    ['POST', '/livez', 405],
    ['OPTIONS', '/readyz', 405],
    ['PUT', '/healthz?now', 405],
    ['DELETE', '/', 404],
    ['HEAD', '/', 404],
    ['OPTIONS', '*', 404],
  ])('to %s %s is %i where nobody else takes requests', async (method, target, status) => {
    const port = await serve(probes(await running(postgres)))
    const answer = await ask(port, target, method)
    expect(answer.status).toBe(status)
    expect(answer.headers['allow']).toBe(status === 405 ? 'GET, HEAD' : undefined)
    expect(answer.headers).toMatchObject({ 'cache-control': 'no-store', 'content-type': 'application/json' })
    if (method === 'HEAD') expect(answer.body).toBe('')
    else expect(String(answer.body.length)).toBe(answer.headers['content-length'])
  })

  test('that somebody else has given meanwhile is left alone', async () => {
    const gate = deferred()
    const lifecycle = await running({ name: 'slow', check: () => gate.promise })
    const handler = probes(lifecycle)
    const port = await serve((request, response) => {
      handler(request, response)
      response.writeHead(504, { 'Content-Length': 8 }).end('too late')
    })
    expect(await ask(port, '/readyz')).toMatchObject({ status: 504, body: 'too late' })
    gate.resolve()
    await passTurns()
  })

  test('for a client that has left meanwhile disturbs nobody', async () => {
    const gate = deferred()
    const check = vi.fn<() => Promise<void>>(() => gate.promise)
    const port = await serve(probes(await running({ name: 'slow', check })))
    const client = await connectRaw(port)
    client.get('/readyz')
    await until(() => check.mock.calls.length > 0)
    client.reset()
    await client.closed
    await passTurns()
    gate.resolve()
    expect((await ask(port, '/readyz')).status).toBe(200)
  })
})

describe('every other request', () => {
  const others = [
    ['POST', '/livez'],
    ['OPTIONS', '/readyz'],
    ['DELETE', '/healthz'],
    ['GET', '/'],
    ['GET', '/livez/x'],
  ] as const

  test.each(others)('goes to the handler: %s %s', async (method, target) => {
    const lifecycle = await running()
    const port = await serve(probes(lifecycle, { handler: echo }))
    expect(await ask(port, target, method)).toMatchObject({ status: 200, body: `${method} ${target}` })
    expect(await askContent(port, '/livez')).toEqual([200, { status: 'live' }])
  })

  test.each(others)('goes to next, even where there is a handler: %s %s', async (method, target) => {
    const lifecycle = await running()
    const handler = vi.fn<RequestListener>()
    const middleware = probes(lifecycle, { handler })
    const port = await serve((request, response) => {
      middleware(request, response, (...args: unknown[]) => response.end(`next ${args.length}`))
    })
    expect(await ask(port, target, method)).toMatchObject({ status: 200, body: 'next 0' })
    expect(await askContent(port, '/livez')).toEqual([200, { status: 'live' }])
    expect(handler).not.toHaveBeenCalled()
  })

  test('is met under a path that a framework has taken off', async () => {
    const lifecycle = await running()
    const middleware = probes(lifecycle)
    /** As Express and connect mount: what is before the path is taken off, and put back for the others. */
    const port = await serve((request, response) => {
      const { url = '' } = request
      const rest = /^\/health(?=[/?]|$)(.*)/.exec(url)?.[1]
      if (rest === undefined) return hi(request, response)
      request.url = rest.startsWith('/') ? rest : `/${rest}`
      middleware(request, response, () => {
        request.url = url
        hi(request, response)
      })
    })
    expect(await askContent(port, '/health/readyz?x')).toEqual([200, { status: 'ready', checks: [] }])
    for (const target of ['/readyz', '/health', '/health?x', '/health/other']) {
      expect(await ask(port, target)).toMatchObject({ status: 200, body: 'hi' })
    }
  })

  test('is answered with what its handler returns, so that a framework sees a promise that rejects', async () => {
    const handler = probes(await running(), { handler: () => 'from the handler' as unknown as void })
    const [request, response] = [{ method: 'GET', url: '/' }, {}] as [IncomingMessage, ServerResponse]
    expect(handler(request, response)).toBe('from the handler')
    expect(handler(request, response, () => 'from next' as unknown as void)).toBe('from next')
  })
})

describe('over HTTP/2', () => {
  test('probes are answered as over HTTP/1', async () => {
    const lifecycle = await running({ name: 'postgres', check: () => {} })
    const server = createHttp2Server(probes(lifecycle, { handler: (_request, response) => response.end('hi') }))
    const session = connectHttp2(`http://127.0.0.1:${await listen(server)}`)
    onTestFinished(() => session.destroy())
    const request = async (method: string, target: string): Promise<[Record<string, unknown>, string]> => {
      const stream = session.request({ ':method': method, ':path': target })
      const [headers] = (await once(stream, 'response')) as [Record<string, unknown>]
      return [headers, await text(stream)]
    }
    const ready = '{"status":"ready","checks":[{"name":"postgres","ok":true}]}\n'
    const headers = {
      ':status': 200,
      'content-type': 'application/json',
      'content-length': String(ready.length),
      'cache-control': 'no-store',
    }
    const get = await request('GET', '/readyz?x')
    expect(get).toMatchObject([headers, ready])
    expect(Object.keys(get[0])).toEqual([...Object.keys(headers), 'date'])
    expect(await request('HEAD', '/readyz')).toMatchObject([headers, ''])
    expect(await request('GET', '/livez')).toMatchObject([{ ':status': 200 }, '{"status":"live"}\n'])
    expect(await request('GET', '/')).toMatchObject([{ ':status': 200 }, 'hi'])
    expect(await request('POST', '/livez')).toMatchObject([{ ':status': 200 }, 'hi'])
    await lifecycle.stop()
    const stopped = '{"status":"stopped","checks":[]}\n'
    expect(await request('GET', '/healthz')).toMatchObject([{ ':status': 503 }, stopped])
    expect(await request('HEAD', '/healthz')).toMatchObject([{ ':status': 503 }, ''])
  })

  test('a stream that is closed while checks are under way disturbs nobody', async () => {
    const gate = deferred()
    const check = vi.fn<() => Promise<void>>(() => gate.promise)
    const server = createHttp2Server(probes(await running({ name: 'slow', check })))
    const session = connectHttp2(`http://127.0.0.1:${await listen(server)}`)
    onTestFinished(() => session.destroy())
    const stream = session.request({ ':path': '/readyz' })
    await until(() => check.mock.calls.length > 0)
    stream.close()
    await once(stream, 'close')
    await passTurns()
    gate.resolve()
    await passTurns()
    const other = session.request({ ':path': '/readyz' })
    const [headers] = (await once(other, 'response')) as unknown[]
    expect(headers).toMatchObject({ ':status': 200 })
  })
})

describe('two in one process', () => {
  test('lifecycles and servers do not see each other', async () => {
    const [first, second] = [
      await running({ name: 'a', check: () => {} }),
      await running({ name: 'b', check: () => Promise.reject(new Error('down')) }),
    ]
    const [portA, portB] = [
      await serve(probes(first)),
      await serve(probes(second, { readyz: '/ready', livez: '/live' })),
    ]
    expect(await askContent(portA, '/readyz')).toEqual([200, { status: 'ready', checks: [{ name: 'a', ok: true }] }])
    expect(await askContent(portB, '/ready')).toEqual([503, { status: 'failing', checks: [{ name: 'b', ok: false }] }])
    expect((await ask(portA, '/ready')).status).toBe(404)
    expect((await ask(portB, '/readyz')).status).toBe(404)
    await second.stop()
    expect((await ask(portA, '/readyz')).status).toBe(200)
    expect(await askContent(portB, '/ready')).toEqual([503, { status: 'stopped', checks: [] }])
    expect((await ask(portB, '/live')).status).toBe(200)
  })
})

describe('on a server that is drained', () => {
  test('/readyz is 503 and /livez 200 while load balancers are given time to notice', async () => {
    const lifecycle = new Lifecycle()
    const server = createServer(probes(lifecycle, { handler: hi }))
    lifecycle.register(serverAdapter(server, { listen: { port: 0, host: '127.0.0.1' }, stopDelay: 60_000 }))
    await lifecycle.start()
    const { port } = server.address() as { port: number }
    expect((await ask(port, '/readyz')).status).toBe(200)
    const stopped = lifecycle.stop({ deadline: Date.now() + 10_000 })
    await until(() => !lifecycle.started)
    expect(await askContent(port, '/readyz')).toEqual([503, { status: 'stopping', checks: [] }])
    expect((await ask(port, '/livez')).status).toBe(200)
    expect((await ask(port, '/')).body).toBe('hi')
    void lifecycle.stop({ force: true })
    await stopped
  })
})

describe('types', () => {
  const lifecycle = new Lifecycle()

  test('a handler is one for every server, and its own handler is typed by the server', () => {
    expectTypeOf(probes(lifecycle)).toEqualTypeOf<ProbeHandler>()
    expectTypeOf(probes(lifecycle)).toExtend<RequestListener>()
    expectTypeOf(probes(lifecycle)).toExtend<(request: Http2ServerRequest, response: Http2ServerResponse) => void>()
    createServer(
      probes(lifecycle, {
        handler: (request, response) => {
          expectTypeOf(request).toEqualTypeOf<IncomingMessage>()
          expectTypeOf(response).toEqualTypeOf<ServerResponse>()
        },
      }),
    )
    createHttp2Server(
      probes(lifecycle, {
        handler: (request, response) => {
          expectTypeOf(request).toEqualTypeOf<Http2ServerRequest>()
          expectTypeOf(response).toEqualTypeOf<Http2ServerResponse>()
        },
      }),
    )
    // @ts-expect-error -- it is no duration
    expectTypeOf(() => probes(lifecycle, { cache: '1s' })).toBeFunction()
    expectTypeOf(new CheckReport([])).toExtend<Awaited<ReturnType<Lifecycle['check']>>>()
  })
})

describe('what goes wrong while a probe is answered', () => {
  test('is handed to `next` where there is one, and no crash', async () => {
    const handler = probes(await running())
    const boom = new Error('a listener of headers has failed')
    const error = await new Promise((resolve) => {
      const response = {
        headersSent: false,
        writeHead: () => {
          throw boom
        },
        end: () => {},
      }
      handler({ method: 'GET', url: '/livez' }, response, resolve)
    })
    expect(error).toBe(boom)
  })

  test('ends the connection where there is no `next`', async () => {
    const handler = probes(await running())
    const port = await serve((request, response) => {
      response.writeHead = () => {
        throw new Error('a listener of headers has failed')
      }
      handler(request, response)
    })
    await expect(ask(port, '/livez')).rejects.toThrow('got none')
  })

  test.each([
    ['errors that are none', Object.assign(new AggregateError([], 'down'), { errors: { host: 'refused' } })],
    [
      '5,000 errors',
      new AggregateError(
        Array.from({ length: 5_000 }, () => new Error('refused')),
        'down',
      ),
    ],
  ])('is not %s of a check: they are told, in short', async (_name, error) => {
    const lifecycle = await running({ name: 'database', check: () => Promise.reject(error) })
    const port = await serve(probes(lifecycle, { verbose: true }))
    const { status, body } = await ask(port, '/readyz')
    expect([status, body.length < 500]).toEqual([503, true])
    expect(body).toContain('AggregateError: down')
  })
})

test.each([
  ['a probe keeps no adaptive delay from its quiet', 'GET'],
  ['another request for its path does', 'POST'],
])('%s', async (_name, method) => {
  const lifecycle = new Lifecycle()
  const server = createServer(probes(lifecycle, { handler: hi }))
  lifecycle.register(serverAdapter(server, { stopDelay: { quiet: 150, max: 600 } }))
  const port = await listen(server)
  expect((await ask(port, '/')).body).toContain('hi')
  const timer = setInterval(() => void ask(port, '/livez', method).catch(() => {}), 20)
  const { duration } = await lifecycle.stop()
  clearInterval(timer)
  if (method === 'GET') expect(duration).toBeLessThan(500)
  else expect(duration).toBeGreaterThanOrEqual(600)
})
