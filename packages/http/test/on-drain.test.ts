import { once } from 'node:events'
import { createServer, type IncomingMessage, type RequestListener } from 'node:http'
import { createServer as createHttp2Server, type ServerHttp2Stream } from 'node:http2'
import { connectRaw, connectRawHttp2, listen, passTurns, type RawClient, until } from '@lastcall/testkit'
import { expect, onTestFinished, test, vi } from 'vitest'
import { onDrain, type ServerAdapter, serverAdapter } from '../src/index.ts'

interface Chat {
  readonly adapter: ServerAdapter
  readonly port: number
  readonly client: RawClient
}

/** Starts a server with an adapter, and connects a client. */
async function start(handler: RequestListener): Promise<Chat> {
  const adapter = serverAdapter(createServer(handler), { closeIdleAfter: 0 })
  const port = await listen(adapter.server)
  return { adapter, port, client: await connectRaw(port) }
}

/** Collects uncaught errors in place of the test runner. */
function catchUncaught(): unknown[] {
  const errors: unknown[] = []
  const listeners = process.listeners('uncaughtException')
  const onError = (error: unknown): void => void errors.push(error)
  process.removeAllListeners('uncaughtException').on('uncaughtException', onError)
  onTestFinished(() => {
    process.off('uncaughtException', onError)
    for (const listener of listeners) process.on('uncaughtException', listener)
  })
  return errors
}

test('a listener that throws becomes an uncaught error, and the others are called', async () => {
  const errors = catchUncaught()
  const { adapter, client, port } = await start((request, response) => {
    response.write('hi')
    onDrain(request, () => {
      response.end()
      throw new Error(`thrown for ${request.url}`)
    })
  })
  const other = await connectRaw(port)
  for (const [path, each] of [
    ['/1', client],
    ['/2', other],
  ] as const) {
    each.get(path)
    await each.receives(/hi/)
  }
  const report = await adapter.stop(new AbortController())
  for (const each of [client, other]) await each.receives(/\r\n0\r\n\r\n$/)
  expect(String(report)).toBe('2 requests finished, 0 cut')
  await until(() => errors.length === 2)
  expect(errors.map(String)).toEqual(['Error: thrown for /1', 'Error: thrown for /2'])
})

test('a listener is called for the request of an upgrade, until its connection closes', async () => {
  const { adapter, client, port } = await start(() => {})
  const called = vi.fn<(path: string | undefined) => void>()
  adapter.server.on('upgrade', (request: IncomingMessage, socket) => {
    socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: test\r\n\r\n')
    socket.on('end', () => socket.end())
    onDrain(request, () => {
      called(request.url)
      socket.end()
    })
  })
  const other = await connectRaw(port)
  for (const [path, each] of [
    ['/gone', client],
    ['/open', other],
  ] as const) {
    each.send(`GET ${path} HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: test\r\n\r\n`)
    await each.receives(/101 Switching/)
  }
  client.end()
  await client.closed
  await until(() => adapter.connections === 1)
  await adapter.stop(new AbortController())
  expect(called.mock.calls).toEqual([['/open']])
})

test('a listener is not called for a pipelined request whose client has left before its turn', async () => {
  const requests: IncomingMessage[] = []
  const called = vi.fn<() => void>()
  const { adapter, client } = await start((request) => {
    requests.push(request)
    onDrain(request, called)
  })
  client.send('GET /1 HTTP/1.1\r\nHost: localhost\r\n\r\nGET /2 HTTP/1.1\r\nHost: localhost\r\n\r\n')
  await until(() => requests.length === 2)
  client.destroy()
  await until(() => adapter.connections === 0)
  await adapter.stop(new AbortController())
  expect(called).not.toHaveBeenCalled()
})

test('a listener is not called for a request that has been answered, when another is in flight on its connection', async () => {
  const paths: (string | undefined)[] = []
  const { adapter, client } = await start((request, response) => {
    onDrain(request, () => {
      paths.push(request.url)
      response.end('bye')
    })
    if (request.url === '/1') response.end('one')
  })
  client.get('/1')
  await client.receives(/one$/)
  client.get('/2')
  await until(() => adapter.inFlight === 1)
  await adapter.stop(new AbortController())
  expect(paths).toEqual(['/2'])
})

test('a request with a body is subscribed until its response closes, not until its body has been read', async () => {
  const { adapter, client } = await start((request, response) => {
    onDrain(request, () => response.end('bye'))
    request.resume().on('close', () => response.write('read '))
  })
  client.send('POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\n\r\nhi')
  await client.receives(/read /)
  await adapter.stop(new AbortController())
  await client.receives(/bye\r\n0\r\n\r\n$/)
})

test('a stream of node:http2 is taken for its request', async () => {
  const server = createHttp2Server()
  const adapter = serverAdapter(server)
  server.on('stream', (stream: ServerHttp2Stream) => {
    stream.respond({ ':status': 200 })
    stream.write('hi ')
    onDrain(stream, () => stream.end('bye'))
  })
  const client = await connectRawHttp2(await listen(server))
  const stream = client.request('/')
  await client.receives(({ responses }) => responses.get(stream)?.body)
  const report = adapter.stop(new AbortController())
  expect(await client.answer(stream)).toMatchObject({ body: 'hi bye', ended: true })
  expect(String(await report)).toBe('1 request finished, 0 cut')
})

test('a listener is never called where the server has no adapter', async () => {
  const called = vi.fn<() => void>()
  const server = createServer((request, response) => {
    onDrain(request, called)[Symbol.dispose]()
    onDrain(request, called)
    response.end('hi')
  })
  const client = await connectRaw(await listen(server))
  client.get('/')
  await client.receives(/hi$/)
  await passTurns()
  expect(called).not.toHaveBeenCalled()
})

test.each([undefined, null, 'end', {}])('%o is refused as a listener', async (listener) => {
  const { adapter, client } = await start((request) => onDrain(request, listener as never))
  const caught = catchUncaught()
  client.get('/')
  await until(() => caught.length > 0)
  expect(String(caught[0])).toMatch(/^TypeError: Expected `listener` to be a function, got /)
  const stopped = once(adapter.server, 'close')
  client.destroy()
  await adapter.stop(new AbortController())
  await stopped
})
