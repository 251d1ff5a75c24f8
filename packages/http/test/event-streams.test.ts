import { createServer } from 'node:http'
import { createServer as createHttp2Server, type OutgoingHttpHeaders, type ServerHttp2Stream } from 'node:http2'
import { createGzip } from 'node:zlib'
import { connectRaw, connectRawHttp2, listen, until } from '@lastcall/testkit'
import { describe, expect, test } from 'vitest'
import { serverAdapter } from '../src/index.ts'

const event = 'data: 1\n\n'
const ending = { eventStreams: 'end', closeIdleAfter: 0 } as const

/** Node 20 takes no array. */
const takesArrays = Number(process.versions.node.split('.')[0]) >= 22

describe('an event stream of the core API of node:http2', () => {
  test.each<[string, OutgoingHttpHeaders | string[]]>([
    ['in lower case', { 'content-type': 'text/event-stream' }],
    ['in capitals, with a parameter', { 'Content-Type': 'text/Event-Stream; charset=utf-8' }],
    ['as a list of one', { 'content-type': ['text/event-stream'] }],
    ...(takesArrays
      ? ([['in an array', [':status', '200', 'Content-Type', 'text/event-stream']]] as [string, string[]][])
      : []),
  ])('ends when the listener closes, its type given %s', async (_name, headers) => {
    const server = createHttp2Server()
    const adapter = serverAdapter(server, ending)
    const streams: ServerHttp2Stream[] = []
    server.on('stream', (stream: ServerHttp2Stream) => {
      streams.push(stream)
      stream.respond(headers as OutgoingHttpHeaders)
      stream.write(event)
    })
    const client = await connectRawHttp2(await listen(server))
    const id = client.request('/events')
    await client.receives(({ responses }) => responses.get(id)?.body === event)
    const report = adapter.stop(new AbortController())
    await until(() => streams[0]?.writableEnded)
    // It would end the process: nothing listens to errors.
    streams[0]?.write(event)
    streams[0]?.end(event)
    expect(await client.answer(id)).toMatchObject({ body: event, ended: true, resetCode: undefined })
    expect(String(await report)).toBe('1 request finished, 0 cut')
  })

  test('that is refused its first headers, and gets others, ends', async () => {
    const server = createHttp2Server()
    const adapter = serverAdapter(server, ending)
    const begin: (() => void)[] = []
    server.on('stream', (stream: ServerHttp2Stream) => {
      begin.push(() => {
        expect(() => stream.respond({ ':status': 99 })).toThrow(RangeError)
        stream.respond({ 'content-type': 'text/event-stream' })
        stream.write(event)
      })
    })
    const client = await connectRawHttp2(await listen(server))
    const id = client.request('/events')
    await until(() => begin.length > 0)
    const report = adapter.stop(new AbortController())
    await until(() => !server.listening)
    begin[0]?.()
    expect(await client.answer(id)).toMatchObject({ body: event, ended: true })
    expect(String(await report)).toBe('1 request finished, 0 cut')
  })
})

test('an event stream that a middleware compresses ends with its last compressed byte', async () => {
  // As the package compression does it: the middleware has its own `write` and `end`, and keeps those of Node.
  const server = createServer((_request, response) => {
    const gzip = createGzip()
    const [write, end] = [response.write.bind(response), response.end.bind(response)]
    gzip.on('data', (chunk: Buffer) => void write(chunk))
    gzip.on('end', () => void end())
    response.write = ((chunk: string) => gzip.write(chunk)) as typeof response.write
    response.end = (() => void gzip.end()) as unknown as typeof response.end
    response.writeHead(200, { 'Content-Type': 'text/event-stream', 'Content-Encoding': 'gzip' })
    response.write(event)
    gzip.flush()
  })
  const adapter = serverAdapter(server, ending)
  const port = await listen(server)
  const answer = await fetch(`http://127.0.0.1:${port}/events`)
  const report = adapter.stop(new AbortController())
  // A body that is cut rejects here.
  expect(await answer.text()).toBe(event)
  expect(String(await report)).toBe('1 request finished, 0 cut')
})

test.each<[string, (end: () => void) => unknown]>([
  ['at once', (end) => end()],
  ['a turn later, as the adapter does', (end) => setImmediate(end)],
])(
  'an event stream that an application ends by itself %s after the listener has closed is sent as it is',
  async (_when, later) => {
    const adapter = serverAdapter(
      createServer((_request, response) => {
        response.writeHead(200, { 'Content-Type': 'text/event-stream' }).write(event)
        adapter.draining.addEventListener('abort', () => later(() => response.end('data: bye\n\n')))
      }),
      ending,
    )
    const client = await connectRaw(await listen(adapter.server))
    client.get('/events')
    await client.receives(/data: 1/)
    const report = adapter.stop(new AbortController())
    await client.receives(/data: bye\n\n\r\n0\r\n\r\n$/)
    expect(String(await report)).toBe('1 request finished, 0 cut')
  },
)

test('an event stream whose application has a `writeHead` of its own begins and ends, and keeps it', async () => {
  const begin: (() => void)[] = []
  const kept: boolean[] = []
  const server = createServer((_request, response) => {
    const writeHead = response.writeHead.bind(response)
    const own = ((status: number) => writeHead(status)) as typeof response.writeHead
    response.writeHead = own
    begin.push(() => {
      response.setHeader('Content-Type', 'text/event-stream')
      response.write(event)
      kept.push(response.writeHead === own)
    })
  })
  const adapter = serverAdapter(server, ending)
  const client = await connectRaw(await listen(server))
  client.get('/events')
  await until(() => begin.length > 0)
  const report = adapter.stop(new AbortController())
  await until(() => !server.listening)
  begin[0]?.()
  await client.receives(/data: 1\n\n\r\n0\r\n\r\n$/)
  expect(kept).toEqual([true])
  expect(String(await report)).toBe('1 request finished, 0 cut')
})

test('an upgraded connection is no event stream', async () => {
  const server = createServer()
  server.on('upgrade', (_request, socket) => {
    socket.write('HTTP/1.1 101 Switching Protocols\r\nUpgrade: test\r\nConnection: Upgrade\r\n\r\n')
    adapter.draining.addEventListener('abort', () => setImmediate(() => socket.end('bye')))
  })
  const adapter = serverAdapter(server, ending)
  const client = await connectRaw(await listen(server))
  client.send('GET /live HTTP/1.1\r\nHost: localhost\r\nUpgrade: test\r\nConnection: Upgrade\r\n\r\n')
  await client.receives(/101/)
  const report = adapter.stop(new AbortController())
  await client.receives(/bye$/)
  client.destroy()
  expect(await report).toMatchObject({ cut: 0, cutUpgraded: 0 })
})

test.each([null, 'close', true, {}])('`eventStreams` refuses %o', (eventStreams) => {
  const adapt = (): unknown => serverAdapter(createServer(), { eventStreams: eventStreams as never })
  expect(adapt).toThrow(TypeError)
  expect(adapt).toThrow(/^Expected `eventStreams` to be 'leave' or 'end', got /)
})
