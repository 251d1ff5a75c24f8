import type { AddressInfo } from 'node:net'
import { createServer } from 'node:http'
import { createServer as createHttp2Server } from 'node:http2'
import { Lifecycle } from '@lastcall/core'
import type { CutRequest, DrainReport, HttpServer } from '@lastcall/http'
import { connectRaw, connectRawHttp2, passTurns, until } from '@lastcall/testkit'
import type Koa from 'koa3'
import type { Middleware } from 'koa3'
import { describe, expect, test } from 'vitest'
import { koaAdapter } from '../src/index.ts'
import { type KoaClass, majors, mount, type RouterClass, routers } from './majors.ts'

/** A middleware that a request stays in. */
const stay: Middleware = () => new Promise(() => {})

/** Sends a request that is stuck, cuts it, and returns how it was named. */
async function cut(
  app: Koa,
  target: string,
  server?: HttpServer,
): Promise<{ text: string; request: CutRequest | undefined }> {
  const lifecycle = new Lifecycle()
  const adapter = lifecycle.register(koaAdapter(app, { server, listen: { port: 0, host: '127.0.0.1' } }))
  await lifecycle.start()
  const { port } = adapter.server.address() as AddressInfo
  if (server && 'updateSettings' in server) (await connectRawHttp2(port)).request(target)
  else (await connectRaw(port)).send(`GET ${target} HTTP/1.1\r\nHost: localhost\r\n\r\n`)
  await until(() => adapter.inFlight === 1)
  await passTurns()
  const report = await lifecycle.stop({ force: true })
  const drain = report.hooks[0]?.detail as DrainReport
  const text = /cut after [\d.]+ m?s: (.*), answered 503/.exec(String(drain))?.[1] ?? ''
  return { text, request: drain.cutRequests[0] }
}

/** An application with every way to get to a route, or to be stuck before it. */
function createApp(Application: KoaClass, Router: RouterClass): Koa {
  const app = new Application()
  const inner = new Router().get('/:line', stay)
  const orders = new Router({ prefix: '/orders' }).get('/', stay).get('/:id', stay)
  orders.use('/:id/lines', inner.routes())
  const guarded = new Router({ prefix: '/guarded' }).use(stay).get('/:id', stay)
  const main = new Router()
  main.get('/plain', stay).get(/^\/years\/(\d+)$/, stay)
  main.all('/both/new', stay).get('/both/:id', stay)
  main.use(orders.routes()).use(guarded.routes())
  const admin = new Application().use(new Router().get('/', stay).get('/users/:id', stay).routes())
  app.use((context, next) => (context.path === '/stuck' ? stay(context as never, next) : next()))
  return app.use(main.routes()).use(mount('/admin', admin)).use(stay)
}

describe.each(Object.entries(majors))('a request of %s that is cut', (_name, Application) => {
  describe.each(Object.entries(routers))('with %s', (_version, Router) => {
    test.each([
      ['with no parameter', '/plain?token=secret', '/plain'],
      ['that is a RegExp', '/years/2026', String.raw`/^\/years\/(\d+)$/`],
      ['in a router with a prefix', '/orders/7', '/orders/:id'],
      ['at the prefix itself', '/orders', '/orders'],
      ['in a nested router', '/orders/7/lines/3', '/orders/:id/lines/:line'],
      ['that another follows which suits too', '/both/new', '/both/new'],
      ['that follows another', '/both/7', '/both/:id'],
      ['in an application that is mounted', '/admin/users/7?token=secret', '/admin/users/:id'],
      ['at the mount itself', '/admin', '/admin/'],
    ])('is named by its route %s', async (_what, target, route) => {
      const { text, request } = await cut(createApp(Application, Router), target)
      expect(text).toBe(`GET ${route}`)
      expect(request).toMatchObject({ path: target.split('?')[0], route })
    })

    test.each([
      ['in a middleware before the router', '/stuck'],
      ['in a middleware of the router', '/guarded/7'],
      ['behind the router', '/nowhere'],
      ['behind a mount', '/admin/nowhere'],
    ])('is named by its path %s', async (_what, path) => {
      const named = await cut(createApp(Application, Router), `${path}?token=secret`)
      expect(named).toMatchObject({ text: `GET ${path}`, request: { path, route: undefined } })
    })
  })

  const Router = routers['@koa/router 15']!

  test('is named by its route over HTTP/2, too', async () => {
    const named = await cut(createApp(Application, Router), '/orders/7', createHttp2Server())
    expect(named).toMatchObject({ text: 'GET /orders/:id', request: { path: '/orders/7' } })
  })

  test('has no password in its route where it has a whole URL', async () => {
    const named = await cut(createApp(Application, Router), 'http://user:password@localhost/orders/7')
    expect(named).toMatchObject({ text: 'GET /orders/:id', request: { path: '/orders/7' } })
  })

  test('is named by its path where the server came with a listener of its own', async () => {
    const app = createApp(Application, Router)
    const named = await cut(app, '/orders/7', createServer(app.callback() as never))
    expect(named).toMatchObject({ text: 'GET /orders/7', request: { path: '/orders/7', route: undefined } })
  })

  test('is named by its path where there is no router', async () => {
    const app = new Application().use(stay)
    expect(await cut(app, '/orders/7')).toMatchObject({ text: 'GET /orders/7', request: { route: undefined } })
  })
})
