import type { RequestListener } from 'node:http'
import type { ServerHttp2Stream } from 'node:http2'
import { describe, expect, test, vi } from 'vitest'
import { Desk } from './desk.ts'
import type { Kind } from './kind.ts'
import { drainOf, listenerClosed, passTurns, serve } from './service.ts'

const noError = 0
const internalError = 2

/** So many wait to be accepted that the first have long sent their requests when the listener closes. */
const crowd = Array.from({ length: 20 })

/** What a drain must bear from clients that speak HTTP/2 and do what few do. */
export function http2OddCases(kind: Kind): void {
  describe('a client', () => {
    test('that resets a stream, without an error, whose data nobody has read, does not keep the force from the others', async () => {
      const desk = new Desk()
      const service = await serve(kind, desk.handler, { stopTimeout: 1_000 })
      // With somebody who may read it, Node keeps a closed stream until its data has been read.
      service.server.on('stream', (stream: ServerHttp2Stream) => stream.once('readable', () => {}))
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
      expect(await report).toMatchObject({ duration: 1_000, hooks: [{ outcome: 'aborted' }] })
      await Promise.all([closed.closed, open.closed])
      expect(open.responses.get(waiting)).toMatchObject({ status: 503 })
      expect(Object.hasOwn(service.server, 'emit')).toBe(false)
    })

    test.each([noError, internalError])(
      'that resets a stream with code %d while it is kept until the listener has closed does no harm',
      async (code) => {
        const handler = vi.fn<RequestListener>((_request, response) => response.end('hi'))
        const service = await serve(kind, handler)
        service.server.setMaxListeners(0)
        const connecting = crowd.map(() => service.connectHttp2())
        await new Promise<void>((resolve) => process.nextTick(resolve))
        const report = service.lifecycle.stop()
        const asked = connecting.map(async (connected, index) => {
          const client = await connected
          const stream = client.request('/')
          if (index === 0) client.reset(stream, code)
          return index === 0 ? 'reset' : (await client.answer(stream)).body
        })
        expect(await Promise.all(asked)).toEqual(['reset', ...crowd.slice(1).map(() => 'hi')])
        expect(handler).toHaveBeenCalledTimes(crowd.length - 1)
        const gone = await connecting[0]
        gone?.destroy()
        vi.advanceTimersByTime(1_000)
        expect(await report).toMatchObject({ ok: true })
        expect(drainOf(await report).finished).toBeGreaterThanOrEqual(crowd.length - 1)
      },
    )
  })
}
