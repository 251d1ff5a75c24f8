import { channel } from 'node:diagnostics_channel'
import { once } from 'node:events'
import { createServer, type RequestListener } from 'node:http'
import { createServer as createHttp2Server, type ServerHttp2Session, type ServerHttp2Stream } from 'node:http2'
import { createServer as createHttpsServer } from 'node:https'
import { Socket } from 'node:net'
import { setTimeout as later } from 'node:timers/promises'
import { certificate, connectRaw, connectRawHttp2, listen, passTurns, until } from '@lastcall/testkit'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { duplexPair } from './duplex-pair.ts'
import { type HttpServer, serverAdapter } from '../src/index.ts'

const cutNow = { signal: AbortSignal.abort() }
const noHurry = new AbortController()
const hi: RequestListener = (_request, response) => response.end('hi')

describe('a connection of HTTP/1', () => {
  test('that Node itself has answered 417 is served again, and closed once it has been idle', async () => {
    const server = createServer(hi)
    const adapter = serverAdapter(server, { closeIdleAfter: 50 })
    const client = await connectRaw(await listen(server))
    client.send('GET / HTTP/1.1\r\nHost: localhost\r\nExpect: miracles\r\n\r\n')
    await client.receives(/^HTTP\/1\.1 417 /)
    await adapter.beforeStop()
    client.send('GET / HTTP/1.1\r\nHost: localhost\r\nExpect: miracles\r\nConnection: keep-alive\r\n\r\n')
    await client.receives(/417 [^]*417 [^]*Connection: close\r\n/)
    expect(await adapter.stop(noHurry)).toMatchObject({ finished: 1, cut: 0, cutConnections: 0 })
    expect(adapter.connections).toBe(0)
  })

  test('whose socket has a `destroy` of its own keeps it, and is closed', async () => {
    const server = createServer(hi)
    const sockets: Socket[] = []
    let destroyed = 0
    server.on('connection', (socket: Socket) => {
      sockets.push(socket)
      socket.destroy = (error) => {
        destroyed += 1
        return Socket.prototype.destroy.call<Socket, [Error?], Socket>(socket, error)
      }
    })
    const adapter = serverAdapter(server, { closeIdleAfter: 0 })
    const client = await connectRaw(await listen(server))
    client.get('/')
    await client.receives(/hi$/)
    await adapter.stop(noHurry)
    expect(sockets.map((socket) => Object.hasOwn(socket, 'destroy'))).toEqual([true])
    expect(destroyed).toBeGreaterThan(0)
  })

  test('is served when its next head begins to come in the turn in which it was to be closed', async () => {
    const server = createServer(hi)
    const adapter = serverAdapter(server, { closeIdleAfter: 0 })
    const client = await connectRaw(await listen(server))
    client.get('/')
    await client.receives(/hi$/)
    const close = server.closeIdleConnections.bind(server)
    // The last that is asked before connections are closed.
    server.closeIdleConnections = () => {
      close()
      client.send('GET / HTTP/1.1\r\nHost: loc')
    }
    const stopped = adapter.stop(noHurry)
    await passTurns()
    expect(client.open).toBe(true)
    client.send('alhost\r\n\r\n')
    expect(await stopped).toMatchObject({ finished: 1, cutConnections: 0 })
    expect(client.received).toMatch(/hi[^]*Connection: close\r\n[^]*hi$/)
  })

  test('is idle from the stop on where the runtime does not tell when a response finishes', async () => {
    const silenced = vi.spyOn(channel('http.server.response.finish'), 'publish').mockImplementation(() => {})
    onTestFinished(() => silenced.mockRestore())
    const server = createServer(hi)
    const adapter = serverAdapter(server, { closeIdleAfter: 50 })
    const client = await connectRaw(await listen(server))
    client.get('/')
    await client.receives(/hi$/)
    // Long enough for one that is known to be idle to be closed at once.
    await later(100)
    const begin = performance.now()
    expect(await adapter.stop(noHurry)).toMatchObject({ finished: 0, cut: 0 })
    expect(performance.now() - begin).toBeGreaterThanOrEqual(49)
  })

  test('counts a pipelined request no longer once it is answered, where the runtime does not tell so', async () => {
    const silenced = vi.spyOn(channel('http.server.response.finish'), 'publish').mockImplementation(() => {})
    onTestFinished(() => silenced.mockRestore())
    const answers: (() => void)[] = []
    const server = createServer((_request, response) => void answers.push(() => response.end('hi')))
    const adapter = serverAdapter(server)
    const client = await connectRaw(await listen(server))
    client.send('GET / HTTP/1.1\r\nHost: localhost\r\n\r\n'.repeat(2))
    await until(() => answers.length === 2)
    expect(adapter.inFlight).toBe(2)
    answers[0]?.()
    await client.receives(/hi$/)
    expect(adapter.inFlight).toBe(1)
    const stopped = adapter.stop(noHurry)
    answers[1]?.()
    expect(await stopped).toMatchObject({ finished: 1, cut: 0 })
  })

  test('that is taken in while the stop is forced is cut, and its request reaches nobody', async () => {
    const handler = vi.fn<RequestListener>(hi)
    const server = createServer(handler)
    const adapter = serverAdapter(server)
    await listen(server)
    const forced = new AbortController()
    const stopped = adapter.stop(forced)
    const [near, far] = duplexPair()
    server.emit('connection', near)
    far.write('GET / HTTP/1.1\r\nHost: localhost\r\n\r\n')
    await new Promise((resolve) => process.nextTick(resolve))
    forced.abort()
    await stopped
    expect(handler).not.toHaveBeenCalled()
    expect(near.destroyed).toBe(true)
  })
})

describe('a connection that the application hands over when everything is being cut', () => {
  test.each<[string, (handler: RequestListener) => HttpServer]>([
    ['http', (handler) => createServer(handler)],
    ['https', (handler) => createHttpsServer(certificate, handler)],
  ])('is destroyed at once, over %s', async (_name, create) => {
    const server = create(() => {})
    const adapter = serverAdapter(server)
    const port = await listen(server)
    const client = await connectRaw(port, { secure: _name === 'https' })
    client.get('/')
    await once(server, 'request')
    const forced = new AbortController()
    const stopped = adapter.stop(forced)
    await until(() => !server.listening)
    const late = new Socket()
    forced.abort()
    server.emit('connection', late)
    expect(late.destroyed).toBe(true)
    expect(await stopped).toMatchObject({ cut: 1, cutConnections: 0 })
  })
})

test('a TLS connection that is silent to the deadline is no request that was cut', async () => {
  const server = createHttpsServer(certificate, hi)
  const adapter = serverAdapter(server)
  const port = await listen(server)
  await Promise.all([connectRaw(port), once(server, 'connection')])
  expect(await adapter.stop(cutNow)).toMatchObject({ cut: 0, cutConnections: 0 })
  expect(adapter.connections).toBe(0)
})

test('a server that the application makes listen again when it has closed goes on listening', async () => {
  const server = createServer(hi)
  const adapter = serverAdapter(server)
  await listen(server)
  server.once('close', () => server.listen(0, '127.0.0.1'))
  await adapter.stop(noHurry)
  expect(server.listening).toBe(true)
})

test('a long path is told in part', async () => {
  const server = createServer(() => {})
  const adapter = serverAdapter(server)
  const client = await connectRaw(await listen(server))
  client.get(`/${'x'.repeat(300)}`)
  await once(server, 'request')
  const { cutRequests } = await adapter.stop(cutNow)
  expect(cutRequests.map(({ path }) => path)).toEqual([`/${'x'.repeat(199)}…`])
})

describe('over HTTP/2', () => {
  test.each(['while the server runs', 'during the drain'])(
    'a stream that the application destroys before the server has heard of it disturbs nobody, %s',
    async (when) => {
      const server = createHttp2Server(hi as never)
      const adapter = serverAdapter(server)
      server.on('session', (session: ServerHttp2Session) => {
        session.prependOnceListener('stream', (stream: ServerHttp2Stream) => void stream.destroy())
      })
      const port = await listen(server)
      const [client] = await Promise.all([connectRawHttp2(port), once(server, 'session')])
      if (when === 'during the drain') await adapter.beforeStop()
      client.request('/')
      const { status } = await client.answer(client.request('/'))
      expect(status).toBe(200)
      expect(adapter.inFlight).toBe(0)
      expect(await adapter.stop(noHurry)).toMatchObject({ cut: 0 })
    },
  )

  test('a session that the application destroys just before its GOAWAY disturbs nobody', async () => {
    const server = createHttp2Server()
    const sessions: ServerHttp2Session[] = []
    server.on('session', (session: ServerHttp2Session) => void sessions.push(session))
    const adapter = serverAdapter(server)
    const client = await connectRawHttp2(await listen(server))
    client.request('/')
    await once(server, 'stream')
    // The GOAWAY is sent two turns behind the announcement.
    setImmediate(() => setImmediate(() => sessions[0]?.destroy()))
    await adapter.beforeStop()
    await passTurns()
    expect(await adapter.stop(noHurry)).toMatchObject({ unfinished: 1, cut: 0 })
  })

  test.each([{ stillOpen: false }, { stillOpen: true }])(
    'a session older than the adapter is drained from its next stream on, which is still open: $stillOpen',
    async ({ stillOpen }) => {
      const streams: ServerHttp2Stream[] = []
      const server = createHttp2Server().on('stream', (stream) => void streams.push(stream))
      const port = await listen(server)
      const [client] = await Promise.all([connectRawHttp2(port), once(server, 'session')])
      const adapter = serverAdapter(server, { closeIdleAfter: 0 })
      const answer = client.answer(client.request('/'))
      await until(() => streams.length === 1)
      const finish = (): void => {
        streams[0]?.respond()
        streams[0]?.end('hi')
      }
      if (!stillOpen) {
        finish()
        await answer
        await until(() => adapter.inFlight === 0)
      }
      const stopped = adapter.stop(noHurry)
      if (stillOpen) {
        await client.receives(({ goaways }) => goaways.length > 0)
        finish()
      }
      expect(await stopped).toMatchObject({ finished: stillOpen ? 1 : 0, cut: 0 })
      expect(await answer).toMatchObject({ status: 200, body: 'hi' })
      expect(client.goaways[0]).toMatchObject({ lastStreamId: 1, code: 0 })
    },
  )
})
