import { addAbortListener } from 'node:events'
import { describe, expect, test, vi } from 'vitest'
import type { Kind } from './kind.ts'
import { reconnect } from './reconnect.ts'
import { drainOf, idle, listenerClosed, passTurns, type Service, serve, until } from './service.ts'
import { Stage } from './stage.ts'

const event = 'data: 1\n\n'

/** What becomes of responses over HTTP/1 that do not end by themselves, as server-sent events. */
export function endlessCases(kind: Kind): void {
  describe('an endless response', () => {
    test.each([0, 100])(
      'that the application ends on `draining` goes on for a `stopDelay` of %d ms, and ends with its last chunk when the listener closes',
      async (stopDelay) => {
        const service: Service = await serve(
          kind,
          (_request, response) => {
            response.writeHead(200, { 'Content-Type': 'text/event-stream' }).write(event)
            service.adapter.draining.addEventListener('abort', () => {
              response.end(`data: ${service.server.listening ? 'still listening' : 'bye'}\n\n`)
            })
          },
          { stopDelay },
        )
        const clients = [await service.connect(), await service.connect()]
        for (const client of clients) {
          client.get('/events')
          await client.receives(/data: 1\n\n\r\n$/)
        }
        const stage = new Stage(service)
        const report = service.lifecycle.stop()
        if (stopDelay > 0) {
          await stage.reaches(stopDelay - 1)
          expect([service.adapter.draining.aborted, service.adapter.inFlight]).toEqual([false, 2])
        }
        await stage.reaches(stopDelay)
        for (const client of clients) await client.receives(/data: bye\n\n\r\n0\r\n\r\n$/)
        await idle(service)
        vi.advanceTimersByTime(200)
        expect(await report).toMatchObject({ ok: true })
        for (const client of clients) expect(await client.closed).toBeUndefined()
        expect(String(drainOf(await report))).toBe('2 requests finished, 0 cut')
      },
    )

    test('whose client comes again at once, as EventSource does, is ended once, however long the `stopDelay`', async () => {
      const service: Service = await serve(
        kind,
        (_request, response) => {
          response.writeHead(200, { 'Content-Type': 'text/event-stream' }).write(event)
          addAbortListener(service.adapter.draining, () => response.end())
        },
        { stopDelay: 3_000 },
      )
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

    test('of a late request can be ended at once', async () => {
      const service: Service = await serve(kind, (request, response) => {
        if (request.url === '/') return response.end('hi')
        response.write(event)
        return addAbortListener(service.adapter.draining, () => response.end())
      })
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
