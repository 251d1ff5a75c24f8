import { once } from 'node:events'
import { createServer, type IncomingMessage, type RequestListener } from 'node:http'
import { createServer as createHttp2Server, type ServerHttp2Stream } from 'node:http2'
import type { AddressInfo } from 'node:net'
import { connectRaw, connectRawHttp2, listen, until } from '@lastcall/testkit'
import { describe, expect, test, vi } from 'vitest'
import { appAdapter, type FrameworkText, serverAdapter } from '../src/index.ts'

const cutNow = { signal: AbortSignal.abort() }
const hi: RequestListener = (_request, response) => response.end('hi')
const other: RequestListener = () => {}

describe('route', () => {
  test('is asked for when a request is named and not before, and stands in place of the path', async () => {
    const requests: IncomingMessage[] = []
    const server = createServer((request) => requests.push(request))
    const route = vi.fn<FrameworkText>(() => '/orders/:id')
    const adapter = serverAdapter(server, { route })
    const client = await connectRaw(await listen(server))
    client.get('/orders/7?token=secret')
    await until(() => requests.length === 1)
    await adapter.beforeStop()
    expect(route).not.toHaveBeenCalled()
    expect(adapter.waitingFor()).toMatch(/^1 connection, GET \/orders\/:id for \d+ ms$/)
    const report = await adapter.stop(cutNow)
    expect(route.mock.calls).toEqual([[requests[0]], [requests[0]]])
    expect(report.cutRequests).toMatchObject([{ method: 'GET', path: '/orders/7', route: '/orders/:id' }])
    expect(String(report)).toMatch(/\ncut after [\d.]+ m?s: GET \/orders\/:id, answered 503$/)
  })

  test('is asked for with the stream over HTTP/2', async () => {
    const streams: ServerHttp2Stream[] = []
    const server = createHttp2Server().on('stream', (stream) => void streams.push(stream))
    const route = vi.fn<FrameworkText>(() => '/orders/:id')
    const adapter = serverAdapter(server, { route })
    const client = await connectRawHttp2(await listen(server))
    client.request('/orders/7')
    await until(() => streams.length === 1)
    const report = await adapter.stop(cutNow)
    expect(route.mock.calls).toEqual([[streams[0]]])
    expect(report.cutRequests).toMatchObject([{ path: '/orders/7', route: '/orders/:id' }])
  })

  test.each<[string, FrameworkText]>([
    ['says nothing', () => undefined],
    [
      'throws',
      () => {
        throw new Error('no route')
      },
    ],
  ])('that %s leaves the path', async (_what, say) => {
    const requests: IncomingMessage[] = []
    const server = createServer((request) => requests.push(request))
    const adapter = serverAdapter(server, { route: say, target: say })
    const client = await connectRaw(await listen(server))
    client.get('/orders/7')
    await until(() => requests.length === 1)
    await adapter.beforeStop()
    expect(adapter.waitingFor()).toMatch(/GET \/orders\/7 for/)
    const report = await adapter.stop(cutNow)
    expect(report.cutRequests).toMatchObject([{ path: '/orders/7', route: undefined }])
    expect(String(report)).toMatch(/: GET \/orders\/7, answered 503$/)
  })

  test('is not asked for with an upgrade', async () => {
    const server = createServer().on('upgrade', () => {})
    const route = vi.fn<FrameworkText>(() => '/chat')
    const adapter = serverAdapter(server, { route })
    const client = await connectRaw(await listen(server))
    client.send('GET /chat/7 HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: test\r\n\r\n')
    await once(server, 'upgrade')
    const report = await adapter.stop(cutNow)
    expect(report.cutRequests).toMatchObject([{ path: '/chat/7', route: undefined, upgraded: true }])
    expect(route).not.toHaveBeenCalled()
  })
})

test('target stands in place of a URL that a framework has rewritten', async () => {
  const server = createServer((request) => {
    request.url = '/7'
  })
  const adapter = serverAdapter(server, { target: () => '/orders/7?token=secret' })
  const client = await connectRaw(await listen(server))
  client.get('/orders/7?token=secret')
  await until(() => adapter.inFlight === 1)
  const report = await adapter.stop(cutNow)
  expect(report.cutRequests).toMatchObject([{ path: '/orders/7' }])
})

describe('appAdapter', () => {
  test('says for an unused server of its own what to write, where the framework has such a function', () => {
    const app = { listener: hi, withServer: 'fancyAdapter(app, { server: app.listen(8089) })' }
    expect(appAdapter(app).unused()).toMatch(/ Pass the server that listens: `fancyAdapter\(app, /)
    expect(appAdapter(app, { server: createServer() }).unused()).not.toContain('fancyAdapter')
    expect(appAdapter({ listener: hi }).unused()).not.toContain('Pass the server that listens')
  })

  test('makes a server of node:http, which the application answers', async () => {
    const adapter = appAdapter({ listener: hi }, { listen: { port: 0, host: '127.0.0.1' } })
    const context = new AbortController()
    expect(await adapter.start?.(context)).toMatch(/^listening on http:/)
    const client = await connectRaw((adapter.server.address() as AddressInfo).port)
    client.get('/')
    await client.receives(/hi$/)
    await adapter.stop(context)
  })

  test('gives a server without a listener for requests the application, and leaves one that has one', () => {
    const [bare, own] = [createServer(), createServer(hi)]
    expect(appAdapter({ listener: other }, { server: bare }).server).toBe(bare)
    expect(appAdapter({ listener: other }, { server: own }).server).toBe(own)
    expect(bare.listeners('request')).toContain(other)
    expect(own.listeners('request')).toContain(hi)
    expect(own.listeners('request')).not.toContain(other)
  })

  test('leaves the server alone where an option is wrong', () => {
    const server = createServer()
    expect(() => appAdapter({ listener: hi }, { server, closeIdleAfter: -1 })).toThrow(RangeError)
    expect(server.listenerCount('request')).toBe(0)
  })

  test.each([
    [5, '`5`'],
    [null, '`null`'],
    [createServer, 'the function `createServer`'],
  ])('refuses options of %o', (options, got) => {
    expect(() => appAdapter({ listener: hi }, options as never)).toThrow(
      new TypeError(`Expected \`options\` to be an object, got ${got}`),
    )
  })

  test.each([[null], [{}], [hi]])('refuses %o for a server', (server) => {
    expect(() => appAdapter({ listener: hi }, { server: server as never })).toThrow(
      /^Expected `server` to be a server of node:http, node:https or node:http2, as `createServer` makes it, got /,
    )
  })
})
