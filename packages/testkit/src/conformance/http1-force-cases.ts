import { describe, expect, test, vi } from 'vitest'
import { Desk } from './desk.ts'
import type { Kind } from './kind.ts'
import { drainOf, listenerClosed, serve, until } from './service.ts'

/** What happens at the deadline, and what the report tells of it. */
export function http1ForceCases(kind: Kind): void {
  describe('at the deadline', () => {
    test('requests without headers get a 503, and every connection of every kind is closed', async () => {
      const service = await serve(
        kind,
        (request, response) => {
          if (request.url?.startsWith('/sent')) response.write('first')
        },
        { stopTimeout: 10_000 },
      )
      const unsent = await service.connect()
      unsent.get('/unsent?token=secret')
      const sent = await service.connect()
      sent.get('/sent')
      await sent.receives(/first/)
      const half = await service.connect()
      half.send('GET / HT')
      await until(() => service.adapter.connections === 3 && service.adapter.inFlight === 2)
      vi.advanceTimersByTime(500)
      const stopping = service.lifecycle.stop()
      await listenerClosed(service)
      expect(service.adapter.waitingFor()).toBe('3 connections, GET /unsent for 0.50 s, GET /sent for 0.50 s')
      vi.advanceTimersByTime(10_000)
      const report = await stopping
      expect(service.adapter.waitingFor()).toBe('0 connections')
      expect(report).toMatchObject({ ok: false, duration: 10_000, hooks: [{ outcome: 'aborted' }] })
      await Promise.all([unsent, sent, half].map((client) => client.closed))
      expect(unsent.received).toMatch(/^HTTP\/1\.1 503 Service Unavailable\r\nConnection: close\r\n/)
      expect(sent.received).not.toMatch(/0\r\n\r\n$/)
      const drain = drainOf(report)
      const bytesSent = sent.received.length
      expect(drain.cutRequests).toEqual([
        { method: 'GET', path: '/unsent', age: 10_500, bytesSent: 0, upgraded: false },
        { method: 'GET', path: '/sent', age: 10_500, bytesSent, upgraded: false },
      ])
      expect(bytesSent).toBeGreaterThan(0)
      expect(String(drain)).toBe(
        '0 requests finished, 2 cut\ncut after 10.50 s: GET /unsent, answered 503\n' +
          `cut after 10.50 s: GET /sent, ${bytesSent} bytes sent\ncut before a whole request had come: 1`,
      )
    })

    test('names at most 20 of the requests that were cut', async () => {
      const desk = new Desk()
      const service = await serve(kind, desk.handler)
      for (let index = 0; index < 23; index += 1) (await service.connect()).get(`/${index}`)
      await desk.has(23)
      const stopping = service.lifecycle.stop()
      await listenerClosed(service)
      expect(service.adapter.waitingFor()).toMatch(
        /^23 connections, GET \/\d+ for \d+ ms, GET \/\d+ for .*, GET .*, and 20 requests more$/,
      )
      void service.lifecycle.stop({ force: true })
      const drain = drainOf(await stopping)
      expect(drain.cut).toBe(23)
      expect(drain.cutRequests).toHaveLength(20)
      expect(String(drain)).toMatch(/^0 requests finished, 23 cut\n[^]*\nand 3 more$/)
    })

    test('that has passed before the stop begins, the server is closed all the same', async () => {
      const service = await serve(kind, () => {})
      const client = await service.connect()
      await until(() => service.adapter.connections === 1)
      expect(await service.lifecycle.stop({ force: true })).toMatchObject({ hooks: [{ outcome: 'aborted' }] })
      expect(service.server.listening).toBe(false)
      await client.closed
    })
  })

  describe('pipelined requests', () => {
    test('are all counted when they finish', async () => {
      const desk = new Desk()
      const service = await serve(kind, desk.handler)
      const client = await service.connect()
      for (const path of ['/1', '/2', '/3']) client.get(path)
      await desk.has(3)
      const report = service.lifecycle.stop()
      await listenerClosed(service)
      for (const text of ['first', 'second', 'third']) desk.answer(text)
      expect(String(drainOf(await report))).toBe('3 requests finished, 0 cut')
    })

    test.each([0, 1])('of which %d are answered get one 503 at the deadline, and are all named', async (answered) => {
      const desk = new Desk()
      const service = await serve(kind, desk.handler)
      const client = await service.connect()
      for (const path of ['/1', '/2', '/3']) client.get(path)
      await desk.has(3)
      for (let index = 0; index < answered; index += 1) desk.answer('whole')
      if (answered > 0) await client.receives(/whole$/)
      await until(() => service.adapter.inFlight === 3 - answered)
      const drain = drainOf(await service.lifecycle.stop({ force: true }))
      await client.closed
      expect(client.received.match(/HTTP\/1\.1 503 /g)).toHaveLength(1)
      expect(drain.cutRequests.map(({ path }) => path)).toEqual(['/1', '/2', '/3'].slice(answered))
    })
  })

  describe('the report', () => {
    test('does not count as finished what its client gave up in the middle', async () => {
      const service = await serve(kind, (_request, response) => response.end('x'.repeat(32 * 1024 * 1024)))
      const client = await service.connect()
      client.pause()
      client.get('/')
      await until(() => service.adapter.inFlight === 1)
      const report = service.lifecycle.stop()
      await listenerClosed(service)
      client.destroy()
      expect(String(drainOf(await report))).toBe('0 requests finished, 0 cut, 1 ended early')
    })

    test.each([
      ['/path?token=secret', '/path'],
      ['http://user:password@localhost/path?token=secret', '/path'],
      ['*', '*'],
    ])('names the target %s as %s', async (target, path) => {
      const desk = new Desk()
      const service = await serve(kind, desk.handler)
      const client = await service.connect()
      client.send(`OPTIONS ${target} HTTP/1.1\r\nHost: localhost\r\n\r\n`)
      await desk.has(1)
      const drain = drainOf(await service.lifecycle.stop({ force: true }))
      expect(drain.cutRequests).toMatchObject([{ method: 'OPTIONS', path }])
    })
  })
}
