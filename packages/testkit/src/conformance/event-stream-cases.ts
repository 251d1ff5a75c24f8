import type { RequestListener, ServerResponse } from 'node:http'
import { describe, expect, test, vi } from 'vitest'
import type { RawHttp2Client } from '../raw-http2-client.ts'
import type { Kind } from './kind.ts'
import { reconnect } from './reconnect.ts'
import { drainOf, idle, listenerClosed, passTurns, type Service, serve, until } from './service.ts'
import { Stage } from './stage.ts'

const event = 'data: 1\n\n'
const type = 'text/event-stream'

/** How an application may say that its response is an event stream. */
const heads: Readonly<Record<string, (response: ServerResponse) => unknown>> = {
  setHeader: (response) => response.setHeader('Content-Type', type),
  'setHeader with a parameter': (response) => response.setHeader('content-type', `${type}; charset=utf-8`),
  'setHeader in capitals': (response) => response.setHeader('CONTENT-TYPE', 'Text/Event-Stream;charset=UTF-8'),
  'writeHead with an object': (response) => response.writeHead(200, { 'Content-Type': type, 'X-Other': '1' }),
  'writeHead with an object and headers that are set': (response) => {
    response.setHeader('X-Other', '1')
    response.writeHead(200, { 'Content-Type': type })
  },
  'writeHead with a reason': (response) =>
    response.writeHead(200, 'Fine', { 'Content-Type': `${type} ; charset=utf-8` }),
  'setHeader and writeHead': (response) => {
    response.setHeader('Content-Type', type)
    response.writeHead(200)
  },
}
/** What node:http2 does not have, or Node 20 does not have there. */
const http1Heads: typeof heads = {
  'writeHead with an array': (response) => response.writeHead(200, ['X-Other', '1', 'Content-Type', type]),
  appendHeader: (response) => response.appendHeader('Content-Type', type),
  setHeaders: (response) => response.setHeaders(new Headers({ 'Content-Type': type })),
}

/** An application that knows nothing of Lastcall: it sends events until its client has left. */
class Application {
  readonly #head: (response: ServerResponse) => unknown
  readonly #write = new Set<() => void>()
  /** How many responses have closed. */
  closed = 0

  constructor(head: (response: ServerResponse) => unknown = (response) => response.setHeader('Content-Type', type)) {
    this.#head = head
  }

  readonly handler: RequestListener = (request, response) => {
    if (request.url === '/') return void response.end('hi')
    this.#head(response)
    response.write(event)
    const write = (): void => void response.write(event)
    this.#write.add(write)
    response.on('close', () => {
      this.#write.delete(write)
      this.closed += 1
    })
  }

  /** Sends an event to every client. */
  send(): void {
    for (const write of this.#write) write()
  }
}

/** Opens an event stream over HTTP/2. */
async function openEvents(client: RawHttp2Client): Promise<number> {
  const stream = client.request('/events')
  await client.receives(({ responses }) => responses.get(stream)?.body === event)
  return stream
}

/** What `eventStreams: 'end'` does to event streams over HTTP/1. */
export function eventStreamCases(kind: Kind): void {
  describe('an event stream, with `eventStreams` to end it,', () => {
    test.each(Object.entries({ ...heads, ...http1Heads }))(
      'ends with its last chunk when the listener closes: %s',
      async (_name, head) => {
        const app = new Application(head)
        const service = await serve(kind, app.handler, { eventStreams: 'end' })
        const client = await service.connect()
        client.get('/events')
        await client.receives(/data: 1\n\n\r\n$/)
        vi.advanceTimersByTime(1_000)
        const report = service.lifecycle.stop()
        await client.receives(/data: 1\n\n\r\n0\r\n\r\n$/)
        expect(await client.closed).toBeUndefined()
        expect(await report).toMatchObject({ ok: true, duration: 0 })
        expect(String(drainOf(await report))).toBe('1 request finished, 0 cut')
        expect(app.closed).toBe(1)
      },
    )

    test.each(Object.entries({ ...heads, ...http1Heads }))(
      'that begins after the listener has closed ends, behind its first event: %s',
      async (_name, head) => {
        const service = await serve(kind, new Application(head).handler, { eventStreams: 'end' })
        const client = await service.connect()
        client.get('/')
        await client.receives(/hi$/)
        await idle(service)
        const report = service.lifecycle.stop()
        await listenerClosed(service)
        client.get('/events')
        await client.receives(/Connection: close[^]*data: 1\n\n\r\n0\r\n\r\n$/)
        expect(await client.closed).toBeUndefined()
        expect(await report).toMatchObject({ ok: true })
      },
    )

    test('whose head is sent after the listener has closed ends', async () => {
      const begin: (() => void)[] = []
      const service = await serve(
        kind,
        (_request, response) => {
          begin.push(() => response.writeHead(200, { 'Content-Type': type }).write(event))
        },
        { eventStreams: 'end' },
      )
      const client = await service.connect()
      client.get('/events')
      await until(() => begin.length === 1)
      const report = service.lifecycle.stop()
      await listenerClosed(service)
      await passTurns()
      for (const each of begin) each()
      await client.receives(/Connection: close[^]*data: 1\n\n\r\n0\r\n\r\n$/)
      expect(await report).toMatchObject({ ok: true })
    })

    test('goes on during `stopDelay`, so that a client that comes again at once is ended once', async () => {
      const app = new Application()
      const service: Service = await serve(kind, app.handler, { stopDelay: 3_000, eventStreams: 'end' })
      const source = reconnect(service)
      await until(() => source.begun === 1)
      const stage = new Stage(service)
      const report = service.lifecycle.stop()
      for (let moment = 0; moment < 3_000; moment += 500) await stage.reaches(moment)
      expect(source).toMatchObject({ begun: 1, ended: 0 })
      await stage.reaches(3_000)
      await source.refused
      vi.advanceTimersByTime(200)
      expect(await report).toMatchObject({ ok: true })
      expect(source).toMatchObject({ begun: 1, ended: 1 })
    })

    test('takes what is written after its end for nothing, as of a client that has left', async () => {
      const errors: (Error | null | undefined)[] = []
      const after: (() => void)[] = []
      const service = await serve(
        kind,
        (_request, response) => {
          response.writeHead(200, { 'Content-Type': type }).write(event)
          response.on('error', (error) => errors.push(error))
          after.push(
            () => expect(response.write(event)).toBe(false),
            () => response.write(event, (error) => errors.push(error)),
            () => response.end(event),
            () => response.end(() => errors.push(undefined)),
          )
        },
        { eventStreams: 'end' },
      )
      const client = await service.connect({ allowHalfOpen: true })
      client.get('/events')
      await client.receives(/data: 1\n\n\r\n$/)
      vi.advanceTimersByTime(1_000)
      const report = service.lifecycle.stop()
      await listenerClosed(service)
      await client.receives(/\r\n0\r\n\r\n$/)
      for (const write of after) write()
      await passTurns()
      client.end()
      expect(await report).toMatchObject({ ok: true })
      expect(errors).toMatchObject([{ code: 'ERR_STREAM_DESTROYED' }, undefined])
      expect(client.received.match(/data: 1/g)).toHaveLength(1)
    })

    test('is ended alone: other responses go on', async () => {
      const types = ['text/event-streams', 'application/json', 'text/html; x=text/event-stream', undefined]
      const service = await serve(
        kind,
        (request, response) => {
          const value = types[Number(request.url?.slice(1))]
          response.writeHead(200, { 'X-Type': type, ...(value && { 'Content-Type': value }) }).write(event)
          setTimeout(() => response.end(), 5_000)
        },
        { eventStreams: 'end' },
      )
      const clients = await Promise.all(types.map(() => service.connect()))
      for (const [index, client] of clients.entries()) {
        client.get(`/${index}`)
        await client.receives(/data: 1\n\n\r\n$/)
      }
      const report = service.lifecycle.stop()
      await listenerClosed(service)
      await passTurns()
      expect(service.adapter.inFlight).toBe(4)
      vi.advanceTimersByTime(5_000)
      for (const client of clients) await client.receives(/\r\n0\r\n\r\n$/)
      expect(String(drainOf(await report))).toBe('4 requests finished, 0 cut')
    })

    test.each([undefined, 'leave'] as const)(
      'is left to the application with `eventStreams` of %o',
      async (eventStreams) => {
        const app = new Application()
        const service = await serve(kind, app.handler, { eventStreams, stopTimeout: 10_000 })
        const client = await service.connect()
        client.get('/events')
        await client.receives(/data: 1\n\n\r\n$/)
        const report = service.lifecycle.stop()
        await listenerClosed(service)
        vi.advanceTimersByTime(9_999)
        await passTurns()
        app.send()
        await client.receives(/data: 1\n\n\r\n9\r\ndata: 1\n\n\r\n$/)
        vi.advanceTimersByTime(1)
        expect(drainOf(await report)).toMatchObject({ finished: 0, cut: 1 })
      },
    )
  })
}

/** What `eventStreams: 'end'` does to event streams over HTTP/2. */
export function http2EventStreamCases(kind: Kind): void {
  describe('an event stream, with `eventStreams` to end it,', () => {
    test.each(Object.entries(heads))('ends when the listener closes: %s', async (_name, head) => {
      const app = new Application(head)
      const service = await serve(kind, app.handler, { eventStreams: 'end' })
      const client = await service.connectHttp2()
      const stream = await openEvents(client)
      vi.advanceTimersByTime(1_000)
      const report = service.lifecycle.stop()
      expect(await client.answer(stream)).toMatchObject({ body: event, ended: true, resetCode: undefined })
      expect(await report).toMatchObject({ ok: true, duration: 0 })
      expect(String(drainOf(await report))).toBe('1 request finished, 0 cut')
      expect(app.closed).toBe(1)
    })

    test.each(Object.entries(heads))(
      'that begins after the listener has closed ends, behind its first event: %s',
      async (_name, head) => {
        const service = await serve(kind, new Application(head).handler, { eventStreams: 'end' })
        const client = await service.connectHttp2()
        await client.answer(client.request('/'))
        await idle(service)
        const report = service.lifecycle.stop()
        await listenerClosed(service)
        const stream = client.request('/events')
        expect(await client.answer(stream)).toMatchObject({ body: event, ended: true, resetCode: undefined })
        vi.advanceTimersByTime(1)
        expect(await report).toMatchObject({ ok: true })
      },
    )

    test('takes what is written after its end for nothing, as of a client that has left', async () => {
      const first = 'x'.repeat(100_000)
      const errors: (Error | null | undefined)[] = []
      const after: (() => void)[] = []
      const service = await serve(
        kind,
        (_request, response) => {
          response.writeHead(200, { 'Content-Type': type })
          response.write(first)
          response.on('error', (error) => errors.push(error))
          after.push(
            () => expect(response.write(event)).toBe(false),
            () => response.write(event, (error) => errors.push(error)),
            () => response.end(event),
          )
        },
        { eventStreams: 'end' },
      )
      // The windows of the client are smaller than what is sent, so that the end of the stream waits.
      const client = await service.connectHttp2({ reads: false })
      const stream = client.request('/events')
      await client.receives(({ responses }) => responses.get(stream)?.body)
      vi.advanceTimersByTime(1_000)
      const report = service.lifecycle.stop()
      await listenerClosed(service)
      await passTurns()
      for (const write of after) write()
      await passTurns()
      client.resume()
      const { body, ended, resetCode } = await client.answer(stream)
      expect([body.length, ended, resetCode]).toEqual([first.length, true, undefined])
      await client.closed
      expect(await report).toMatchObject({ ok: true })
      expect(errors).toMatchObject([{ code: 'ERR_STREAM_DESTROYED' }])
    })
  })
}
