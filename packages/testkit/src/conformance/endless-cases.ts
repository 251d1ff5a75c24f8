import { describe, expect, test, vi } from 'vitest'
import type { Kind } from './kind.ts'
import { drainOf, idle, listenerClosed, passTurns, type Service, serve, until } from './service.ts'

const event = 'data: 1\n\n'

/** What becomes of responses over HTTP/1 that do not end by themselves, as server-sent events. */
export function endlessCases(kind: Kind): void {
  describe('an endless response', () => {
    test.each([0, 100])(
      'that the application ends on `draining` ends with its last chunk at the announcement, %d ms before the listener closes',
      async (stopDelay) => {
        const service: Service = await serve(
          kind,
          (_request, response) => {
            response.writeHead(200, { 'Content-Type': 'text/event-stream' }).write(event)
            service.adapter.draining.addEventListener('abort', () => response.end('data: bye\n\n'))
          },
          { stopDelay },
        )
        const clients = [await service.connect(), await service.connect()]
        for (const client of clients) {
          client.get('/events')
          await client.receives(/data: 1\n\n\r\n$/)
        }
        vi.advanceTimersByTime(1_000)
        const report = service.lifecycle.stop()
        for (const client of clients) await client.receives(/data: bye\n\n\r\n0\r\n\r\n$/)
        await idle(service)
        await passTurns()
        if (stopDelay > 0) expect(service.server.listening).toBe(true)
        vi.advanceTimersByTime(stopDelay)
        await listenerClosed(service)
        expect(await report).toMatchObject({ ok: true, duration: stopDelay })
        for (const client of clients) expect(await client.closed).toBeUndefined()
        expect(String(drainOf(await report))).toBe('2 requests finished, 0 cut')
      },
    )

    test('that begins in the announce stage can be ended at once', async () => {
      const service: Service = await serve(
        kind,
        (_request, response) => {
          response.write(event)
          if (service.adapter.draining.aborted) response.end()
        },
        { stopDelay: 100 },
      )
      const report = service.lifecycle.stop()
      await passTurns()
      const client = await service.connect()
      client.get('/events')
      await client.receives(/Connection: close[^]*data: 1\n\n\r\n0\r\n\r\n$/)
      expect(await client.closed).toBeUndefined()
      vi.advanceTimersByTime(100)
      expect(await report).toMatchObject({ ok: true, duration: 100 })
    })

    test('that the application does not end goes on until the deadline, and is cut there', async () => {
      const writes: (() => void)[] = []
      const service = await serve(
        kind,
        (_request, response) => {
          writes.push(() => response.write(event))
          response.write(event)
        },
        { stopTimeout: 10_000 },
      )
      const client = await service.connect()
      client.get('/events?token=secret')
      await client.receives(/data: 1/)
      const stopping = service.lifecycle.stop()
      await listenerClosed(service)
      vi.advanceTimersByTime(9_999)
      await passTurns()
      for (const write of writes) write()
      await client.receives(/data: 1[^]*data: 1\n\n\r\n$/)
      await until(() => service.adapter.inFlight === 1)
      vi.advanceTimersByTime(1)
      const report = await stopping
      await client.closed
      expect(report).toMatchObject({ ok: false, duration: 10_000, hooks: [{ outcome: 'aborted' }] })
      expect(client.received).not.toMatch(/\r\n0\r\n\r\n|503/)
      const bytesSent = client.received.length
      const cut = { method: 'GET', path: '/events', age: 10_000, bytesSent, upgraded: false }
      expect(drainOf(report).cutRequests).toEqual([cut])
    })
  })
}
