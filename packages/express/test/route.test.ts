import type { AddressInfo } from 'node:net'
import { Lifecycle } from '@lastcall/core'
import type { CutRequest, DrainReport } from '@lastcall/http'
import { connectRaw, until } from '@lastcall/testkit'
import type { Application, ErrorRequestHandler, RequestHandler } from 'express5'
import { describe, expect, test } from 'vitest'
import { expressAdapter } from '../src/index.ts'
import { type Express, majors } from './majors.ts'

/** A handler, or a middleware, that a request stays in. */
const stay: RequestHandler = () => {}
const stayWithError: ErrorRequestHandler = (_error, _request, _response, _next) => {}

/** Sends a request that is stuck, cuts it, and returns how it was named. */
async function cut(app: Application, request: string): Promise<{ text: string; request: CutRequest | undefined }> {
  const lifecycle = new Lifecycle()
  const adapter = lifecycle.register(expressAdapter(app, { listen: { port: 0, host: '127.0.0.1' } }))
  await lifecycle.start()
  const client = await connectRaw((adapter.server.address() as AddressInfo).port)
  client.send(`${request} HTTP/1.1\r\nHost: localhost\r\n\r\n`)
  await until(() => adapter.inFlight === 1)
  // Express passes a request on in later turns of the event loop.
  await new Promise((resolve) => {
    setTimeout(resolve, 20)
  })
  const report = await lifecycle.stop({ force: true })
  const drain = report.hooks[0]?.detail as DrainReport
  const text = /cut after [\d.]+ m?s: (.*), answered 503/.exec(String(drain))?.[1] ?? ''
  return { text, request: drain.cutRequests[0] }
}

/** An application with every way to get to a route, or to be stuck before it. */
function createApp(express: Express): Application {
  const app = express()
  const inner = express.Router().use('/stuck', stay).get('/:line', stay)
  const orders = express.Router({ mergeParams: true }).get('/', stay).get('/:id', stay).use('/:id/lines', inner)
  const admin = express().get('/users/:id', stay)
  app.use('/stuck', stay)
  app.all(express === majors['Express 4'] ? '*' : '/{*any}', (_request, _response, next) => next())
  app.get('/plain', stay)
  app.get(['/one', '/two/:id'], stay)
  app.get(/^\/years\/(\d+)$/g, stay)
  app.get(express === majors['Express 4'] ? '/files/*' : '/files/*path', stay)
  app.use('/orders', orders)
  app.use('/:tenant/orders', orders)
  app.use('/admin', admin)
  app.get('/broken/:id', () => {
    throw new Error('broken')
  })
  app.get('/passed/:id', (_request, _response, next) => next())
  app.use(
    '/left',
    express.Router().get('/:id', (_request, _response, next) => next()),
  )
  app.use(
    '/failed',
    express.Router().get('/:id', (_request, _response, next) => next(new Error('failed'))),
  )
  app.use(stay, stayWithError)
  return app
}

describe.each(Object.entries(majors))('a request of %s that is cut', (name, express) => {
  const wildcard = name === 'Express 4' ? '/files/*' : '/files/*path'

  test.each([
    ['with no parameter', 'GET /plain?token=secret', '/plain'],
    ['with a path for which the case, and a slash at the end, means nothing', 'GET /PLAIN/', '/plain'],
    ['with a parameter', 'GET /two/7', '/two/:id'],
    ['that has more than one path', 'GET /one', '/one'],
    ['that is a RegExp', 'GET /years/2026?token=secret', String.raw`/^\/years\/(\d+)$/g`],
    ['with a wildcard', 'GET /files/a/b', wildcard],
    ['in a mounted router', 'GET /orders/7', '/orders/:id'],
    ['at the mount itself', 'GET /orders', '/orders/'],
    ['in a router that is mounted with a parameter', 'GET /acme/orders/7', '/acme/orders/:id'],
    ['in a nested router', 'GET /orders/7/lines/3', '/orders/7/lines/:line'],
    ['in a mounted application', 'GET /admin/users/7', '/admin/users/:id'],
    ['whose error a middleware handles', 'GET /broken/7', '/broken/:id'],
  ])('is named by its route %s', async (_what, request, route) => {
    const named = await cut(createApp(express), request)
    expect(named.text).toBe(`GET ${route}`)
    expect(named.request?.route).toBe(route)
    expect(named.request?.path).toBe(/ (\/[^?]*)/.exec(request)?.[1])
  })

  test.each([
    ['that is in a middleware before any route', '/stuck'],
    ['that suits no route', '/nowhere'],
    ['that is in a middleware of a nested router', '/orders/7/lines/stuck'],
    ['that has left a mounted router, whose mount is no longer known', '/left/7'],
    ['whose error has left a mounted router', '/failed/7'],
  ])('is named by its path where it is one %s', async (_what, path) => {
    const app = createApp(express)
    const named = await cut(app, `GET ${path}?token=secret`)
    expect(named).toMatchObject({ text: `GET ${path}`, request: { path, route: undefined } })
  })

  test('is named by the route that it has passed, where that has led it on', async () => {
    expect(await cut(createApp(express), 'GET /passed/7')).toMatchObject({ text: 'GET /passed/:id' })
  })

  test('is named by its path where the request has a whole URL', async () => {
    const named = await cut(createApp(express), 'GET http://user:password@localhost/orders/7')
    expect(named.text).toBe('GET /orders/7')
  })

  test('leaves the RegExp of its route as it was', async () => {
    const route = /^\/years/g
    const app = express()
    app.get(route, () => {
      route.lastIndex = 3
    })
    expect((await cut(app, 'GET /years')).text).toBe(`GET ${route}`)
    expect(route.lastIndex).toBe(3)
  })
})
