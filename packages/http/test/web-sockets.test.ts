import { once } from 'node:events'
import { createServer as createHttpServer, type IncomingMessage, type Server } from 'node:http'
import { createServer as createHttpsServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import type { Duplex } from 'node:stream'
import { Lifecycle } from '@lastcall/core'
import { certificate, connectRaw, passTurns, stillClock, until } from '@lastcall/testkit'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { type ServerOptions, WebSocket, WebSocketServer } from 'ws'
import { type DrainReport, type ServerAdapter, serverAdapter, type ServerAdapterOptions } from '../src/index.ts'

stillClock()

const handshake =
  'GET /chat HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n' +
  'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n'
/** A frame that closes with 1001 (RFC 6455, section 5.5.1). */
const goingAway = '\x88\x02\x03\xe9'

const servers = {
  http: () => createHttpServer(),
  https: () => createHttpsServer(certificate),
}

interface Chat {
  readonly server: Server
  readonly adapter: ServerAdapter
  readonly lifecycle: Lifecycle
  readonly webSockets: WebSocketServer
  readonly port: number
  connect(): Promise<WebSocket>
}

/** Starts a server with WebSockets that the adapter is told of. */
async function startChat(
  how: ServerOptions & { readonly kind?: keyof typeof servers; readonly adapter?: ServerAdapterOptions } = {},
): Promise<Chat> {
  const { kind = 'http', adapter: adapterOptions, ...socketOptions } = how
  const server = servers[kind]()
  const webSockets = new WebSocketServer({ ...(!how.noServer && { server }), ...socketOptions })
  const lifecycle = new Lifecycle({ timeout: 10_000 })
  const adapter = lifecycle.register(serverAdapter(server, { webSockets, ...adapterOptions }))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => {
    for (const socket of webSockets.clients) socket.terminate()
    server.close()
  })
  const { port } = server.address() as AddressInfo
  const url = `${kind === 'http' ? 'ws' : 'wss'}://127.0.0.1:${port}/chat`
  const connect = async (): Promise<WebSocket> => {
    const before = webSockets.clients.size
    const client = new WebSocket(url, { rejectUnauthorized: false })
    await once(client, 'open')
    await until(() => webSockets.clients.size > before)
    return client
  }
  return { server, adapter, lifecycle, webSockets, port, connect }
}

/** The code that a client is closed with. */
async function closeCode(client: WebSocket): Promise<number> {
  const [code] = (await once(client, 'close')) as [number]
  return code
}

function detailOf(report: { readonly hooks: readonly { readonly detail?: unknown }[] }): DrainReport {
  return report.hooks[0]?.detail as DrainReport
}

describe.each(Object.keys(servers) as (keyof typeof servers)[])('web sockets over %s', (kind) => {
  test('are each closed with 1001, and the stop ends when all have answered', async () => {
    const chat = await startChat({ kind })
    const clients = [await chat.connect(), await chat.connect(), await chat.connect()]
    expect(chat.adapter).toMatchObject({ connections: 3, inFlight: 0 })
    const codes = Promise.all(clients.map(closeCode))
    const report = await chat.lifecycle.stop()
    expect(report).toMatchObject({ ok: true, duration: 0 })
    expect(await codes).toEqual([1001, 1001, 1001])
    expect(String(detailOf(report))).toBe('0 requests finished, 0 cut')
  })

  test('of a server without a server of its own are closed too', async () => {
    const chat = await startChat({ kind, noServer: true })
    chat.server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
      chat.webSockets.handleUpgrade(request, socket, head, (client) => {
        chat.webSockets.emit('connection', client, request)
      })
    })
    const code = closeCode(await chat.connect())
    expect(await chat.lifecycle.stop()).toMatchObject({ ok: true, duration: 0 })
    expect(await code).toBe(1001)
  })

  test('that answer late are waited for, and no longer', async () => {
    const chat = await startChat({ kind })
    const client = await connectRaw(chat.port, { secure: kind === 'https' })
    client.send(handshake)
    await client.receives(/101 Switching Protocols/)
    await until(() => chat.webSockets.clients.size === 1)
    const stopping = chat.lifecycle.stop()
    await client.receives(new RegExp(`${goingAway}$`))
    vi.advanceTimersByTime(2_000)
    await passTurns()
    expect(chat.adapter.connections).toBe(1)
    // Masked with zeros.
    client.send('\x88\x82\x00\x00\x00\x00\x03\xe9')
    expect(await stopping).toMatchObject({ ok: true, duration: 2_000 })
    await client.closed
  })

  test('that do not answer are terminated at the deadline, and named', async () => {
    const chat = await startChat({ kind })
    const terminate = vi.spyOn(WebSocket.prototype, 'terminate')
    onTestFinished(() => terminate.mockRestore())
    const client = await connectRaw(chat.port, { secure: kind === 'https' })
    client.send(handshake)
    await client.receives(/101 Switching Protocols/)
    const answering = await chat.connect()
    const code = closeCode(answering)
    const stopping = chat.lifecycle.stop()
    await client.receives(new RegExp(`${goingAway}$`))
    expect(await code).toBe(1001)
    await until(() => chat.adapter.connections === 1)
    vi.advanceTimersByTime(9_999)
    await passTurns()
    expect(chat.adapter.connections).toBe(1)
    expect(terminate).not.toHaveBeenCalled()
    vi.advanceTimersByTime(1)
    const report = await stopping
    expect(report).toMatchObject({ ok: false, duration: 10_000, hooks: [{ outcome: 'aborted' }] })
    expect(terminate).toHaveBeenCalledOnce()
    await client.closed
    const { cutUpgraded, cutRequests } = detailOf(report)
    expect(cutUpgraded).toBe(1)
    expect(cutRequests).toMatchObject([{ method: 'GET', path: '/chat', age: 10_000, upgraded: true }])
  })

  test('that come in the announce stage are served until the listener closes, and then closed with 1001', async () => {
    const chat = await startChat({ kind, adapter: { stopDelay: 100 } })
    chat.webSockets.on('connection', (client) => client.send('welcome'))
    const stopping = chat.lifecycle.stop()
    await passTurns()
    vi.advanceTimersByTime(50)
    const client = await chat.connect()
    const code = closeCode(client)
    vi.advanceTimersByTime(49)
    await passTurns()
    expect(client.readyState).toBe(WebSocket.OPEN)
    vi.advanceTimersByTime(1)
    expect(await stopping).toMatchObject({ ok: true, duration: 100 })
    expect(await code).toBe(1001)
  })

  test('whose upgrade the application decides on after the listener has closed are closed with 1001', async () => {
    let accept: (() => void) | undefined
    const chat = await startChat({
      kind,
      adapter: { stopDelay: 100 },
      verifyClient: (_info, decide) => {
        accept = () => decide(true)
      },
    })
    const stopping = chat.lifecycle.stop()
    const code = chat.connect().then(closeCode)
    await until(() => accept)
    vi.advanceTimersByTime(100)
    await until(() => !chat.server.listening)
    accept?.()
    expect(await stopping).toMatchObject({ ok: true, duration: 100 })
    expect(await code).toBe(1001)
  })
})

describe('the option webSockets', () => {
  test.each<[unknown, string]>([
    [null, 'got `null`'],
    [true, 'got `true`'],
    [[], 'got an array'],
    [{ clients: new Set(), on: () => {} }, 'got an object of `Object`'],
    [{ clients: new Set(), off: () => {} }, 'got an object of `Object`'],
    [{ clients: {}, on: () => {}, off: () => {} }, 'got an object of `Object`'],
    // It has no `clients`.
    [new WebSocketServer({ noServer: true, clientTracking: false }), 'got an object of `WebSocketServer`'],
  ])('refuses %o', (webSockets, got) => {
    const server = createHttpServer()
    const adapt = (): unknown => serverAdapter(server, { webSockets: webSockets as never })
    expect(adapt).toThrow(TypeError)
    expect(adapt).toThrow(
      `Expected \`webSockets\` to be a WebSocketServer of ws, or an object with \`clients\`, \`on\``,
    )
    expect(adapt).toThrow(got)
    expect(server.eventNames()).toEqual(createHttpServer().eventNames())
  })

  test('takes anything of that shape', async () => {
    const [closed, terminated] = [vi.fn<(code?: number) => void>(), vi.fn<() => void>()]
    const listeners = new Set<unknown>()
    const lifecycle = new Lifecycle()
    const adapter = serverAdapter(createHttpServer(), {
      webSockets: {
        clients: [{ close: closed, terminate: terminated }],
        on: (_event, listener) => listeners.add(listener),
        off: (_event, listener) => listeners.delete(listener),
      },
    })
    lifecycle.register(adapter)
    expect(listeners.size).toBe(0)
    await lifecycle.stop()
    expect(closed.mock.calls).toEqual([[1001]])
    expect(terminated).not.toHaveBeenCalled()
    expect(listeners.size).toBe(0)
  })

  test.each([false, true])('leaves no listener behind on the WebSocketServer, forced: %s', async (force) => {
    const chat = await startChat()
    const events = ['connection', 'close', 'error', 'headers']
    const counts = (): readonly number[] => events.map((event) => chat.webSockets.listenerCount(event))
    const before = counts()
    const client = await chat.connect()
    client.on('error', () => {})
    const closed = once(client, 'close')
    expect(await chat.lifecycle.stop({ force })).toMatchObject({ ok: !force })
    await closed
    expect(counts()).toEqual(before)
    expect(chat.webSockets.clients.size).toBe(0)
  })
})

test('what throws when it is closed keeps neither the others nor the drain from their end, and fails the hook', async () => {
  const chat = await startChat()
  const clients = [await chat.connect(), await chat.connect()]
  const failure = new Error('cannot close')
  const [first] = chat.webSockets.clients
  vi.spyOn(first!, 'close').mockImplementation(() => {
    throw failure
  })
  const closed = once(clients[1]!, 'close')
  const stopping = chat.lifecycle.stop()
  expect((await closed)[0]).toBe(1001)
  vi.advanceTimersByTime(10_000)
  const report = await stopping
  expect(report.hooks[0]).toMatchObject({ outcome: 'failed', error: failure })
  expect(chat.adapter.connections).toBe(0)
})
