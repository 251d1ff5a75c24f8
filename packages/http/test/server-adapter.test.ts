import { hasSubscribers } from 'node:diagnostics_channel'
import { EventEmitter, once } from 'node:events'
import { createServer, type RequestListener } from 'node:http'
import { createSecureServer, createServer as createHttp2Server } from 'node:http2'
import { createServer as createHttpsServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { connect, createServer as createNetServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connect as connectTls, createServer as createTlsServer, Server as TlsServer } from 'node:tls'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { Lifecycle, StartError } from '@lastcall/core'
import { certificate, connectRaw, connectRawHttp2, until } from '@lastcall/testkit'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { duplexPair } from './duplex-pair.ts'
import { type HttpServer, serverAdapter, type ServerAdapterOptions } from '../src/index.ts'

const duration = 'a number of milliseconds from 0 to 2147483647'
const delay = '`stopDelay` to be a number of milliseconds or { min, quiet, max }'
const webSocketServer = '`webSockets` to be a WebSocketServer of ws, or an object with `clients`, `on` and `off`'

const hi: RequestListener = (_request, response) => response.end('hi')

/** How to make a server of each kind. */
const kinds: Readonly<Record<string, (handler?: RequestListener) => HttpServer>> = {
  http: (handler = hi) => createServer(handler),
  https: (handler = hi) => createHttpsServer(certificate, handler),
  'http2 in cleartext': (handler = hi) => createHttp2Server(handler as never),
  'http2 over TLS': (handler = hi) => createSecureServer(certificate, handler as never),
}

/** The listeners of a server, by event, and whether its `emit` is its own. */
function listenersOf(server: HttpServer): object {
  const names = server.eventNames().filter((name) => server.listenerCount(name) > 0)
  const counts = names.map((name) => [name, server.listenerCount(name)])
  return { ...Object.fromEntries(counts), emits: Object.hasOwn(server, 'emit') }
}

function errorOf(call: () => unknown): Error {
  try {
    call()
  } catch (error) {
    return error as Error
  }
  throw new Error('Expected an error, got none')
}

/** Asks a server once, over a connection of its own, and resolves to the status, when the body has come as expected. */
async function getStatus(server: HttpServer, body: string): Promise<number | undefined> {
  const secure = server instanceof TlsServer
  if ('updateSettings' in server) {
    const client = await connectRawHttp2(portOf(server), { secure })
    const response = await client.answer(client.request('/'))
    expect(response.body).toBe(body)
    client.destroy()
    return response.status
  }
  const client = await connectRaw(portOf(server), { secure })
  client.get('/')
  await client.receives(new RegExp(`\r\n\r\n${body}$`))
  client.destroy()
  return Number(client.received.split(' ')[1])
}

function portOf(server: { address(): unknown }): number {
  return (server.address() as AddressInfo).port
}

describe('serverAdapter', () => {
  test.each([
    [undefined, 'got `undefined`'],
    [{}, 'got an object of `Object`'],
    [createNetServer(), 'got an object of `Server`'],
    [createTlsServer(certificate), 'got an object of `Server`'],
    [new EventEmitter(), 'got an object of `EventEmitter`'],
    [() => {}, 'got the function'],
  ])('refuses %o, which is no server of HTTP', (server, got) => {
    const expected =
      'Expected `server` to be a server of node:http, node:https or node:http2, as `createServer` makes it, '
    expect(() => serverAdapter(server as never)).toThrow(TypeError)
    expect(() => serverAdapter(server as never)).toThrow(expected + got)
  })

  test.each([
    [5, '`5`'],
    ['8089', 'the string `"8089"`'],
    [null, '`null`'],
    [[], 'an array of 0'],
    [hi, 'the function `hi`'],
  ])('refuses options of %o, and leaves the server alone', (options, got) => {
    const server = createServer()
    const before = listenersOf(server)
    const error = errorOf(() => serverAdapter(server, options as never))
    expect([error.constructor, error.message]).toEqual([TypeError, `Expected \`options\` to be an object, got ${got}`])
    expect(listenersOf(server)).toEqual(before)
  })

  test.each<[string, unknown, RegExp]>([
    ['closeIdleAfter', -1, /^Expected `closeIdleAfter` to be a number of milliseconds from 0 to 2147483647, got `-1`$/],
    ['closeIdleAfter', '200', /^Expected `closeIdleAfter` .* got the string `"200"`$/],
    ['closeSilentAfter', Number.NaN, /^Expected `closeSilentAfter` .* got `NaN`$/],
    ['closeSilentAfter', 2 ** 31, /^Expected `closeSilentAfter` .* got `2147483648`$/],
    ['timeout', 0, /^Expected `timeout` to be a number of milliseconds from 1 to 2147483647, got `0`$/],
    ['timeout', '5s', /^Expected `timeout` .* got the string `"5s"`$/],
    ['name', '', /^Expected `name` to be a string that is not empty, got the string `""`$/],
    ['listen', null, /^Expected `listen` to be a port, the path of a pipe, or an object, got `null`$/],
    ['listen', true, /^Expected `listen` .* got `true`$/],
  ])('refuses %s of %o, and leaves the server alone', (option, value, message) => {
    const server = createServer()
    const before = listenersOf(server)
    expect(() => serverAdapter(server, { [option]: value })).toThrow(message)
    expect(listenersOf(server)).toEqual(before)
  })

  test.each<[unknown, ErrorConstructor, string]>([
    [-1, RangeError, `\`stopDelay\` to be ${duration}, got \`-1\``],
    [2 ** 31, RangeError, `\`stopDelay\` to be ${duration}, got \`2147483648\``],
    [Number.NaN, RangeError, `\`stopDelay\` to be ${duration}, got \`NaN\``],
    [Infinity, RangeError, `\`stopDelay\` to be ${duration}, got \`Infinity\``],
    ['5s', TypeError, `${delay}, got the string \`"5s"\``],
    [null, TypeError, `${delay}, got \`null\``],
    [true, TypeError, `${delay}, got \`true\``],
    [5n, TypeError, `${delay}, got \`5\``],
    [() => 5, TypeError, `${delay}, got the function \`anonymous\``],
    [[5], TypeError, `${delay}, got an array of 1`],
    [{}, TypeError, `\`stopDelay.quiet\` to be ${duration}, got \`undefined\``],
    [{ max: 5 }, TypeError, `\`stopDelay.quiet\` to be ${duration}, got \`undefined\``],
    [{ quiet: 5 }, TypeError, `\`stopDelay.max\` to be ${duration}, got \`undefined\``],
    [{ quiet: '5', max: 5 }, TypeError, `\`stopDelay.quiet\` to be ${duration}, got the string \`"5"\``],
    [{ quiet: -1, max: 5 }, RangeError, `\`stopDelay.quiet\` to be ${duration}, got \`-1\``],
    [{ quiet: 5, max: 2 ** 31 }, RangeError, `\`stopDelay.max\` to be ${duration}, got \`2147483648\``],
    [{ quiet: 5, max: null }, TypeError, `\`stopDelay.max\` to be ${duration}, got \`null\``],
    [{ min: -1, quiet: 5, max: 5 }, RangeError, `\`stopDelay.min\` to be ${duration}, got \`-1\``],
    [{ min: null, quiet: 5, max: 5 }, TypeError, `\`stopDelay.min\` to be ${duration}, got \`null\``],
    [{ min: 6, quiet: 5, max: 5 }, RangeError, '`stopDelay.min` to be at most `stopDelay.max`, got `6` and `5`'],
  ])('refuses stopDelay of %o, and leaves the server alone', (stopDelay, kind, message) => {
    const server = createServer()
    const before = listenersOf(server)
    const error = errorOf(() => serverAdapter(server, { stopDelay } as ServerAdapterOptions))
    expect([error.constructor, error.message]).toEqual([kind, `Expected ${message}`])
    expect(listenersOf(server)).toEqual(before)
  })

  test.each([0, 2 ** 31 - 1, { quiet: 0, max: 0 }, { min: undefined, quiet: 5, max: 5 }, { min: 5, quiet: 9, max: 5 }])(
    'takes stopDelay of %o',
    (stopDelay) => {
      expect(() => serverAdapter(createServer(), { stopDelay })).not.toThrow()
    },
  )

  test.each<[string, unknown, string]>([
    ['lateRequests', 'maybe', "`lateRequests` to be 'serve' or 'refuse', got the string `\"maybe\"`"],
    ['lateRequests', true, "`lateRequests` to be 'serve' or 'refuse', got `true`"],
    ['lateRequests', null, "`lateRequests` to be 'serve' or 'refuse', got `null`"],
    ['route', '/orders/:id', '`route` to be a function, got the string `"/orders/:id"`'],
    ['target', null, '`target` to be a function, got `null`'],
    ['webSockets', {}, `${webSocketServer}, got an object of \`Object\``],
    ['webSockets', null, `${webSocketServer}, got \`null\``],
    ['webSockets', 'wss', `${webSocketServer}, got the string \`"wss"\``],
    ['webSockets', { clients: 5, on: () => {}, off: () => {} }, `${webSocketServer}, got an object of \`Object\``],
    ['webSockets', { clients: [], on: () => {} }, `${webSocketServer}, got an object of \`Object\``],
  ])('refuses %s of %o with a TypeError, and leaves the server alone', (option, value, message) => {
    const server = createServer()
    const before = listenersOf(server)
    const error = errorOf(() => serverAdapter(server, { [option]: value }))
    expect([error.constructor, error.message]).toEqual([TypeError, `Expected ${message}`])
    expect(listenersOf(server)).toEqual(before)
  })

  describe.each(Object.entries(kinds))('of a server of %s', (_name, create) => {
    test('refuses to be made twice, and leaves the server and the first alone', async () => {
      const server = create()
      const lifecycle = new Lifecycle()
      lifecycle.register(serverAdapter(server, { listen: { port: 0, host: '127.0.0.1' } }))
      const before = listenersOf(server)
      const error = errorOf(() => serverAdapter(server))
      expect([error.constructor, error.message]).toEqual([
        Error,
        expect.stringMatching(/^Expected `server` to have no adapter yet, got one that has: /),
      ])
      expect(listenersOf(server)).toEqual(before)
      await lifecycle.start()
      expect(await lifecycle.stop()).toMatchObject({ ok: true })
    })

    test('can be made anew after the stop, and leaves nothing of the first behind', async () => {
      const server = create()
      const before = listenersOf(server)
      for (const round of [1, 2]) {
        const lifecycle = new Lifecycle()
        const adapter = lifecycle.register(serverAdapter(server, { listen: { port: 0, host: '127.0.0.1' } }))
        expect(adapter.draining.aborted).toBe(false)
        await lifecycle.start()
        expect(await getStatus(server, 'hi')).toBe(200)
        expect(await lifecycle.stop()).toMatchObject({ ok: true })
        expect([round, server.listening, listenersOf(server)]).toEqual([round, false, before])
      }
    })

    test('leaves a server that listens again after the stop as if it had never been there', async () => {
      const server = create()
      const adapter = serverAdapter(server)
      server.listen(0, '127.0.0.1')
      await once(server, 'listening')
      await adapter.stop(new AbortController())
      server.listen(0, '127.0.0.1')
      await once(server, 'listening')
      onTestFinished(() => void server.close())
      for (let time = 0; time < 2; time += 1) expect(await getStatus(server, 'hi')).toBe(200)
      expect([adapter.connections, adapter.inFlight]).toEqual([0, 0])
    })

    test.each(['does not listen yet', 'has been closed already'])(
      'is stopped at once where the server %s, whatever its `stopDelay`',
      async (state) => {
        const server = create()
        const lifecycle = new Lifecycle({ timeout: 4_000 })
        lifecycle.register(serverAdapter(server, { stopDelay: 3_000 }))
        if (state.startsWith('has')) {
          server.listen(0, '127.0.0.1')
          await once(server, 'listening')
          server.close()
          await once(server, 'close')
        }
        const closed = vi.fn<() => void>()
        server.on('close', closed)
        const report = await lifecycle.stop()
        expect(report).toMatchObject({ ok: true })
        expect(report.duration).toBeLessThan(100)
        await new Promise(setImmediate)
        expect(closed).not.toHaveBeenCalled()
      },
    )

    test('on a port in use rejects the start, and can try again', async () => {
      const other = createServer().listen(0, '127.0.0.1')
      await once(other, 'listening')
      const server = create()
      const adapter = serverAdapter(server, { listen: { port: portOf(other), host: '127.0.0.1' } })
      const { signal } = new AbortController()
      await expect(adapter.start?.({ signal })).rejects.toMatchObject({ code: 'EADDRINUSE' })
      expect([server.listening, server.listenerCount('error')]).toEqual([false, 0])
      other.close()
      await once(other, 'close')
      const scheme = server instanceof TlsServer ? 'https' : 'http'
      expect(await adapter.start?.({ signal })).toBe(`listening on ${scheme}://127.0.0.1:${portOf(server)}`)
      expect(await getStatus(server, 'hi')).toBe(200)
      await adapter.stop({ signal })
      expect(server.listening).toBe(false)
    })

    test.each(['while the stop is announced', 'when the listener has closed'])(
      'drains a server that somebody else closes %s',
      async (moment) => {
        let answer: (() => void) | undefined
        const server = create((_request, response) => {
          answer = () => void response.end('late')
        })
        const adapter = serverAdapter(server, { stopDelay: 20, closeIdleAfter: 0 })
        const lifecycle = new Lifecycle()
        lifecycle.register(adapter)
        server.listen(0, '127.0.0.1')
        await once(server, 'listening')
        const status = getStatus(server, 'late')
        await until(() => answer)
        const report = lifecycle.stop()
        if (moment.startsWith('when')) await until(() => !server.listening)
        else await adapter.beforeStop()
        const closed = vi.fn<(error?: Error) => void>()
        server.close(closed)
        await until(() => !server.listening)
        answer?.()
        expect(await status).toBe(200)
        expect(await report).toMatchObject({ ok: true })
        expect(String((await report).hooks[0]?.detail)).toBe('1 request finished, 0 cut')
        await until(() => closed.mock.calls.length > 0)
      },
    )
  })

  test.each(['http', 'https'])(
    'of a server of %s ends its drain when somebody else closes all connections',
    async (name) => {
      let requests = 0
      const server = kinds[name]?.(() => (requests += 1)) as ReturnType<typeof createServer>
      const adapter = serverAdapter(server)
      server.listen(0, '127.0.0.1')
      await once(server, 'listening')
      const client = await connectRaw(portOf(server), { secure: name === 'https' })
      client.get('/')
      await until(() => requests === 1)
      const report = adapter.stop(new AbortController())
      await until(() => !server.listening)
      server.closeAllConnections()
      expect(String(await report)).toBe('0 requests finished, 0 cut, 1 ended early')
      await client.closed
    },
  )

  test('cannot be registered twice in one lifecycle', async () => {
    const lifecycle = new Lifecycle()
    const adapter = lifecycle.register(serverAdapter(createServer()))
    expect(() => lifecycle.register(adapter)).toThrow(/^Expected /)
    expect(await lifecycle.stop()).toMatchObject({ ok: true, hooks: [{ name: 'http', outcome: 'stopped' }] })
  })

  test('may be registered in two lifecycles, and is drained once, for both', async () => {
    let answer: (() => void) | undefined
    const server = createServer((_request, response) => {
      answer = () => void response.end('late')
    })
    const adapter = serverAdapter(server)
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    const client = await connectRaw(portOf(server))
    client.get('/')
    await until(() => answer)
    const reports = [0, 1].map(() => {
      const lifecycle = new Lifecycle()
      lifecycle.register(adapter)
      return lifecycle.stop()
    })
    await until(() => !server.listening)
    answer?.()
    const details = (await Promise.all(reports)).map(({ ok, hooks }) => [ok, hooks[0]?.detail])
    expect(details[0]).toEqual([true, expect.objectContaining({ finished: 1, cut: 0 })])
    expect(details[1]?.[1]).toBe(details[0]?.[1])
  })

  test('knows its server', () => {
    const server = createServer()
    expect(serverAdapter(server).server).toBe(server)
  })

  test('is named http, and can be named otherwise', () => {
    expect(serverAdapter(createServer()).name).toBe('http')
    expect(serverAdapter(createServer(), { name: 'admin' }).name).toBe('admin')
    const lifecycle = new Lifecycle()
    lifecycle.register(serverAdapter(createServer()))
    expect(() => lifecycle.register(serverAdapter(createServer()))).toThrow('to be one that is not taken, got "http"')
  })

  test('takes undefined for every option', async () => {
    const options = { name: undefined, timeout: undefined, listen: undefined, closeIdleAfter: undefined }
    const adapter = serverAdapter(createServer(), { ...options, closeSilentAfter: undefined })
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
  const before = server.listenerCount('listening')
  const started = lifecycle.start().catch((reason: unknown) => reason)
  await once(server, 'listen')
  await lifecycle.stop()
  expect(await started).toBeInstanceOf(StartError)
  expect(() => server.emit('error', new Error('ENOTFOUND'))).not.toThrow()
  // The drain has taken off the listener of the adapter itself.
  expect([server.listenerCount('error'), server.listenerCount('listening')]).toEqual([0, before - 1])
})

describe('unused', () => {
  test('says what to do for a server of node:http', () => {
    expect(serverAdapter(createServer()).unused()).toBe(
      'The server has never listened and has never had a connection. Call `server.listen(…)` on the server that was passed, or pass the option `listen`',
    )
  })

  test('says nothing of a server that listens already', async () => {
    const server = createServer().listen(0, '127.0.0.1')
    await once(server, 'listening')
    onTestFinished(() => void server.close())
    expect(serverAdapter(server).unused()).toBeUndefined()
  })

  test('says nothing once the hook has bound the server', async () => {
    const lifecycle = new Lifecycle()
    const adapter = lifecycle.register(serverAdapter(createServer(), { listen: { port: 0, host: '127.0.0.1' } }))
    expect(adapter.unused()).toMatch(/never listened/)
    await lifecycle.start()
    expect(adapter.unused()).toBeUndefined()
    await lifecycle.stop()
    expect(adapter.unused()).toBeUndefined()
  })

  test('says nothing of a server that gets its requests from another, as a virtual host', async () => {
    const adapter = serverAdapter(createServer((_request, response) => void response.end('hi')))
    const front = createServer((request, response) => adapter.server.emit('request', request, response))
    front.listen(0, '127.0.0.1')
    await once(front, 'listening')
    onTestFinished(() => void front.close())
    expect(await getStatus(front, 'hi')).toBe(200)
    expect(adapter.unused()).toBeUndefined()
    await adapter.stop(new AbortController())
  })
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
  lifecycle.register(serverAdapter(server, { closeIdleAfter: 0 }))
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

/** Resolves to what is left of some objects when garbage has been collected. */
async function collect<T extends object>(references: readonly WeakRef<T>[]): Promise<T[]> {
  setFlagsFromString('--expose-gc')
  const collectGarbage = runInNewContext('gc') as () => void
  const left = (): T[] => references.flatMap((reference) => reference.deref() ?? [])
  for (let turns = 0; turns < 20 && left().length > 0; turns += 1) {
    await new Promise((resolve) => {
      setTimeout(resolve, 10)
    })
    collectGarbage()
  }
  return left()
}

/** Starts and stops a server. */
async function stoppedServer(): Promise<WeakRef<HttpServer>> {
  const server = createServer(hi)
  const adapter = serverAdapter(server)
  server.listen(0)
  await once(server, 'listening')
  await adapter.stop(new AbortController())
  return new WeakRef(server)
}

test('a stopped server is kept by nothing, no timer of Node either', async () => {
  const servers = [await stoppedServer(), await stoppedServer(), await stoppedServer()]
  // The last may still be on the stack.
  expect((await collect(servers)).length).toBeLessThanOrEqual(1)
})

test('an https server on the path of a pipe counts a connection once, and closes a silent one in its time', async () => {
  const path = join(tmpdir(), `lastcall-silent-${process.pid}.sock`)
  const server = createHttpsServer(certificate, hi)
  const adapter = serverAdapter(server, { closeSilentAfter: 50 })
  server.listen(path)
  await once(server, 'listening')
  const [silent, speaking] = [connect(path), connectTls({ path, rejectUnauthorized: false })]
  onTestFinished(() => void [silent, speaking].map((socket) => socket.destroy()))
  await Promise.all([once(speaking, 'secureConnect'), once(server, 'secureConnection')])
  expect(adapter.connections).toBe(1)
  const stopped = adapter.stop(new AbortController())
  await Promise.all([once(silent.resume(), 'close'), once(speaking.resume(), 'close'), stopped])
  expect(server.listening).toBe(false)
})

/** The time that it takes to read so many pipelined requests of which none is answered at once, in ms. */
async function takeIn(count: number): Promise<number> {
  let requests = 0
  const server = createServer(() => (requests += 1))
  serverAdapter(server)
  server.listen(0)
  await once(server, 'listening')
  onTestFinished(() => void server.close())
  const client = await connectRaw(portOf(server))
  const begin = performance.now()
  client.send('GET / HTTP/1.1\r\nHost: localhost\r\n\r\n'.repeat(count))
  await until(() => requests === count)
  client.destroy()
  return performance.now() - begin
}

test('pipelined requests cost in proportion to their number', async () => {
  await takeIn(1_000)
  const [few, many] = [await takeIn(1_000), await takeIn(16_000)]
  // Sixteen times as many: 256 times the time if it were quadratic.
  expect(many / few).toBeLessThan(64)
})

test('an idle connection keeps nothing of its last request', async () => {
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
  expect(requests).toHaveLength(1)
  expect(await collect(requests)).toEqual([])
  await lifecycle.stop()
})
