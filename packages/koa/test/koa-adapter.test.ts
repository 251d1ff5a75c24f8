import { AsyncLocalStorage } from 'node:async_hooks'
import { addAbortListener, type EventEmitter, once } from 'node:events'
import { createServer, IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { createServer as createHttp2Server } from 'node:http2'
import { createServer as createHttpsServer } from 'node:https'
import { type AddressInfo, createServer as createNetServer, Socket } from 'node:net'
import { PassThrough } from 'node:stream'
import { Lifecycle } from '@lastcall/core'
import { certificate, connectRaw, connectRawHttp2, type RawClient, until } from '@lastcall/testkit'
import type Koa from 'koa3'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { draining, koaAdapter, type KoaAdapterOptions, onDrain, type ServerAdapter } from '../src/index.ts'
import { majors } from './majors.ts'

const where = { port: 0, host: '127.0.0.1' }
const closing = /^HTTP\/1\.1 \d+ [^]*\r\nConnection: close\r\n/

interface Started {
  readonly lifecycle: Lifecycle
  readonly adapter: ServerAdapter<Server>
  readonly connect: () => Promise<RawClient>
}

/** Starts an application. */
async function start(app: Koa, options: KoaAdapterOptions = {}): Promise<Started> {
  const lifecycle = new Lifecycle()
  const adapter = lifecycle.register(koaAdapter(app, { listen: where, ...options }))
  await lifecycle.start()
  onTestFinished(async () => {
    await lifecycle.stop({ force: true })
  })
  const { port } = adapter.server.address() as AddressInfo
  return { lifecycle, adapter, connect: () => connectRaw(port) }
}

/** Asks an application once, and resolves to all of its answer. */
async function get(app: Koa, options: KoaAdapterOptions = {}): Promise<string> {
  const { lifecycle, adapter, connect } = await start(app, options)
  const client = await connect()
  await until(() => adapter.connections === 1)
  await adapter.beforeStop()
  client.get('/')
  await client.closed
  expect(await lifecycle.stop()).toMatchObject({ ok: true })
  return client.received
}

/** Everything that an application holds, and every listener on it. */
function picture(app: Koa): object {
  const emitter: EventEmitter = app
  return {
    own: Reflect.ownKeys(app).map((key) => [key, Reflect.get(app, key)]),
    middleware: [...app.middleware],
    parts: [app, app.context, app.request, app.response].map((each) => [
      Object.getPrototypeOf(each),
      Reflect.ownKeys(each),
    ]),
    listeners: emitter.eventNames().map((name) => [name, emitter.listeners(name)]),
  }
}

describe.each(Object.entries(majors))('koaAdapter, of %s,', (_name, Application) => {
  test('makes a server for the application, which `listen` binds', async () => {
    const app = new Application().use((context) => {
      context.body = 'hi'
    })
    const details: unknown[] = []
    const lifecycle = new Lifecycle()
    lifecycle.on('hookStarted', ({ detail }) => details.push(detail))
    const adapter = lifecycle.register(koaAdapter(app, { listen: where }))
    await lifecycle.start()
    const { port } = adapter.server.address() as AddressInfo
    expect(details).toEqual([`listening on http://127.0.0.1:${port}`])
    const client = await connectRaw(port)
    client.get('/')
    await client.receives(/hi$/)
    expect(await lifecycle.stop()).toMatchObject({ ok: true, hooks: [{ name: 'http' }] })
    expect(adapter.server.listening).toBe(false)
  })

  test('gives a server of its own the application, and serves HTTPS by it', async () => {
    const app = new Application().use((context) => {
      context.body = 'hi'
    })
    const server = createHttpsServer(certificate)
    const lifecycle = new Lifecycle()
    expect(lifecycle.register(koaAdapter(app, { server, listen: where })).server).toBe(server)
    await lifecycle.start()
    const client = await connectRaw((server.address() as AddressInfo).port, { secure: true })
    client.get('/')
    await client.receives(/hi$/)
    expect(await lifecycle.stop()).toMatchObject({ ok: true })
  })

  test('leaves the listener of a server that has one', async () => {
    const app = new Application().use((context) => {
      context.body = 'hi'
    })
    const listener = vi.fn<(request: IncomingMessage, response: ServerResponse) => void>(app.callback())
    expect(await get(app, { server: createServer(listener) })).toMatch(/hi$/)
    expect(listener).toHaveBeenCalledOnce()
  })

  test('changes nothing on the application, which Koa itself gives a listener for errors with the first request', async () => {
    const app = new Application({ keys: ['key'] }).use((context) => {
      context.body = 'hi'
    })
    const before = picture(app)
    const { lifecycle, connect } = await start(app)
    expect(picture(app)).toEqual(before)
    app.on('error', () => {})
    const withListener = picture(app)
    const client = await connect()
    client.get('/')
    await client.receives(/hi$/)
    expect(await lifecycle.stop()).toMatchObject({ ok: true })
    expect(picture(app)).toEqual(withListener)
  })

  test('has Koa print errors where the application has no listener for them, and the application no other', async () => {
    const app = new Application().use(() => {
      throw new Error('broken')
    })
    const printed = vi.spyOn(console, 'error').mockImplementation(() => {})
    onTestFinished(() => printed.mockRestore())
    expect(await get(app)).toMatch(/^HTTP\/1\.1 500 /)
    expect(printed.mock.calls.flat().join('')).toContain('Error: broken')
    expect(app.listeners('error')).toEqual([Reflect.get(app, 'onerror')])
    // Node names events by a count that it keeps beside its listeners.
    expect(app.eventNames()).toEqual(['error'])
  })

  test('gives handlers the application itself, and the current context', async () => {
    const seen: unknown[] = []
    const app = new Application({ asyncLocalStorage: true })
    app.use(async (context, next) => {
      await next()
      seen.push(context.app === app, app.currentContext === context)
    })
    app.use(async (context) => {
      await new Promise(setImmediate)
      seen.push(context.request.app === app, app.currentContext === context)
      context.body = 'hi'
    })
    expect(await get(app)).toMatch(/hi$/)
    expect(seen).toEqual([true, true, true, true])
  })

  test('passes requests on to what is used after the adapter was made, and to what extends the context', async () => {
    const app = new Application()
    const { connect } = await start(app)
    app.context['greeting'] = 'hello'
    app.use((context) => {
      context.body = context['greeting'] as string
    })
    const client = await connect()
    client.get('/')
    expect(await client.receives(/\r\n\r\n(.*)$/)).toContain('hello')
  })

  test('is at home with a class of its own that has private state', async () => {
    class Counting extends Application {
      #count = 0

      get count(): number {
        return this.#count
      }

      override createContext(request: never, response: never): never {
        this.#count += 1
        return super.createContext(request, response) as never
      }

      handleRequest(...args: unknown[]): unknown {
        this.#count += 1
        return (Reflect.get(Application.prototype, 'handleRequest') as Function).apply(this, args)
      }
    }
    const app = new Counting()
    app.use((context) => {
      context.body = 'hi'
    })
    expect(await get(app)).toMatch(/hi$/)
    expect(app.count).toBe(2)
  })

  test('is served with a `callback` of its own that has private state, but for its routes', async () => {
    class Private extends Application {
      #calls = 0

      override callback(): ReturnType<Koa['callback']> {
        this.#calls += 1
        if (this.#calls > 1) throw new Error('called twice')
        return super.callback()
      }
    }
    const app = new Private().use((context) => {
      context.body = 'hi'
    })
    expect(await get(app as never)).toMatch(/hi$/)
  })

  test('ends an endless response by `draining`, and its client sees it whole', async () => {
    const app = new Application().use((context) => {
      const events = new PassThrough()
      const listener = addAbortListener(draining(context), () => events.end('{"event":"end"}\n'))
      events.on('close', () => listener[Symbol.dispose]())
      events.write('{"event":1}\n')
      context.type = 'application/x-ndjson'
      context.body = events
    })
    const { lifecycle, adapter, connect } = await start(app)
    const clients = [await connect(), await connect()]
    clients[0]?.get('/events')
    await clients[0]?.receives(/"event":1/)
    await until(() => adapter.connections === 2)
    const stopping = lifecycle.stop()
    await until(() => !adapter.server.listening)
    // It comes when the signal has aborted.
    clients[1]?.get('/events')
    for (const client of clients) await client.receives(/{"event":1}\n[^]*{"event":"end"}\n\r\n0\r\n\r\n$/)
    const report = await stopping
    expect(report.duration).toBeLessThan(1_000)
    expect(String(report.hooks[0]?.detail)).toBe('2 requests finished, 0 cut')
  })

  test('beside `app.listen()`, `unused` says what to pass', async () => {
    const app = new Application()
    const adapter = koaAdapter(app as never)
    const server = app.listen(0, '127.0.0.1')
    await once(server, 'listening')
    onTestFinished(() => void server.close())
    const advice = 'Pass the server that listens: `koaAdapter(app, { server: app.listen(8089) })`'
    expect(adapter.unused()).toBe(`The server has never listened and has never had a connection. ${advice}`)
    expect(koaAdapter(app as never, { server }).unused()).toBeUndefined()
    // Where the application has said which server, that one is to listen.
    for (const options of [{ server: createServer() }, { listen: where }]) {
      expect(koaAdapter(app as never, options).unused()).toMatch(/connection\. Call `server\.listen/)
    }
  })

  test('ends an endless response by `onDrain`, before the stop and of a late request', async () => {
    const app = new Application().use((context) => {
      const events = new PassThrough()
      events.write('begin ')
      onDrain(context, () => events.end('end'))
      context.body = events
    })
    const { lifecycle, adapter, connect } = await start(app)
    const clients = [await connect(), await connect()]
    clients[0]?.get('/events')
    await clients[0]?.receives(/begin/)
    await until(() => adapter.connections === 2)
    const stopping = lifecycle.stop()
    await until(() => !adapter.server.listening)
    clients[1]?.get('/events')
    for (const client of clients) await client.receives(/begin [^]*end\r\n0\r\n\r\n$/)
    expect(String((await stopping).hooks[0]?.detail)).toBe('2 requests finished, 0 cut')
  })

  test.each([undefined, null, 'ctx', {}, { req: undefined }])('`draining` and `onDrain` refuse %o', (context) => {
    for (const [name, call] of [
      ['draining', () => draining(context as never)],
      ['onDrain', () => onDrain(context as never, () => {})],
    ] as const) {
      expect(call).toThrow(TypeError)
      expect(call).toThrow(
        new RegExp(`^Expected \`context\` of \`${name}\` to be Koa's context, got .*Write \`${name}\\(ctx\\)\``),
      )
    }
  })

  test('`draining` refuses a request of Node, which Koa has as `ctx.req`', () => {
    const request = new IncomingMessage(new Socket())
    expect(() => draining(request as never)).toThrow('got an object of `IncomingMessage`. Write `draining(ctx)`')
    expect(draining({ req: request }).aborted).toBe(false)
  })

  test('ends an endless response over HTTP/2 by `draining`', async () => {
    const app = new Application().use((context) => {
      const events = new PassThrough()
      draining(context).addEventListener('abort', () => events.end('end'))
      events.write('begin ')
      context.body = events
    })
    const server = createHttp2Server()
    const lifecycle = new Lifecycle()
    lifecycle.register(koaAdapter(app, { server, listen: where }))
    await lifecycle.start()
    const client = await connectRawHttp2((server.address() as AddressInfo).port)
    const stream = client.request('/events')
    await client.receives(({ responses }) => responses.get(stream)?.body)
    const report = await lifecycle.stop()
    expect(await client.answer(stream)).toMatchObject({ status: 200, body: 'begin end', ended: true })
    expect(report).toMatchObject({ ok: true })
  })

  test.each<[string, Koa.Middleware, RegExp]>([
    [
      'a sync middleware',
      (context) => {
        context.body = 'hi'
      },
      /hi$/,
    ],
    [
      'an async middleware',
      async (context) => {
        await new Promise(setImmediate)
        context.body = { hi: true }
      },
      /{"hi":true}$/,
    ],
    ['nothing but the 404 of Koa', (_context, next) => next(), /^HTTP\/1\.1 404 /],
    [
      'an error that is thrown during the drain',
      (context) => {
        context.app.silent = true
        throw new Error('broken')
      },
      /^HTTP\/1\.1 500 [^]*Internal Server Error$/,
    ],
  ])('tells clients to close by the answer of %s', async (_what, middleware, expected) => {
    const answer = await get(new Application().use(middleware))
    expect(answer).toMatch(closing)
    expect(answer).toMatch(expected)
  })

  test('leaves errors to the application: its listener gets the error and the context', async () => {
    const app = new Application().use((context) => {
      context.throw(503, 'not now', { expose: true })
    })
    const errors: unknown[][] = []
    app.on('error', (error: Error, context: Koa.Context) => errors.push([error.message, context.app === app]))
    expect(await get(app)).toMatch(/^HTTP\/1\.1 503 [^]*not now$/)
    expect(errors).toEqual([['not now', true]])
  })

  test('takes the options of `serverAdapter`', () => {
    const options = { name: 'api', timeout: 1_000, closeIdleAfter: 0, lateRequests: 'refuse' } as const
    expect(koaAdapter(new Application(), options)).toMatchObject({ name: 'api', timeout: 1_000 })
    expect(() => koaAdapter(new Application(), { closeIdleAfter: -1 })).toThrow(RangeError)
    expect(() => koaAdapter(new Application(), { server: undefined, name: undefined })).not.toThrow()
  })

  test.each([
    ['an http server', () => createServer(), 'an object of `Server`'],
    ['the class itself', () => Application, 'the function `Application`'],
    ['the callback of one', () => new Application().callback(), 'the function `handleRequest`'],
    ['undefined', () => undefined, '`undefined`'],
    ['null', () => null, '`null`'],
  ])('refuses %s for an application', (_what, create, got) => {
    expect(() => koaAdapter(create() as never)).toThrow(
      new TypeError(`Expected \`app\` to be an application of Koa, as \`new Koa()\` makes it, got ${got}`),
    )
  })

  test.each([null, {}, createNetServer(), new Application()])('refuses %o for a server', (server) => {
    expect(() => koaAdapter(new Application(), { server: server as never })).toThrow(
      /^Expected `server` to be a server of node:http, node:https or node:http2, as `createServer` makes it, got /,
    )
  })

  test.each<[object, string]>([
    [
      { sever: createServer() },
      '`options` to have only `name`, `timeout`, `listen`, `stopDelay`, `closeIdleAfter`, `closeSilentAfter`, `lateRequests`, `eventStreams`, `webSockets`, `server`, got `sever`',
    ],
    [{ stopDelay: { quite: 1, max: 5 } }, '`stopDelay` to have only `min`, `quiet`, `max`, got `quite`'],
    [{ listen: { prot: 8089 } }, '`listen` to have only `port`, `host`, `path`, `fd`, '],
  ])('refuses options of %o, and lists those that it knows', (options, message) => {
    const adapt = (): unknown => koaAdapter(new Application(), options as never)
    expect(adapt).toThrow(TypeError)
    expect(adapt).toThrow(`Expected ${message}`)
  })

  test('`draining` never aborts where the application has no adapter', async () => {
    const app = new Application().use((context) => {
      context.body = String(draining(context).aborted)
    })
    const server = app.listen(0, '127.0.0.1')
    await once(server, 'listening')
    onTestFinished(() => void server.close())
    const client = await connectRaw((server.address() as AddressInfo).port)
    client.get('/')
    expect(await client.receives(/(true|false)$/)).toContain('false')
  })
})

test('an AsyncLocalStorage of the application is used', async () => {
  const storage = new AsyncLocalStorage<Koa.DefaultContext>()
  const app = new majors['Koa 3']({ asyncLocalStorage: storage }).use((context) => {
    context.body = String(storage.getStore() === context)
  })
  expect(await get(app)).toMatch(/true$/)
})
