import { once } from 'node:events'
import { createServer as createHttpServer, type IncomingMessage, type Server } from 'node:http'
import { createServer as createHttpsServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import type { Duplex } from 'node:stream'
import { Lifecycle } from '@lastcall/core'
import { certificate, connectRaw, passTurns, type RawClient, stillClock, until } from '@lastcall/testkit'
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
  /** More servers of WebSockets, which get the connections to other paths. */
  readonly others: readonly WebSocketServer[]
  readonly port: number
  connect(path?: string): Promise<WebSocket>
}

interface ChatOptions extends ServerOptions {
  readonly kind?: keyof typeof servers
  readonly adapter?: ServerAdapterOptions
  /** The time of the stop, in ms. */
  readonly timeout?: number
  readonly others?: number
}

/** Starts a server with WebSockets that the adapter is told of. */
async function startChat(options: ChatOptions = {}): Promise<Chat> {
  const { kind = 'http', adapter: adapterOptions, timeout = 10_000, others: count = 0, ...socketOptions } = options
  const server = servers[kind]()
  const webSockets = new WebSocketServer({ ...(!options.noServer && { server }), ...socketOptions })
  const others = Array.from({ length: count }, () => new WebSocketServer({ noServer: true }))
  if (count > 0) {
    server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
      const target = (request.url === '/chat' ? webSockets : others[0]) as WebSocketServer
      target.handleUpgrade(request, socket, head, (client) => target.emit('connection', client, request))
    })
  }
  const lifecycle = new Lifecycle({ timeout })
  const told = count > 0 ? [webSockets, ...others] : webSockets
  const adapter = lifecycle.register(serverAdapter(server, { webSockets: told, ...adapterOptions }))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => {
    for (const socket of webSockets.clients) socket.terminate()
    server.close()
  })
  const { port } = server.address() as AddressInfo
  const url = `${kind === 'http' ? 'ws' : 'wss'}://127.0.0.1:${port}`
  const open = (): number => [webSockets, ...others].reduce((sum, { clients }) => sum + clients.size, 0)
  const connect = async (path = '/chat'): Promise<WebSocket> => {
    const before = open()
    const client = new WebSocket(`${url}${path}`, { rejectUnauthorized: false })
    await once(client, 'open')
    await until(() => open() > before)
    return client
  }
  return { server, adapter, lifecycle, webSockets, others, port, connect }
}

/** Opens a WebSocket whose client answers nothing. */
async function openSilent(chat: Chat, kind: keyof typeof servers): Promise<RawClient> {
  const client = await connectRaw(chat.port, { secure: kind === 'https' })
  const connected = once(chat.webSockets, 'connection')
  client.send(handshake)
  await Promise.all([connected, client.receives(/101 Switching Protocols/)])
  return client
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
    expect(detailOf(report)).toMatchObject({ webSocketsClosed: 3, webSocketsTerminated: 0 })
    expect(String(detailOf(report))).toBe('0 requests finished, 0 cut, 3 WebSockets closed')
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
    vi.advanceTimersByTime(999)
    await passTurns()
    expect(chat.adapter.connections).toBe(1)
    // Masked with zeros.
    client.send('\x88\x82\x00\x00\x00\x00\x03\xe9')
    expect(await stopping).toMatchObject({ ok: true, duration: 999 })
    expect(String(detailOf(await stopping))).toBe('0 requests finished, 0 cut, 1 WebSocket closed')
    await client.closed
  })

  test('that do not answer within a second are terminated, and the stop is clean', async () => {
    const chat = await startChat({ kind })
    const clients = [await openSilent(chat, kind), await openSilent(chat, kind)]
    const answering = await chat.connect()
    const code = closeCode(answering)
    const stopping = chat.lifecycle.stop()
    for (const client of clients) await client.receives(new RegExp(`${goingAway}$`))
    expect(await code).toBe(1001)
    await until(() => chat.adapter.connections === 2)
    vi.advanceTimersByTime(999)
    await passTurns()
    expect(chat.adapter.connections).toBe(2)
    vi.advanceTimersByTime(1)
    const report = await stopping
    expect(report).toMatchObject({ ok: true, duration: 1_000 })
    for (const client of clients) await client.closed
    expect(detailOf(report)).toMatchObject({ webSocketsClosed: 1, webSocketsTerminated: 2, cutUpgraded: 0 })
    expect(String(detailOf(report))).toBe('0 requests finished, 0 cut, 1 WebSocket closed, 2 WebSockets terminated')
  })

  test('that have not answered at the deadline are cut, and named', async () => {
    const chat = await startChat({ kind, timeout: 500 })
    const terminate = vi.spyOn(WebSocket.prototype, 'terminate')
    onTestFinished(() => terminate.mockRestore())
    const client = await openSilent(chat, kind)
    const code = closeCode(await chat.connect())
    const stopping = chat.lifecycle.stop()
    await client.receives(new RegExp(`${goingAway}$`))
    expect(await code).toBe(1001)
    await until(() => chat.adapter.connections === 1)
    vi.advanceTimersByTime(499)
    await passTurns()
    expect(terminate).not.toHaveBeenCalled()
    vi.advanceTimersByTime(1)
    const report = await stopping
    expect(report).toMatchObject({ ok: false, duration: 500, hooks: [{ outcome: 'aborted' }] })
    expect(terminate).toHaveBeenCalledOnce()
    await client.closed
    expect(detailOf(report)).toMatchObject({ cutUpgraded: 1, webSocketsClosed: 1, webSocketsTerminated: 0 })
    expect(detailOf(report).cutRequests).toMatchObject([{ method: 'GET', path: '/chat', age: 500, upgraded: true }])
  })

  test('whose client leaves without an answer are not counted', async () => {
    const chat = await startChat({ kind })
    const client = await openSilent(chat, kind)
    const stopping = chat.lifecycle.stop()
    await client.receives(new RegExp(`${goingAway}$`))
    client.destroy()
    expect(await stopping).toMatchObject({ ok: true, duration: 0 })
    expect(String(detailOf(await stopping))).toBe('0 requests finished, 0 cut')
  })

  test('that open late have a second of their own', async () => {
    const accept: (() => void)[] = []
    const chat = await startChat({
      kind,
      verifyClient: (_info, decide) => {
        accept.push(() => decide(true))
      },
    })
    const clients = [
      await connectRaw(chat.port, { secure: kind === 'https' }),
      await connectRaw(chat.port, { secure: kind === 'https' }),
    ]
    for (const client of clients) client.send(handshake)
    await until(() => accept.length === 2)
    accept[0]?.()
    await until(() => chat.webSockets.clients.size === 1)
    const stopping = chat.lifecycle.stop()
    await clients[0]?.receives(new RegExp(`${goingAway}$`))
    vi.advanceTimersByTime(600)
    accept[1]?.()
    await clients[1]?.receives(new RegExp(`${goingAway}$`))
    vi.advanceTimersByTime(400)
    await clients[0]?.closed
    await until(() => chat.adapter.connections === 1)
    vi.advanceTimersByTime(599)
    await passTurns()
    expect(chat.adapter.connections).toBe(1)
    vi.advanceTimersByTime(1)
    expect(await stopping).toMatchObject({ ok: true, duration: 1_600 })
    expect(detailOf(await stopping)).toMatchObject({ webSocketsClosed: 0, webSocketsTerminated: 2 })
  })

  test('of several servers are all closed', async () => {
    const chat = await startChat({ kind, noServer: true, others: 1 })
    const codes = [closeCode(await chat.connect()), closeCode(await chat.connect('/other'))]
    expect(chat.others[0]?.clients.size).toBe(1)
    const report = await chat.lifecycle.stop()
    expect(await Promise.all(codes)).toEqual([1001, 1001])
    expect(String(detailOf(report))).toBe('0 requests finished, 0 cut, 2 WebSockets closed')
    for (const server of [chat.webSockets, ...chat.others]) expect(server.listenerCount('connection')).toBe(0)
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
    [[undefined], 'got `undefined`'],
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
      /^Expected `webSockets(\[0\])?` to be a WebSocketServer of ws, or an object with `clients`, `on` and `off`, got /,
    )
    expect(adapt).toThrow(got)
    expect(server.eventNames()).toEqual(createHttpServer().eventNames())
  })

  test('takes an empty list', async () => {
    const lifecycle = new Lifecycle()
    lifecycle.register(serverAdapter(createHttpServer(), { webSockets: [] }))
    expect(await lifecycle.stop()).toMatchObject({ ok: true })
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
