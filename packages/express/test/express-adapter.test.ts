import { addAbortListener, type EventEmitter, once } from 'node:events'
import { createServer, type RequestListener, type Server } from 'node:http'
import { createServer as createHttpsServer } from 'node:https'
import { createServer as createNetServer, type AddressInfo } from 'node:net'
import { Lifecycle, StartError } from '@lastcall/core'
import { certificate, connectRaw, type RawClient, until } from '@lastcall/testkit'
import type { Application, ErrorRequestHandler } from 'express5'
import { describe, expect, onTestFinished, test } from 'vitest'
import { draining, expressAdapter, type ExpressAdapterOptions, onDrain, type ServerAdapter } from '../src/index.ts'
import { majors } from './majors.ts'

const where = { port: 0, host: '127.0.0.1' }
const closing = /^HTTP\/1\.1 \d+ [^]*\r\nConnection: close\r\n/

/** Starts an application. */
async function start(
  app: Application,
  options: ExpressAdapterOptions = {},
): Promise<{ lifecycle: Lifecycle; adapter: ServerAdapter<Server>; connect: () => Promise<RawClient> }> {
  const lifecycle = new Lifecycle()
  const adapter = lifecycle.register(expressAdapter(app, { listen: where, ...options }))
  await lifecycle.start()
  onTestFinished(async () => {
    await lifecycle.stop({ force: true })
  })
  const { port } = adapter.server.address() as AddressInfo
  return { lifecycle, adapter, connect: () => connectRaw(port) }
}

/** Everything that an application holds, and every listener on it. */
function picture(app: Application): object {
  const emitter = app as unknown as EventEmitter
  // Express 4 throws where `router` is asked for.
  const {
    _router: router4,
    request,
    response,
  } = app as unknown as {
    readonly _router?: Application['router']
    readonly request: object
    readonly response: object
  }
  const { stack } = router4 ?? app.router
  return {
    keys: Reflect.ownKeys(app),
    settings: { ...app.settings },
    stack: [...stack],
    prototypes: [app, request, response].map((each) => [Object.getPrototypeOf(each), Reflect.ownKeys(each)]),
    listeners: emitter.eventNames().map((name) => [name, emitter.listeners(name)]),
  }
}

describe.each(Object.entries(majors))('expressAdapter, of %s,', (_name, express) => {
  test('makes a server for the application, which `listen` binds', async () => {
    const app = express()
    app.get('/', (_request, response) => void response.send('hi'))
    const details: unknown[] = []
    const lifecycle = new Lifecycle()
    lifecycle.on('hookStarted', ({ detail }) => details.push(detail))
    const adapter = lifecycle.register(expressAdapter(app, { listen: where }))
    await lifecycle.start()
    const { port } = adapter.server.address() as AddressInfo
    expect(details).toEqual([`listening on http://127.0.0.1:${port}`])
    const client = await connectRaw(port)
    client.get('/')
    await client.receives(/hi$/)
    expect(await lifecycle.stop()).toMatchObject({ ok: true, hooks: [{ name: 'http' }] })
    expect(adapter.server.listening).toBe(false)
  })

  test('rejects the start on a port in use', async () => {
    const other = createServer().listen(0, '127.0.0.1')
    await once(other, 'listening')
    onTestFinished(() => void other.close())
    const lifecycle = new Lifecycle()
    lifecycle.register(expressAdapter(express(), { listen: { ...where, port: (other.address() as AddressInfo).port } }))
    const error = await lifecycle.start().catch((reason: unknown) => reason)
    expect(error).toBeInstanceOf(StartError)
    expect(error).toMatchObject({ cause: { code: 'EADDRINUSE' } })
  })

  test('gives a server of its own the application, and serves HTTPS by it', async () => {
    const app = express()
    app.get('/', (_request, response) => void response.send('hi'))
    const server = createHttpsServer(certificate)
    const lifecycle = new Lifecycle()
    const adapter = lifecycle.register(expressAdapter(app, { server, listen: where }))
    expect(adapter.server).toBe(server)
    expect(server.listeners('request')).toContain(app)
    await lifecycle.start()
    const client = await connectRaw((server.address() as AddressInfo).port, { secure: true })
    client.get('/')
    await client.receives(/hi$/)
    expect(await lifecycle.stop()).toMatchObject({ ok: true })
  })

  test('leaves the listener of a server that has one', () => {
    const app = express()
    const wrapped: RequestListener = (request, response) => void app(request, response)
    for (const listener of [wrapped, app]) {
      const server = createServer(listener)
      expressAdapter(app, { server })
      expect(server.listeners('request').filter((each) => each === app || each === wrapped)).toEqual([listener])
    }
  })

  test('changes nothing on the application', async () => {
    const app = express()
    app.set('trust proxy', true)
    app.use((_request, _response, next) => next())
    app.get('/orders/:id', (request, response) => {
      response.write('hi')
      draining(request).addEventListener('abort', () => response.end())
    })
    const before = picture(app)
    const { lifecycle, connect } = await start(app)
    const client = await connect()
    client.get('/orders/7')
    await client.receives(/hi/)
    expect(await lifecycle.stop()).toMatchObject({ ok: true })
    expect(picture(app)).toEqual(before)
  })

  test('beside `app.listen()`, `unused` says what to pass', async () => {
    const app = express()
    const adapter = expressAdapter(app as never)
    const server = app.listen(0, '127.0.0.1')
    await once(server, 'listening')
    onTestFinished(() => void server.close())
    const advice = 'Pass the server that listens: `expressAdapter(app, { server: app.listen(8089) })`'
    expect(adapter.unused()).toBe(`The server has never listened and has never had a connection. ${advice}`)
    expect(expressAdapter(app as never, { server }).unused()).toBeUndefined()
    // Where the application has said which server, that one is to listen.
    for (const options of [{ server: createServer() }, { listen: where }]) {
      expect(expressAdapter(app as never, options).unused()).toMatch(/connection\. Call `server\.listen/)
    }
  })

  test('ends an endless response by `onDrain`, and refuses a response in place of the request', async () => {
    const app = express()
    const errors: unknown[] = []
    app.get('/events', (request, response) => {
      response.type('text/event-stream').write('data: 1\n\n')
      onDrain(request, () => response.end())
      try {
        onDrain(response as never, () => {})
      } catch (error) {
        errors.push(error)
      }
    })
    const { lifecycle, connect } = await start(app)
    const client = await connect()
    client.get('/events')
    await client.receives(/data: 1/)
    const report = await lifecycle.stop()
    await client.receives(/\r\n0\r\n\r\n$/)
    expect(String(report.hooks[0]?.detail)).toBe('1 request finished, 0 cut')
    expect(errors.map(String)).toEqual([
      expect.stringMatching(/^TypeError: .*got a response\. Write `onDrain\(response\.req\)`$/),
    ])
  })

  test('ends an endless response by `draining`, and its client sees it whole', async () => {
    const app = express()
    app.get('/events', (request, response) => {
      response.type('application/x-ndjson').write('{"event":1}\n')
      const listener = addAbortListener(draining(request), () => response.end('{"event":"end"}\n'))
      response.on('close', () => listener[Symbol.dispose]())
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

  test.each<[string, (app: Application) => void]>([
    ['a sync handler', (app) => void app.get('/', (_request, response) => void response.send('hi'))],
    [
      'an async handler',
      (app) =>
        void app.get('/', async (_request, response) => {
          await new Promise(setImmediate)
          response.json({ hi: true })
        }),
    ],
    ['nothing but the 404 of Express', () => {}],
  ])('tells clients to close by the answer of %s', async (_what, declare) => {
    const app = express()
    declare(app)
    const { lifecycle, adapter, connect } = await start(app)
    const client = await connect()
    client.get('/')
    await client.receives(/\r\nConnection: keep-alive\r\n/)
    await until(() => adapter.inFlight === 0)
    const late = await connect()
    await until(() => adapter.connections === 2)
    await adapter.beforeStop()
    late.get('/')
    await late.receives(closing)
    await late.closed
    expect(await lifecycle.stop()).toMatchObject({ ok: true })
  })

  test('leaves errors to Express: one that is thrown during the drain is answered 500', async () => {
    const app = express()
    // Express prints errors in any other environment.
    app.set('env', 'test')
    const thrown: string[] = []
    app.get('/default', () => {
      throw new Error('default')
    })
    app.get('/own', () => {
      throw new Error('own')
    })
    const handleError: ErrorRequestHandler = (error: Error, _request, response, next) => {
      thrown.push(error.message)
      if (error.message === 'own') response.status(500).send('handled')
      else next(error)
    }
    app.use(handleError)
    const { lifecycle, adapter, connect } = await start(app)
    const clients = [await connect(), await connect()]
    await until(() => adapter.connections === 2)
    await adapter.beforeStop()
    clients[0]?.get('/default')
    clients[1]?.get('/own')
    for (const client of clients) {
      await client.receives(closing)
      await client.closed
      expect(client.received).toMatch(/^HTTP\/1\.1 500 /)
    }
    expect(clients[1]?.received).toMatch(/handled$/)
    expect(thrown.toSorted()).toEqual(['default', 'own'])
    expect(await lifecycle.stop()).toMatchObject({ ok: true })
  })

  test('takes the options of `serverAdapter`', async () => {
    const options = {
      name: 'api',
      timeout: 1_000,
      closeIdleAfter: 0,
      closeSilentAfter: 0,
      lateRequests: 'refuse',
    } as const
    expect(expressAdapter(express(), options)).toMatchObject({ name: 'api', timeout: 1_000 })
    expect(() => expressAdapter(express(), { closeIdleAfter: -1 })).toThrow(RangeError)
    expect(() => expressAdapter(express(), { server: undefined, name: undefined })).not.toThrow()
  })

  test.each([
    ['an http server', () => createServer(), 'an object of `Server`'],
    ['a router', () => express.Router(), 'the function `router`'],
    ['the framework itself', () => express, 'the function `createApplication`'],
    ['a handler', () => (_request: unknown) => {}, 'the function `anonymous`'],
    ['undefined', () => undefined, '`undefined`'],
    ['null', () => null, '`null`'],
  ])('refuses %s for an application', (_what, create, got) => {
    expect(() => expressAdapter(create() as never)).toThrow(
      new TypeError(`Expected \`app\` to be an application of Express, as \`express()\` makes it, got ${got}`),
    )
  })

  test.each([null, {}, createNetServer(), express()])('refuses %o for a server', (server) => {
    expect(() => expressAdapter(express(), { server: server as never })).toThrow(
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
    const adapt = (): unknown => expressAdapter(express(), options as never)
    expect(adapt).toThrow(TypeError)
    expect(adapt).toThrow(`Expected ${message}`)
  })

  test('refuses a server that has an adapter', () => {
    const { server } = expressAdapter(express())
    expect(() => expressAdapter(express(), { server })).toThrow('Expected `server` to have no adapter yet')
  })
})

test('`draining` never aborts where the application has no adapter', async () => {
  const app = majors['Express 5']()
  app.get('/', (request, response) => void response.send(String(draining(request).aborted)))
  const server = app.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => void server.close())
  const client = await connectRaw((server.address() as AddressInfo).port)
  client.get('/')
  expect(await client.receives(/(true|false)$/)).toContain('false')
})
