import { hasSubscribers } from 'node:diagnostics_channel'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createServer as createNetServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { Lifecycle, StartError } from '@lastcall/core'
import { connectRaw } from '@lastcall/testkit'
import { describe, expect, onTestFinished, test } from 'vitest'
import { duplexPair } from './duplex-pair.ts'
import { serverAdapter, type ServerAdapterOptions } from '../src/index.ts'

function portOf(server: { address(): unknown }): number {
  return (server.address() as AddressInfo).port
}

describe('serverAdapter', () => {
  test.each([
    [undefined, 'got `undefined`'],
    [{}, 'got an object of `Object`'],
    [createNetServer(), 'got an object of `Server`'],
    [() => {}, 'got the function'],
  ])('refuses %o, which is no server of HTTP', (server, got) => {
    const expected =
      'Expected `server` to be a server of node:http, node:https or node:http2, as `createServer` makes it, '
    expect(() => serverAdapter(server as never)).toThrow(TypeError)
    expect(() => serverAdapter(server as never)).toThrow(expected + got)
  })

  test.each<[string, unknown, RegExp]>([
    ['idleLinger', -1, /^Expected `idleLinger` to be a number of milliseconds from 0 to 2147483647, got `-1`$/],
    ['idleLinger', '200', /^Expected `idleLinger` .* got the string `"200"`$/],
    ['newConnectionTimeout', Number.NaN, /^Expected `newConnectionTimeout` .* got `NaN`$/],
    ['newConnectionTimeout', 2 ** 31, /^Expected `newConnectionTimeout` .* got `2147483648`$/],
  ])('refuses %s of %o, and leaves the server alone', (option, value, message) => {
    const server = createServer()
    const before = server.listenerCount('request')
    expect(() => serverAdapter(server, { [option]: value })).toThrow(message)
    expect(server.listenerCount('request')).toBe(before)
  })

  test.each([0, -1, Number.NaN, '5s', 2 ** 31])('with a timeout of %o is refused by the lifecycle', (timeout) => {
    const adapter = serverAdapter(createServer(), { timeout } as ServerAdapterOptions)
    expect(() => new Lifecycle().register(adapter)).toThrow(/^Expected `timeout` of hook `http` to be a number/)
  })

  test('is named http, and can be named otherwise', () => {
    expect(serverAdapter(createServer()).name).toBe('http')
    expect(serverAdapter(createServer(), { name: 'admin' }).name).toBe('admin')
    const lifecycle = new Lifecycle()
    lifecycle.register(serverAdapter(createServer()))
    expect(() => lifecycle.register(serverAdapter(createServer()))).toThrow('to be one that is not taken, got "http"')
  })

  test('takes undefined for every option', async () => {
    const options = { name: undefined, timeout: undefined, listen: undefined, idleLinger: undefined }
    const adapter = serverAdapter(createServer(), { ...options, newConnectionTimeout: undefined })
    expect(adapter).toMatchObject({ name: 'http', start: undefined })
  })
})

describe('listen', () => {
  test('binds at the start and says where', async () => {
    const server = createServer((_request, response) => response.end('hi'))
    const lifecycle = new Lifecycle()
    const details: unknown[] = []
    lifecycle.on('hookStarted', ({ detail }) => details.push(detail))
    lifecycle.register(serverAdapter(server, { listen: { port: 0 } }))
    await lifecycle.start()
    expect(details).toEqual([`listening on http://localhost:${portOf(server)}`])
    await lifecycle.stop()
    expect(server.listening).toBe(false)
  })

  test.each<[NonNullable<ServerAdapterOptions['listen']>, RegExp]>([
    [0, /^listening on http:\/\/localhost:\d+$/],
    [{ port: 0, host: '127.0.0.1' }, /^listening on http:\/\/127\.0\.0\.1:\d+$/],
    [{ port: 0, host: '::1' }, /^listening on http:\/\/\[::1\]:\d+$/],
    [join(tmpdir(), `lastcall-${process.pid}.sock`), /^listening on .*lastcall-\d+\.sock$/],
  ])('takes %o', async (listen, where) => {
    const adapter = serverAdapter(createServer(), { listen })
    const { signal } = new AbortController()
    expect(await adapter.start?.({ signal })).toMatch(where)
    await adapter.stop({ signal })
  })

  test('on a port in use rejects the start, and leaves nothing running', async () => {
    const other = createServer().listen(0)
    await once(other, 'listening')
    const server = createServer()
    const lifecycle = new Lifecycle()
    let open = true
    lifecycle.register('database', () => {
      open = false
    })
    lifecycle.register(serverAdapter(server, { listen: { port: portOf(other) } }))
    const error = await lifecycle.start().catch((reason: unknown) => reason)
    expect(error).toBeInstanceOf(StartError)
    expect(error).toMatchObject({ hook: 'http', cause: { code: 'EADDRINUSE' } })
    expect(String(error)).toMatch(/^StartError: Hook "http" failed to start: listen EADDRINUSE: address already in use/)
    expect([open, server.listening, server.listenerCount('error')]).toEqual([false, false, 0])
    other.close()
  })

  test('on a port that is none rejects the start', async () => {
    const lifecycle = new Lifecycle()
    lifecycle.register(serverAdapter(createServer(), { listen: { port: 65_536 } }))
    await expect(lifecycle.start()).rejects.toMatchObject({ cause: { code: 'ERR_SOCKET_BAD_PORT' } })
  })

  test('of a server that listens already rejects the start', async () => {
    const server = createServer().listen(0)
    await once(server, 'listening')
    onTestFinished(() => void server.close())
    const lifecycle = new Lifecycle()
    lifecycle.register(serverAdapter(server, { listen: 0 }))
    await expect(lifecycle.start()).rejects.toMatchObject({ cause: { code: 'ERR_SERVER_ALREADY_LISTEN' } })
  })

  test('cut short leaves nothing listening', async () => {
    const server = createServer()
    const listenLater = server.listen.bind(server, 0)
    // As with a host name that has to be looked up.
    server.listen = () => {
      setTimeout(listenLater, 20)
      server.emit('listen')
      return server
    }
    const lifecycle = new Lifecycle()
    lifecycle.register(serverAdapter(server, { listen: { port: 0, host: 'slow.invalid' } }))
    const [closed, asked] = [once(server, 'close'), once(server, 'listen')]
    const started = lifecycle.start().catch((reason: unknown) => reason)
    await asked
    const report = await lifecycle.stop()
    expect(await started).toBeInstanceOf(StartError)
    expect(report.ok).toBe(true)
    await closed
    expect(server.listening).toBe(false)
  })
})

test('a host name that turns out to be none after the start was cut short disturbs nobody', async () => {
  const server = createServer()
  // A look-up that takes its time, without a network.
  server.listen = () => {
    server.emit('listen')
    return server
  }
  const lifecycle = new Lifecycle()
  lifecycle.register(serverAdapter(server, { listen: { port: 0, host: 'nowhere.invalid' } }))
  const started = lifecycle.start().catch((reason: unknown) => reason)
  await once(server, 'listen')
  await lifecycle.stop()
  expect(await started).toBeInstanceOf(StartError)
  expect(() => server.emit('error', new Error('ENOTFOUND'))).not.toThrow()
  expect([server.listenerCount('error'), server.listenerCount('listening')]).toEqual([0, 1])
})

describe('stop', () => {
  test('of a server that never listened ends at once', async () => {
    const lifecycle = new Lifecycle()
    lifecycle.register(serverAdapter(createServer()))
    expect(await lifecycle.stop()).toMatchObject({ ok: true })
  })

  test('of a server that the application has closed waits for its connections', async () => {
    const server = createServer((_request, response) => setTimeout(() => response.end('late'), 50))
    const lifecycle = new Lifecycle()
    lifecycle.register(serverAdapter(server, { listen: 0 }))
    await lifecycle.start()
    const client = await connectRaw(portOf(server))
    client.get('/')
    await once(server, 'request')
    server.close()
    const report = await lifecycle.stop()
    expect(report).toMatchObject({ ok: true })
    expect(client.received).toMatch(/Connection: close\r\n[^]*late$/)
  })

  test('of two servers in one lifecycle drains each', async () => {
    const lifecycle = new Lifecycle()
    const servers = ['public', 'admin'].map((name) => {
      const server = createServer((_request, response) => setTimeout(() => response.end(name), 50))
      lifecycle.register(serverAdapter(server, { name, listen: 0 }))
      return server
    })
    await lifecycle.start()
    const clients = await Promise.all(servers.map((server) => connectRaw(portOf(server))))
    for (const client of clients) client.get('/')
    await Promise.all(servers.map((server) => once(server, 'request')))
    const report = await lifecycle.stop()
    expect(clients.map(({ received }) => received.split('\r\n\r\n')[1])).toEqual(['public', 'admin'])
    expect(report.hooks.map(({ detail }) => String(detail))).toEqual(Array(2).fill('1 request finished, 0 cut'))
  })

  test('meets a connection from before the adapter with its next request', async () => {
    const server = createServer((_request, response) => setTimeout(() => response.end('hi'), 50)).listen(0)
    await once(server, 'listening')
    const [client] = await Promise.all([connectRaw(portOf(server)), once(server, 'connection')])
    const lifecycle = new Lifecycle()
    const adapter = lifecycle.register(serverAdapter(server))
    client.get('/')
    await once(server, 'request')
    expect(adapter.connections).toBe(1)
    expect(await lifecycle.stop()).toMatchObject({ ok: true })
    expect(client.received).toMatch(/hi$/)
  })
})

test('a connection that is no socket is drained too', async () => {
  const server = createServer((_request, response) => response.end('hi'))
  const lifecycle = new Lifecycle()
  lifecycle.register(serverAdapter(server, { idleLinger: 0 }))
  const [near, far] = duplexPair()
  server.emit('connection', near)
  far.write('GET / HTTP/1.1\r\nHost: localhost\r\n\r\n')
  await once(far, 'data')
  expect(await lifecycle.stop()).toMatchObject({ ok: true })
  expect(near.destroyed).toBe(true)
})

test('a server that has closed leaves no subscription behind', async () => {
  const channel = 'http.server.response.finish'
  const server = createServer((_request, response) => response.end('hi'))
  serverAdapter(server)
  server.listen(0)
  await once(server, 'listening')
  expect(hasSubscribers(channel)).toBe(false)
  const client = await connectRaw(portOf(server))
  client.get('/')
  await client.receives(/hi$/)
  expect(hasSubscribers(channel)).toBe(true)
  server.close()
  await once(server, 'close')
  expect(hasSubscribers(channel)).toBe(false)
})

test('an idle connection keeps nothing of its last request', async () => {
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as () => void
  const requests: WeakRef<object>[] = []
  const server = createServer((request, response) => {
    requests.push(new WeakRef(request))
    response.end('hi')
  })
  const lifecycle = new Lifecycle()
  lifecycle.register(serverAdapter(server, { listen: 0 }))
  await lifecycle.start()
  const client = await connectRaw(portOf(server))
  client.get('/')
  await client.receives(/hi$/)
  for (let turns = 0; turns < 20 && requests[0]?.deref() !== undefined; turns += 1) {
    await new Promise((resolve) => {
      setTimeout(resolve, 10)
    })
    collect()
  }
  expect(requests).toHaveLength(1)
  expect(requests[0]?.deref()).toBeUndefined()
  await lifecycle.stop()
})
