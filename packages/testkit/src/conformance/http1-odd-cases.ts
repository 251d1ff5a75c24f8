import { once } from 'node:events'
import { type IncomingMessage, type RequestListener, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { describe, expect, test, vi } from 'vitest'
import { Desk } from './desk.ts'
import { closing, keptAlive } from './http1-heads.ts'
import type { Kind } from './kind.ts'
import { announce, drainOf, idle, listenerClosed, passTurns, serve, until } from './service.ts'

const upgradeRequest = 'GET /chat HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: test\r\n\r\n'
const post = 'POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 6\r\n\r\n'

/** So many wait to be accepted that the first have long sent their requests when the listener closes. */
const crowd = Array.from({ length: 20 })

/** What a drain must bear from clients and applications that do what few do. */
export function http1OddCases(kind: Kind): void {
  describe('a client', () => {
    test('that resets a connection whose upgrade is refused does no harm', async () => {
      const service = await serve(kind, () => {})
      service.server.on('upgrade', () => {})
      const clients = [await service.connect(), await service.connect()]
      const desk = await service.connect()
      desk.send('GET / HT')
      await until(() => service.adapter.connections === 3)
      const report = service.lifecycle.stop()
      await listenerClosed(service)
      for (const client of clients) {
        client.send(upgradeRequest)
        client.reset()
      }
      await passTurns()
      desk.destroy()
      vi.advanceTimersByTime(1_000)
      expect(await report).toMatchObject({ ok: true })
    })

    test('that sends half a head behind a request, before that is answered, may complete it', async () => {
      const service = await serve(kind, (_request, response) => response.end('hi'))
      const client = await service.connect()
      client.send('GET /1 HTTP/1.1\r\nHost: localhost\r\n\r\nGET /2 HTTP/1.1\r\nHo')
      await client.receives(keptAlive)
      await idle(service)
      vi.advanceTimersByTime(1_000)
      const report = service.lifecycle.stop()
      await listenerClosed(service)
      vi.advanceTimersByTime(1_000)
      await passTurns()
      client.send('st: localhost\r\n\r\n')
      await client.receives(closing)
      expect(String(drainOf(await report))).toBe('1 request finished, 0 cut')
    })

    test('that half-closes behind its request is answered, though the request is kept until the listener has closed', async () => {
      const service = await serve(kind, (_request, response) => response.end('hi'))
      service.server.setMaxListeners(0)
      const connecting = crowd.map(async () => {
        const client = await service.connect({ allowHalfOpen: true })
        client.get('/')
        client.end()
        return client
      })
      await new Promise<void>((resolve) => process.nextTick(resolve))
      const report = service.lifecycle.stop()
      for (const client of await Promise.all(connecting)) {
        await client.ended
        expect(client.received).toMatch(closing)
      }
      await passTurns()
      vi.advanceTimersByTime(50)
      expect(await report).toMatchObject({ ok: true })
    })

    test('that sends an upgrade behind a request gets both answers in their order', async () => {
      const service = await serve(kind, (_request, response) => response.end('hi'))
      service.server.on('upgrade', (_request: IncomingMessage, socket: Socket) =>
        socket.end('HTTP/1.1 101 Yes\r\n\r\n'),
      )
      announce(service)
      const client = await service.connect()
      client.send(`GET / HTTP/1.1\r\nHost: localhost\r\n\r\n${upgradeRequest}`)
      await client.receives(/^HTTP\/1\.1 200 OK\r\n[^]*hiHTTP\/1\.1 101 Yes/)
      client.destroy()
      expect(await service.lifecycle.stop()).toMatchObject({ ok: true })
    })

    test('whose upgrade comes behind a request that is in flight gets the answer to that, and its end', async () => {
      const desk = new Desk()
      const service = await serve(kind, desk.handler)
      service.server.on('upgrade', () => {})
      const client = await service.connect()
      await until(() => service.adapter.connections === 1)
      const report = service.lifecycle.stop()
      await listenerClosed(service)
      client.send(`GET / HTTP/1.1\r\nHost: localhost\r\n\r\n${upgradeRequest}`)
      await desk.has(1)
      await passTurns()
      desk.answer('first')
      await client.receives(/^HTTP\/1\.1 200 OK\r\n[^]*Connection: close[^]*first$/)
      expect(await client.closed).toBeUndefined()
      expect(String(drainOf(await report))).toBe('1 request finished, 0 cut, 1 refused')
    })

    test('that sends a request behind an answer that has said close: it reaches no handler, since it may be sent again elsewhere', async () => {
      const responses: ServerResponse[] = []
      const service = await serve(kind, (_request, response) => {
        responses.push(response)
        response.write('first')
      })
      const client = await service.connect()
      announce(service)
      client.get('/1')
      await client.receives(/Connection: close[^]*first/)
      const report = service.lifecycle.stop()
      await listenerClosed(service)
      client.send(`${post}abcdef`)
      await passTurns()
      expect(responses).toHaveLength(1)
      responses[0]?.end('last')
      await client.receives(/last\r\n0\r\n\r\n$/)
      await client.closed
      expect(String(drainOf(await report))).toBe('1 request finished, 0 cut')
    })

    test('may upgrade with a request that has a body', async () => {
      const service = await serve(kind, () => {}, { stopTimeout: 10_000 })
      service.server.on('upgrade', (_request: IncomingMessage, socket: Socket) =>
        socket.write('HTTP/1.1 101 Yes\r\n\r\n'),
      )
      const client = await service.connect()
      client.send(upgradeRequest.replace('GET', 'POST').replace('\r\n\r\n', '\r\nContent-Length: 4\r\n\r\nbody'))
      await client.receives(/101 Yes/)
      expect(service.adapter.connections).toBe(1)
      const report = service.lifecycle.stop()
      await listenerClosed(service)
      vi.advanceTimersByTime(10_000)
      const { cutUpgraded, cutConnections, cutRequests } = drainOf(await report)
      expect({ cutUpgraded, cutConnections }).toEqual({ cutUpgraded: 1, cutConnections: 0 })
      expect(cutRequests[0]?.bytesSent).toBeGreaterThanOrEqual(0)
    })
  })

  describe('an application', () => {
    test('that takes all listeners for requests off is drained as well', async () => {
      const desk = new Desk()
      const service = await serve(kind, desk.handler)
      service.server.removeAllListeners('request')
      service.server.on('request', desk.handler)
      const client = await service.connect()
      client.get('/')
      await desk.has(1)
      expect(service.adapter.inFlight).toBe(1)
      const report = service.lifecycle.stop()
      await listenerClosed(service)
      desk.answer('whole')
      await client.receives(/Connection: close\r\n[^]*whole$/)
      expect(String(drainOf(await report))).toBe('1 request finished, 0 cut')
    })

    test('may emit a request again that came before the listener closed: it is not late', async () => {
      const service = await serve(kind, (_request, response) => response.end('hi'), { lateRequests: 'refuse' })
      let again: (() => void) | undefined
      service.server.on('checkContinue', (request: IncomingMessage, response: ServerResponse) => {
        again = () => service.server.emit('request', request, response)
      })
      const client = await service.connect()
      client.send('POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\nExpect: 100-continue\r\n\r\n')
      await until(() => again)
      const report = service.lifecycle.stop()
      await listenerClosed(service)
      again?.()
      await client.receives(/200 OK[^]*hi$/)
      expect(String(drainOf(await report))).toBe('1 request finished, 0 cut')
    })

    test('may emit a request that came on no connection', async () => {
      const handler = vi.fn<RequestListener>()
      const service = await serve(kind, handler)
      const request = { url: '/', socket: {}, httpVersionMajor: 1, httpVersionMinor: 1 } as IncomingMessage
      const emit = (): void => void service.server.emit('request', request, new ServerResponse(request))
      emit()
      announce(service)
      emit()
      expect(await service.lifecycle.stop()).toMatchObject({ ok: true })
      expect(handler).toHaveBeenCalledTimes(2)
    })

    test('may stop the adapter once more when the server listens again, and cuts nothing by it', async () => {
      const service = await serve(kind, (_request, response) => response.end('hi'))
      const { adapter, server } = service
      await service.lifecycle.stop()
      server.listen(service.port, '127.0.0.1')
      await once(server, 'listening')
      const client = await service.connect()
      client.get('/')
      await client.receives(/hi$/)
      await adapter.stop({ signal: AbortSignal.abort() })
      client.get('/')
      await client.receives(/hi[^]*hi$/)
      expect(client.open).toBe(true)
    })
  })
}
