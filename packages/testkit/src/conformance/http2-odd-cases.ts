import { describe, expect, test, vi } from 'vitest'
import { Desk } from './desk.ts'
import type { Kind } from './kind.ts'
import { drainOf, listenerClosed, passTurns, serve } from './service.ts'

const noError = 0
const internalError = 2

/** What a drain must bear from clients that speak HTTP/2 and do what few do. */
export function http2OddCases(kind: Kind): void {
  describe('a client', () => {
    test('that resets a stream, without an error, whose data nobody has read, does not keep the force from the others', async () => {
      const desk = new Desk()
      const service = await serve(kind, desk.handler, { stopTimeout: 1_000 })
      const [closed, open] = [await service.connectHttp2(), await service.connectHttp2()]
      const stream = closed.request('/', { method: 'POST', endStream: false })
      closed.data(stream, 'unread')
      await desk.has(1)
      closed.reset(stream, noError)
      const waiting = open.request('/')
      await desk.has(2)
      await passTurns()
      const report = service.lifecycle.stop()
      await listenerClosed(service)
      vi.advanceTimersByTime(1_000)
      expect(await report).toMatchObject({ duration: 1_000, hooks: [{ outcome: 'forced' }] })
      await Promise.all([closed.closed, open.closed])
      expect(open.responses.get(waiting)).toMatchObject({ status: 503 })
      expect(Object.hasOwn(service.server, 'emit')).toBe(false)
    })

    test.each([noError, internalError])(
      'that resets a stream with code %d while it is kept until the listener has closed does no harm',
      async (code) => {
        const service = await serve(kind, (_request, response) => response.end('hi'))
        const clients = Promise.all([service.connectHttp2(), service.connectHttp2()])
        const report = service.lifecycle.stop()
        const [gone, patient] = await clients
        gone?.reset(gone.request('/'), code)
        const stream = patient?.request('/') ?? 0
        expect(await patient?.answer(stream)).toMatchObject({ status: 200, body: 'hi' })
        gone?.destroy()
        vi.advanceTimersByTime(1_000)
        expect(await report).toMatchObject({ ok: true })
        expect(drainOf(await report).finished).toBeGreaterThanOrEqual(1)
      },
    )
  })
}
