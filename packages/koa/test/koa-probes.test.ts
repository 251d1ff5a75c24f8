import { once } from 'node:events'
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Lifecycle } from '@lastcall/core'
import Koa2 from 'koa2'
import Koa3 from 'koa3'
import { describe, expect, onTestFinished, test } from 'vitest'
import { koaProbes, type ProbeMiddleware } from '../src/koa-probes.ts'

/** What these tests use of an application, whatever its version. */
interface Application {
  readonly silent: boolean
  use(middleware: ProbeMiddleware): unknown
  callback(): RequestListener
}

/** Serves an application on a free port, and returns its origin; the server is closed when the test ends. */
async function serve(app: Application): Promise<string> {
  const server = createServer(app.callback()).listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

/** A started lifecycle with a check that passes, or fails. */
async function running(check: () => unknown = () => {}): Promise<Lifecycle> {
  const lifecycle = new Lifecycle()
  lifecycle.register({ name: 'postgres ü', check })
  await lifecycle.start()
  return lifecycle
}

describe.each<[string, new () => Application]>([
  ['koa 2', Koa2],
  ['koa 3', Koa3],
])('koaProbes with %s', (_name, Koa) => {
  test('answers GET and HEAD with the same headers', async () => {
    const app = new Koa()
    app.use(koaProbes(await running()))
    const origin = await serve(app)
    const body = '{"status":"ready","checks":[{"name":"postgres ü","ok":true}]}\n'
    for (const method of ['GET', 'HEAD']) {
      const response = await fetch(`${origin}/readyz?x`, { method })
      expect([response.status, await response.text()]).toEqual([200, method === 'GET' ? body : ''])
      expect(Object.fromEntries(response.headers)).toMatchObject({
        'content-type': 'application/json',
        'content-length': String(Buffer.byteLength(body)),
        'cache-control': 'no-store',
      })
    }
    expect(await (await fetch(`${origin}/livez`)).json()).toEqual({ status: 'live' })
  })

  test('answers 503 when a check fails, lets nothing of it out, and when the lifecycle stops', async () => {
    const app = new Koa()
    const lifecycle = await running(() => Promise.reject(new Error('secret')))
    app.use(koaProbes(lifecycle))
    const origin = await serve(app)
    const failing = await fetch(`${origin}/healthz`)
    const checks = [{ name: 'postgres ü', ok: false }]
    expect([failing.status, await failing.json()]).toEqual([503, { status: 'failing', checks }])
    await lifecycle.stop()
    const stopped = await fetch(`${origin}/readyz`)
    expect([stopped.status, await stopped.json()]).toEqual([503, { status: 'stopped', checks: [] }])
    expect((await fetch(`${origin}/livez`)).status).toBe(200)
  })

  test.each([
    ['POST', '/livez'],
    ['OPTIONS', '/readyz'],
    ['GET', '/'],
    ['GET', '/livez/x'],
  ])('leaves %s %s to the next', async (method, path) => {
    const app = new Koa()
    app.use(koaProbes(await running()))
    app.use(async (context) => {
      context.body = `${context.method} ${context.url}`
    })
    const response = await fetch((await serve(app)) + path, { method })
    expect([response.status, await response.text()]).toEqual([200, `${method} ${path}`])
  })

  test('passes on what the next rejects with', async () => {
    const app = Object.assign(new Koa(), { silent: true })
    const caught: unknown[] = []
    app.use(async (_context, next) => {
      try {
        await next()
      } catch (error) {
        caught.push(error)
        throw error
      }
    })
    app.use(koaProbes(await running()))
    const boom = new Error('boom')
    app.use(() => Promise.reject(boom))
    expect((await fetch(await serve(app))).status).toBe(500)
    expect(caught).toEqual([boom])
  })

  test('takes the paths it is given, also under a path that has been taken off', async () => {
    const app = new Koa()
    const middleware = koaProbes(await running(), { readyz: '/ready' })
    app.use((context, next) => {
      const mounted = context as typeof context & { path: string }
      if (!mounted.path.startsWith('/health/')) return next()
      mounted.path = mounted.path.slice('/health'.length)
      return middleware(context, next)
    })
    const origin = await serve(app)
    expect((await fetch(`${origin}/health/ready?x`)).status).toBe(200)
    expect((await fetch(`${origin}/health/readyz`)).status).toBe(404)
    expect((await fetch(`${origin}/ready`)).status).toBe(404)
  })

  test('refuses options that are not what they should be', () => {
    const lifecycle = new Lifecycle()
    expect(() => koaProbes(lifecycle, { cache: -1 })).toThrow(RangeError)
    expect(() => koaProbes(lifecycle, { livez: 'live' })).toThrow(TypeError)
    expect(() => koaProbes(lifecycle, { ready: '/ready' } as never)).toThrow(
      new TypeError('Expected `options` to have only `livez`, `readyz`, `cache`, `timeout`, `verbose`, got `ready`'),
    )
    expect(() => koaProbes({} as Lifecycle)).toThrow(
      'Expected `lifecycle` to be a Lifecycle, got an object of `Object`',
    )
  })
})
