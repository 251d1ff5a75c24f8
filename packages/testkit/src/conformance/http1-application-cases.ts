import { describe, expect, test, vi } from 'vitest'
import { Desk } from './desk.ts'
import { closing } from './http1-heads.ts'
import type { Kind } from './kind.ts'
import { announce, drainOf, idle, listenerClosed, serve, until } from './service.ts'

/** What an application may do. */
export function http1ApplicationCases(kind: Kind): void {
  describe('the application', () => {
    test.each([
      [['Set-Cookie', 'a=1', 'Set-Cookie', 'b=2']],
      [
        [
          ['Set-Cookie', 'a=1'],
          ['Set-Cookie', 'b=2'],
        ],
      ],
    ])('may give writeHead its headers as %j, and loses none of them', async (headers) => {
      const service = await serve(kind, (_request, response) => {
        response.writeHead(200, headers as never).end('hi')
      })
      announce(service)
      const client = await service.connect()
      client.get('/')
      await client.receives(closing)
      expect(client.received.match(/Set-Cookie: .=./g)).toEqual(['Set-Cookie: a=1', 'Set-Cookie: b=2'])
      expect(await service.lifecycle.stop()).toMatchObject({ ok: true })
    })

    test('may answer at once and go on reading: the body comes to its end', async () => {
      let body = ''
      const service = await serve(kind, (request, response) => {
        request.setEncoding('utf8').on('data', (text) => (body += String(text)))
        response.writeHead(202).end()
      })
      const client = await service.connect()
      client.send('POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 6\r\n\r\none')
      await client.receives(/202 Accepted/)
      await idle(service)
      vi.advanceTimersByTime(1_000)
      const report = service.lifecycle.stop()
      await listenerClosed(service)
      await until(() => body === 'one')
      expect(client.open).toBe(true)
      client.send('two')
      expect(await report).toMatchObject({ ok: true })
      expect(body).toBe('onetwo')
    })

    test('may have said keep-alive, and loses no pipelined request by it', async () => {
      const desk = new Desk()
      const service = await serve(kind, (request, response) => {
        response.setHeader('Connection', 'keep-alive')
        desk.handler(request, response)
      })
      const client = await service.connect()
      client.get('/1')
      await desk.has(1)
      const report = service.lifecycle.stop()
      await listenerClosed(service)
      client.get('/2')
      await desk.has(2)
      for (const text of ['first', 'second']) desk.answer(text)
      await client.receives(/second$/)
      expect(String(drainOf(await report))).toBe('2 requests finished, 0 cut')
    })

    test('may have said keep-alive before the drain began', async () => {
      const desk = new Desk()
      const service = await serve(kind, (request, response) => {
        response.setHeader('Connection', 'keep-alive')
        desk.handler(request, response)
      })
      const client = await service.connect()
      client.get('/')
      await desk.has(1)
      announce(service)
      desk.answer('hi')
      await client.receives(closing)
      expect(await service.lifecycle.stop()).toMatchObject({ ok: true })
    })

    test('may stop the adapter twice', async () => {
      const service = await serve(kind, () => {})
      const client = await service.connect()
      client.send('GET / HT')
      await until(() => service.adapter.connections === 1)
      const controller = new AbortController()
      const reports = [service.adapter.stop(new AbortController()), service.adapter.stop(controller)]
      await listenerClosed(service)
      controller.abort()
      expect(String(await reports[0])).toBe('0 requests finished, 0 cut\ncut before a whole request had come: 1')
      expect(await reports[1]).toBe(await reports[0])
    })
  })

  describe('after the stop', () => {
    test('no listener of ours is left on the server, and it has emitted close once', async () => {
      const service = await serve(kind, (_request, response) => response.end('hi'))
      const closed = vi.fn<() => void>()
      service.server.on('close', closed)
      const client = await service.connect()
      client.get('/')
      await client.receives(/hi$/)
      await idle(service)
      vi.advanceTimersByTime(200)
      await service.lifecycle.stop()
      expect(closed).toHaveBeenCalledOnce()
      const counts = ['request', 'connection', 'close'].map((event) => service.server.listenerCount(event))
      expect(counts).toEqual([1, 1, 1])
    })
  })
}
