// What a slow reader gets of a response that had been ended when the stop began, in real time.
import { once } from 'node:events'
import { createServer as createHttpServer, type RequestListener } from 'node:http'
import { createSecureServer, createServer as createHttp2Server } from 'node:http2'
import { createServer as createHttpsServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { Server as TlsServer } from 'node:tls'
import { certificate, connectRaw, connectRawHttp2, until } from '@lastcall/testkit'
import { expect, onTestFinished, test } from 'vitest'
import { type HttpServer, serverAdapter } from '../src/index.ts'

const size = 32 * 1024 * 1024
const steps = 30
/** How long the client pauses between two steps, in ms. */
const pause = 50

const body = Buffer.alloc(size, 'x')
const answer: RequestListener = (_request, response) => {
  response.writeHead(200, { 'Content-Length': size }).end(body)
}

const servers: Readonly<Record<string, () => HttpServer>> = {
  http: () => createHttpServer(answer),
  https: () => createHttpsServer(certificate, answer),
  'http2 in cleartext': () => createHttp2Server(answer as never),
  'http2 over TLS': () => createSecureServer(certificate, answer as never),
}

/** A client that has asked, and has read nothing yet. */
interface Reader {
  /** How many bytes of the body have come. */
  received(): number
  pause(): void
  resume(): void
  isClosed(): boolean
  readonly closed: Promise<unknown>
}

/** What came of it. */
interface Reading {
  /** How many bytes of the body came. */
  readonly received: number
  /** What the stop told. */
  readonly report: string
  /** Whether the client took its time. */
  readonly slowly: boolean
}

/** Gets a server before it listens, and returns how to stop it, which resolves to what is told of it. */
type Stop = (server: HttpServer) => () => Promise<string>

const drain: Stop = (server) => {
  const adapter = serverAdapter(server)
  return async () => String(await adapter.stop(new AbortController()))
}

const plainClose: Stop = (server) => async () => {
  await new Promise((resolve) => {
    server.close(resolve)
  })
  return ''
}

test('a slow reader gets every byte from every kind of server, where the plain `close` of a server loses many', async () => {
  const drained = Object.entries(servers).map(async ([name, create]) => [name, await readSlowly(create(), drain)])
  const plain = readSlowly(createHttpServer(answer), plainClose)
  const whole = { received: size, report: '1 request finished, 0 cut', slowly: true }
  expect(Object.fromEntries(await Promise.all(drained))).toEqual(forEach(whole))
  expect((await plain).received).toBeLessThan(size)
})

test('at the deadline a slow reader is cut, on every kind of server', async () => {
  const cuts = Object.entries(servers).map(async ([name, create]) => {
    const server = create()
    const adapter = serverAdapter(server)
    const reader = await ask(server)
    const controller = new AbortController()
    const stopped = adapter.stop(controller)
    await until(() => !server.listening)
    expect(adapter.connections).toBe(1)
    controller.abort()
    const { cut, finished } = await stopped
    reader.resume()
    await reader.closed
    return [name, { cut, finished, whole: reader.received() === size }]
  })
  expect(Object.fromEntries(await Promise.all(cuts))).toEqual(forEach({ cut: 1, finished: 0, whole: false }))
})

function forEach<T>(value: T): Record<string, T> {
  return Object.fromEntries(Object.keys(servers).map((name) => [name, value]))
}

/** Stops a server while a client reads its answer in small steps, with pauses between them. */
async function readSlowly(server: HttpServer, prepare: Stop): Promise<Reading> {
  const stop = prepare(server)
  const reader = await ask(server)
  const begin = performance.now()
  const stopped = stop()
  for (let step = 1; step <= steps && !reader.isClosed(); step += 1) {
    reader.resume()
    await until(() => reader.isClosed() || reader.received() >= (size * step) / steps)
    reader.pause()
    await new Promise((resolve) => {
      setTimeout(resolve, pause)
    })
  }
  reader.resume()
  await reader.closed
  const slowly = performance.now() - begin >= steps * pause
  return { received: reader.received(), report: await stopped, slowly }
}

/** Lets a server listen, and resolves when the answer to a client has been ended of which that has read nothing. */
async function ask(server: HttpServer): Promise<Reader> {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => void server.close())
  const { port } = server.address() as AddressInfo
  const asked = once(server, 'request')
  const reader = 'updateSettings' in server ? await askHttp2(server, port) : await askHttp1(server, port)
  await asked
  return reader
}

async function askHttp1(server: HttpServer, port: number): Promise<Reader> {
  const client = await connectRaw(port, { secure: server instanceof TlsServer })
  client.pause()
  client.get('/')
  const isClosed = watch(client.closed)
  const headSize = (): number => client.received.indexOf('\r\n\r\n') + 4
  return {
    received: () => client.bytes - headSize(),
    pause: () => client.pause(),
    resume: () => client.resume(),
    isClosed,
    closed: client.closed,
  }
}

async function askHttp2(server: HttpServer, port: number): Promise<Reader> {
  // TCP alone holds the server up.
  const client = await connectRawHttp2(port, { secure: server instanceof TlsServer, windowSize: 2 * size })
  client.pause()
  const stream = client.request('/')
  const isClosed = watch(client.closed)
  return {
    received: () => client.responses.get(stream)?.body.length ?? 0,
    pause: () => client.pause(),
    resume: () => client.resume(),
    isClosed,
    closed: client.closed,
  }
}

/** Tells whether a promise has resolved. */
function watch(promise: Promise<unknown>): () => boolean {
  const state = { resolved: false }
  void promise.finally(() => {
    state.resolved = true
  })
  return () => state.resolved
}
