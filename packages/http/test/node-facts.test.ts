// What the drain takes for granted of Node.js.
import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { createServer as createHttpServer, type Server as HttpServer } from 'node:http'
import {
  createSecureServer,
  createServer as createHttp2Server,
  type Http2SecureServer,
  type ServerHttp2Session,
} from 'node:http2'
import { createServer as createHttpsServer } from 'node:https'
import { connect, createServer as createNetServer, Server as NetServer, type Socket } from 'node:net'
import type { TLSSocket } from 'node:tls'
import { certificate, connectRaw, connectRawHttp2, listen, until } from '@lastcall/testkit'
import { describe, expect, onTestFinished, test } from 'vitest'

describe('http2', () => {
  test('a GOAWAY of ours makes Node ignore every later stream, though it names the highest id there is', async () => {
    const paths: (string | undefined)[] = []
    let answer: (() => void) | undefined
    const server = createHttp2Server((request, response) => {
      paths.push(request.url)
      answer = () => void response.end('hi')
    })
    const sessions: ServerHttp2Session[] = []
    server.on('session', (session) => sessions.push(session))
    const client = await connectRawHttp2(await listen(server))
    const before = client.request('/before')
    await until(() => answer)
    const highest = 2 ** 31 - 1
    sessions[0]?.goaway(0, highest)
    await client.receives(({ goaways }) => goaways.length > 0)
    expect(client.goaways).toEqual([{ lastStreamId: highest, code: 0 }])
    const later = client.request('/later')
    client.ping()
    // The answer to a PING that was sent behind it: it has been read.
    await client.receives(({ frames }) => frames.some(({ type, flags }) => type === 'PING' && flags === 1))
    answer?.()
    expect(await client.answer(before)).toMatchObject({ status: 200, body: 'hi' })
    expect(client.responses.get(later)).toBeUndefined()
    expect(paths).toEqual(['/before'])
  })

  test.each([
    ['connection', false],
    ['secureConnection', true],
  ])("'session' is emitted within '%s'", async (event, secure) => {
    const server = secure ? createSecureServer(certificate) : createHttp2Server()
    const order: string[] = []
    server.prependListener(event, () => order.push('begin'))
    server.on(event, () => order.push('end'))
    server.on('session', () => order.push('session'))
    await connectRawHttp2(await listen(server), { secure })
    await until(() => order.length >= 3)
    expect(order).toEqual(['begin', 'session', 'end'])
  })

  test("over TLS, a connection with HTTP/1 emits no 'session'", async () => {
    const server = createSecureServer({ ...certificate, allowHTTP1: true }, (_request, response) => response.end('hi'))
    let sessions = 0
    server.on('session', () => (sessions += 1))
    const client = await connectRaw(await listen(server), { secure: true })
    client.get('/')
    await client.receives(/hi$/)
    expect(sessions).toBe(0)
  })
})

test.each<[string, () => NetServer]>([
  ['https', () => createHttpsServer(certificate)],
  ['http2', () => createSecureServer({ ...certificate, allowHTTP1: true })],
])(
  "a TLS socket of %s has read nothing at 'secureConnection', whatever came in the handshake",
  async (_name, create) => {
    const server = create()
    const read: (number | undefined)[] = []
    let connection: Socket | undefined
    server.on('connection', (socket: Socket) => (connection = socket))
    server.prependListener('secureConnection', (socket: TLSSocket) => read.push(socket.bytesRead))
    await connectRaw(await listen(server), { secure: true })
    await until(() => read.length > 0)
    expect(read).toEqual([0])
    expect(connection?.bytesRead).toBeGreaterThan(0)
  },
)

test('one connection is accepted a turn of the event loop', async () => {
  const waiting = 20
  const server = createNetServer()
  const accepted: Socket[] = []
  server.on('connection', (socket) => accepted.push(socket))
  const port = await listen(server)
  const clients = Array.from({ length: waiting }, () => connect({ port, host: '127.0.0.1' }))
  onTestFinished(() => {
    for (const client of clients) client.destroy()
  })
  const byTurn: number[] = []
  while (accepted.length < waiting) {
    const before = accepted.length
    await new Promise(setImmediate)
    byTurn.push(accepted.length - before)
  }
  expect(byTurn.filter((count) => count > 0)).toEqual(Array(waiting).fill(1))
  // Nor is there a turn without one as long as some wait.
  expect(byTurn.slice(byTurn.indexOf(1))).toEqual(Array(waiting).fill(1))
})

describe.each<[string, boolean, () => NetServer]>([
  ['http', false, () => createHttpServer((_request, response) => response.end('hi'))],
  ['https', true, () => createHttpsServer(certificate, (_request, response) => response.end('hi'))],
])('the `close` of net.Server, of a server of %s,', (_name, secure, create) => {
  test('closes the listener, and neither idle connections nor half heads', async () => {
    const server = create()
    const port = await listen(server)
    const clients = [await connectRaw(port, { secure }), await connectRaw(port, { secure })]
    clients[0]?.get('/')
    await clients[0]?.receives(/hi$/)
    clients[1]?.send('GET / HT')
    let closed = false
    NetServer.prototype.close.call(server, () => {
      closed = true
    })
    expect(server.listening).toBe(false)
    await expect(connectRaw(port, { secure })).rejects.toMatchObject({ code: 'ECONNREFUSED' })
    clients[0]?.get('/')
    clients[1]?.send('TP/1.1\r\nHost: localhost\r\n\r\n')
    await clients[0]?.receives(/hi[^]*hi$/)
    await clients[1]?.receives(/hi$/)
    expect(closed).toBe(false)
    for (const client of clients) client.destroy()
    await until(() => closed)
  })
})

describe.each<[string, boolean, () => HttpServer | Http2SecureServer]>([
  ['http', false, () => createHttpServer()],
  ['https', true, () => createHttpsServer(certificate)],
  ['http2 that falls back to HTTP/1', true, () => createSecureServer({ ...certificate, allowHTTP1: true })],
])('the diagnostics channels, of a server of %s,', (_name, secure, create) => {
  test.each([
    ['request', ''],
    ['checkContinue', 'Expect: 100-continue\r\n'],
    ['checkExpectation', 'Expect: tea\r\n'],
  ])('tell of a request before %s is emitted, and of the end of its response', async (event, header) => {
    const server = create()
    const told: string[] = []
    follow('http.server.request.start', () => told.push('start'))
    follow('http.server.response.finish', () => told.push('finish'))
    server.on(event, (_request, response) => {
      told.push(event)
      response.end('hi')
    })
    const client = await connectRaw(await listen(server), { secure })
    client.send(`GET / HTTP/1.1\r\nHost: localhost\r\n${header}\r\n`)
    await client.receives(/hi$/)
    await until(() => told.length >= 3)
    expect(told).toEqual(['start', event, 'finish'])
  })
})

test.each<[string, boolean, () => HttpServer | Http2SecureServer]>([
  ['http', false, () => createHttpServer()],
  ['https', true, () => createHttpsServer(certificate)],
  ['http2 that falls back to HTTP/1', true, () => createSecureServer({ ...certificate, allowHTTP1: true })],
])(
  'the next tick comes when all requests of one piece have been read, of a server of %s',
  async (_name, secure, create) => {
    const server = create()
    const order: string[] = []
    server.on('request', (request, response) => {
      order.push(String(request.url))
      process.nextTick(() => {
        order.push(`tick of ${request.url}`)
        response.end(request.url)
      })
    })
    const client = await connectRaw(await listen(server), { secure })
    client.send(['/1', '/2', '/3'].map((path) => `GET ${path} HTTP/1.1\r\nHost: localhost\r\n\r\n`).join(''))
    await client.receives(/\/3$/)
    expect(order).toEqual(['/1', '/2', '/3', 'tick of /1', 'tick of /2', 'tick of /3'])
  },
)

/** Listens to a channel until the test ends. */
function follow(channel: string, listener: () => void): void {
  subscribe(channel, listener)
  onTestFinished(() => {
    unsubscribe(channel, listener)
  })
}
