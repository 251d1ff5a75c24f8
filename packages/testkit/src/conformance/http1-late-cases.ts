import type { RequestListener } from 'node:http'
import { describe, expect, test, vi } from 'vitest'
import type { RawClient } from '../raw-client.ts'
import { Desk } from './desk.ts'
import { closing } from './http1-heads.ts'
import type { Kind } from './kind.ts'
import { announce, drainOf, idle, listenerClosed, serve, type Service } from './service.ts'

/** The head of a response that refuses a request that came too late. */
const refused =
  /HTTP\/1\.1 503 Service Unavailable\r\n(?=(?:[^\r]+\r\n)*Retry-After: 1\r\n)(?:[^\r]+\r\n)*Connection: close\r\n/

/** What a request gets that comes late on a connection of HTTP/1. */
export function http1LateCases(kind: Kind): void {
  describe('a late request, with `lateRequests: "refuse"`', () => {
    test('gets a 503 with Retry-After and close, is counted as refused, and reaches no handler', async () => {
      const handler = vi.fn<RequestListener>((_request, response) => response.end('hi'))
      const service = await serve(kind, handler, { lateRequests: 'refuse' })
      const client = await usedClient(service)
      const report = service.lifecycle.stop()
      await listenerClosed(service)
      client.get('/late')
      await client.receives(refused)
      expect(await client.closed).toBeUndefined()
      expect(handler).toHaveBeenCalledOnce()
      expect(await report).toMatchObject({ ok: true, duration: 0 })
      expect(String(drainOf(await report))).toBe('0 requests finished, 0 cut, 1 refused')
    })

    test('gets it also when its head was half there as the listener closed', async () => {
      const service = await serve(kind, (_request, response) => response.end('hi'), { lateRequests: 'refuse' })
      const client = await usedClient(service)
      client.send('GET / HT')
      const report = service.lifecycle.stop()
      await listenerClosed(service)
      vi.advanceTimersByTime(1_000)
      client.send('TP/1.1\r\nHost: localhost\r\n\r\n')
      await client.receives(refused)
      expect(String(drainOf(await report))).toBe('0 requests finished, 0 cut, 1 refused')
    })

    test('gets it also while its body is still on its way', async () => {
      const service = await serve(kind, (_request, response) => response.end('hi'), { lateRequests: 'refuse' })
      const client = await usedClient(service)
      const report = service.lifecycle.stop()
      await listenerClosed(service)
      client.send('POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 6\r\n\r\none')
      await client.receives(refused)
      expect(await client.closed).toBeUndefined()
      expect(String(drainOf(await report))).toBe('0 requests finished, 0 cut, 1 refused')
    })

    test('behind one that is in flight gets it in its turn, and the other is answered whole', async () => {
      const desk = new Desk()
      const service = await serve(kind, desk.handler, { lateRequests: 'refuse' })
      const client = await service.connect()
      client.get('/1')
      await desk.has(1)
      const report = service.lifecycle.stop()
      await listenerClosed(service)
      client.get('/2')
      // Only when it has arrived, the first response is not the last any more.
      await vi.waitFor(() => expect(service.adapter.inFlight).toBe(2))
      desk.answer('first')
      expect(await client.closed).toBeUndefined()
      const [first, second] = client.received.split(/(?=HTTP\/1\.1 503)/)
      expect(first).toMatch(/^HTTP\/1\.1 200 OK[^]*first$/)
      expect(first).not.toMatch(/Connection: close/)
      expect(second).toMatch(refused)
      expect(String(drainOf(await report))).toBe('1 request finished, 0 cut, 1 refused')
    })

    test('is served where it was pipelined before the listener closed', async () => {
      const service = await serve(kind, (request, response) => response.end(request.url), { lateRequests: 'refuse' })
      const client = await usedClient(service)
      client.send('GET /1 HTTP/1.1\r\nHost: localhost\r\n\r\nGET /2 HTTP/1.1\r\nHost: localhost\r\n\r\n')
      const report = service.lifecycle.stop()
      await client.closed
      const [, first, second] = client.received.split(/(?=HTTP\/1\.1)/)
      expect(first).toMatch(/200 OK[^]*Connection: keep-alive[^]*\/1$/)
      expect(second).toMatch(/200 OK[^]*Connection: close[^]*\/2$/)
      expect(String(drainOf(await report))).toBe('2 requests finished, 0 cut')
    })
  })

  describe('on a connection that is taken in during the stop', () => {
    test('pipelined requests are all served', async () => {
      const service = await serve(kind, (request, response) => response.end(request.url))
      const { client, report } = await connectDuringStop(service)
      client.send('GET /1 HTTP/1.1\r\nHost: localhost\r\n\r\nGET /2 HTTP/1.1\r\nHost: localhost\r\n\r\n')
      await client.closed
      const [first, second] = client.received.split(/(?=HTTP\/1\.1)/)
      expect(first).toMatch(/200 OK[^]*Connection: keep-alive[^]*\/1$/)
      expect(second).toMatch(/200 OK[^]*Connection: close[^]*\/2$/)
      expect(String(drainOf(await report))).toBe('2 requests finished, 0 cut')
    })

    test.each([
      ['upgrade', 'GET / HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n'],
      ['connect', 'CONNECT localhost:80 HTTP/1.1\r\nHost: localhost\r\n\r\n'],
    ])('a request to %s is refused, and nobody is asked', async (event, head) => {
      const service = await serve(kind, (_request, response) => response.end('hi'))
      const asked = vi.fn<() => void>()
      service.server.on(event, asked)
      const { client, report } = await connectDuringStop(service)
      client.send(head)
      await client.receives(/^HTTP\/1\.1 503 Service Unavailable\r\nConnection: close\r\nRetry-After: 1\r\n/)
      expect(await client.closed).toBeUndefined()
      expect(asked).not.toHaveBeenCalled()
      expect(String(drainOf(await report))).toBe('0 requests finished, 0 cut, 1 refused')
    })

    test.each([
      ['checkContinue', '100-continue'],
      ['checkExpectation', 'tea'],
    ])('a listener for %s runs when the listener has closed, and its answer says close', async (event, expectation) => {
      const service = await serve(kind, () => {})
      const listening: boolean[] = []
      service.server.on(event, (_request, response) => {
        listening.push(service.server.listening)
        response.end('hi')
      })
      const { client, report } = await connectDuringStop(service)
      client.send(`GET / HTTP/1.1\r\nHost: localhost\r\nExpect: ${expectation}\r\n\r\n`)
      await client.receives(closing)
      expect(listening).toEqual([false])
      expect(await client.closed).toBeUndefined()
      expect(String(drainOf(await report))).toBe('1 request finished, 0 cut')
    })
  })

  describe('an application that listens to expectations', () => {
    describe.each([
      ['checkContinue', '100-continue'],
      ['checkExpectation', 'tea'],
    ])('by %s', (event, expectation) => {
      const head = `GET /expects HTTP/1.1\r\nHost: localhost\r\nExpect: ${expectation}\r\n\r\n`

      test.each(['before the drain', 'while the stop is announced', 'when the listener has closed'])(
        'has a request in flight that came %s, which is drained, and its answer says close',
        async (moment) => {
          const desk = new Desk()
          const service = await serve(kind, (_request, response) => response.end('hi'))
          service.server.on(event, desk.handler)
          const client = await usedClient(service)
          let report = moment.startsWith('when') ? service.lifecycle.stop() : undefined
          if (report) await listenerClosed(service)
          if (moment.startsWith('while')) announce(service)
          client.send(head)
          await desk.has(1)
          expect(service.adapter.inFlight).toBe(1)
          report ??= service.lifecycle.stop()
          await listenerClosed(service)
          vi.advanceTimersByTime(1_000)
          expect(client.open).toBe(true)
          desk.answer('whole')
          await client.receives(/\r\nConnection: close\r\n[^]*whole$/)
          expect(await client.closed).toBeUndefined()
          expect(service.adapter.inFlight).toBe(0)
          expect(await report).toMatchObject({ ok: true, duration: 1_000 })
          expect(String(drainOf(await report))).toBe('1 request finished, 0 cut')
        },
      )

      test('is not asked about a late one that is refused', async () => {
        const asked = vi.fn<() => void>()
        const service = await serve(kind, (_request, response) => response.end('hi'), { lateRequests: 'refuse' })
        service.server.on(event, asked)
        const client = await usedClient(service)
        const report = service.lifecycle.stop()
        await listenerClosed(service)
        client.send(head)
        await client.receives(refused)
        expect(asked).not.toHaveBeenCalled()
        expect(String(drainOf(await report))).toBe('0 requests finished, 0 cut, 1 refused')
      })

      test('has its request cut at the deadline, with a 503, and named', async () => {
        const desk = new Desk()
        const service = await serve(kind, (_request, response) => response.end('hi'))
        service.server.on(event, desk.handler)
        const client = await usedClient(service)
        client.send(head)
        await desk.has(1)
        const report = await service.lifecycle.stop({ force: true })
        await client.receives(/HTTP\/1\.1 503 Service Unavailable\r\nConnection: close\r\n/)
        expect(drainOf(report).cutRequests).toMatchObject([{ method: 'GET', path: '/expects' }])
      })
    })
  })
}

/** A client that has had an answer, and keeps its connection. */
async function usedClient(service: Service): Promise<RawClient> {
  const client = await service.connect()
  client.get('/used')
  await client.receives(/\r\n\r\n(?:hi|\/used)$/)
  await idle(service)
  return client
}

/** Connects a client, and stops the service before anybody has accepted the connection. */
async function connectDuringStop(service: Service) {
  const connecting = service.connect()
  await new Promise<void>((resolve) => {
    process.nextTick(resolve)
  })
  const report = service.lifecycle.stop()
  return { client: await connecting, report }
}
