import { describe, expect, test, vi } from 'vitest'
import type { RawHttp2Client } from '../raw-http2-client.ts'
import { Desk } from './desk.ts'
import type { Kind } from './kind.ts'
import { announce, drainOf, idle, listenerClosed, passTurns, type Service, serve, until } from './service.ts'

/** Asks once and waits until the server knows that its answer has left. */
async function askOnce(service: Service, client: RawHttp2Client): Promise<void> {
  const { status } = await client.answer(client.request('/'))
  expect(status).toBe(200)
  await idle(service)
}

/** What each class of sessions and streams gets at each stage. */
export function http2Cases(kind: Kind): void {
  describe('an idle session', () => {
    test('that has long been idle gets a GOAWAY that names its last stream, and ends at once', async () => {
      const service = await serve(kind, (_request, response) => response.end('hi'))
      const client = await service.connectHttp2()
      await askOnce(service, client)
      vi.advanceTimersByTime(200)
      const report = await service.lifecycle.stop()
      expect(report).toMatchObject({ ok: true, duration: 0 })
      expect(await client.closed).toBeUndefined()
      expect(client.goaways[0]).toEqual({ lastStreamId: 1, code: 0 })
    })

    test('that was in use a moment ago ends when it has been idle for `closeIdleAfter`', async () => {
      const service = await serve(kind, (_request, response) => response.end('hi'), { closeIdleAfter: 80 })
      const client = await service.connectHttp2()
      await askOnce(service, client)
      vi.advanceTimersByTime(30)
      const report = service.lifecycle.stop()
      await listenerClosed(service)
      vi.advanceTimersByTime(49)
      await passTurns()
      expect(client.goaways).toEqual([])
      vi.advanceTimersByTime(1)
      expect(await report).toMatchObject({ ok: true, duration: 50 })
    })

    test('that has never had a stream ends when it is `closeSilentAfter` old', async () => {
      const service = await serve(kind, () => {}, { closeSilentAfter: 100 })
      const client = await service.connectHttp2()
      await client.receives(({ frames }) => frames.some(({ type }) => type === 'SETTINGS'))
      vi.advanceTimersByTime(60)
      const report = service.lifecycle.stop()
      await listenerClosed(service)
      vi.advanceTimersByTime(39)
      await passTurns()
      expect(client.goaways).toEqual([])
      vi.advanceTimersByTime(1)
      expect(await report).toMatchObject({ ok: true, duration: 40 })
      expect(client.goaways[0]).toEqual({ lastStreamId: 0, code: 0 })
    })

    test.each([
      ['idle', 50],
      ['answered', 1_000],
    ])('that is %s, whose client does not answer our end, holds it up for %d ms', async (state, patience) => {
      const desk = new Desk()
      const service = await serve(kind, desk.handler)
      const client = await service.connectHttp2({ allowHalfOpen: true })
      const stream = client.request('/')
      await desk.has(1)
      if (state === 'idle') desk.answer('hi')
      await until(() => state === 'answered' || service.adapter.inFlight === 0)
      vi.advanceTimersByTime(200)
      const report = service.lifecycle.stop()
      await listenerClosed(service)
      if (state === 'answered') desk.answer('hi')
      await client.ended
      expect(client.responses.get(stream)).toMatchObject({ status: 200, ended: true })
      await passTurns()
      vi.advanceTimersByTime(patience)
      await passTurns()
      // It may have said meanwhile that it has read.
      vi.advanceTimersByTime(patience)
      const { ok, duration } = await report
      expect([ok, duration === patience || duration === 2 * patience]).toEqual([true, true])
    })
  })

  describe('a stream in flight', () => {
    test('finishes, and the session ends right after', async () => {
      const desk = new Desk()
      const service = await serve(kind, desk.handler)
      const client = await service.connectHttp2()
      const streams = [client.request('/1'), client.request('/2')]
      await desk.has(2)
      expect(service.adapter).toMatchObject({ inFlight: 2 })
      const report = service.lifecycle.stop()
      await listenerClosed(service)
      await client.receives(({ goaways }) => goaways.length > 0)
      desk.answer('first')
      expect(await client.answer(1)).toMatchObject({ status: 200, body: 'first' })
      expect(client.open).toBe(true)
      desk.answer('second')
      expect(await client.answer(3)).toMatchObject({ status: 200, body: 'second', ended: true })
      expect(await client.closed).toBeUndefined()
      expect(streams).toEqual([1, 3])
      expect(client.goaways[0]).toEqual({ lastStreamId: 3, code: 0 })
      expect(String(drainOf(await report))).toBe('2 requests finished, 0 cut')
    })

    test('whose body is still on its way completes', async () => {
      const service = await serve(kind, (request, response) => {
        request.setEncoding('utf8')
        let body = ''
        request.on('data', (text) => (body += String(text)))
        request.on('end', () => response.end(`got ${body}`))
      })
      const client = await service.connectHttp2()
      const stream = client.request('/', { method: 'POST', endStream: false })
      client.data(stream, 'one')
      await until(() => service.adapter.inFlight === 1)
      vi.advanceTimersByTime(1_000)
      const report = service.lifecycle.stop()
      await client.receives(({ goaways }) => goaways.length > 0)
      client.data(stream, 'two', { endStream: true })
      expect(await client.answer(stream)).toMatchObject({ body: 'got onetwo', ended: true })
      expect(await report).toMatchObject({ ok: true })
    })

    test('that its client gives up holds nothing up, and is counted', async () => {
      const desk = new Desk()
      const service = await serve(kind, desk.handler)
      const client = await service.connectHttp2()
      const stream = client.request('/')
      await desk.has(1)
      vi.advanceTimersByTime(1_000)
      const report = service.lifecycle.stop()
      await listenerClosed(service)
      client.reset(stream, 8)
      expect(String(drainOf(await report))).toBe('0 requests finished, 0 cut, 1 ended early')
    })

    test('whose client hangs up is counted too', async () => {
      const desk = new Desk()
      const service = await serve(kind, desk.handler)
      const client = await service.connectHttp2()
      client.request('/')
      await desk.has(1)
      const report = service.lifecycle.stop()
      await listenerClosed(service)
      client.destroy()
      expect(String(drainOf(await report))).toBe('0 requests finished, 0 cut, 1 ended early')
    })

    test.each(['the windows', 'TCP'])(
      'whose client reads slowly arrives to its last byte, held up by %s',
      async (by) => {
        const size = 4 * 1024 * 1024
        const service = await serve(kind, (_request, response) => response.end('x'.repeat(size)))
        const slow = by === 'TCP' ? { windowSize: 2 * size } : { reads: false }
        const client = await service.connectHttp2(slow)
        if (by === 'TCP') client.pause()
        const stream = client.request('/')
        await until(() => service.adapter.inFlight === 1)
        vi.advanceTimersByTime(1_000)
        const report = service.lifecycle.stop()
        await listenerClosed(service)
        await passTurns()
        // As long as there is something to send, silence ends nothing.
        for (let second = 0; second < 5; second += 1) {
          vi.advanceTimersByTime(1_000)
          await passTurns()
        }
        client.resume()
        const { body, ended } = await client.answer(stream)
        expect([body.length, ended]).toEqual([size, true])
        await client.closed
        expect(await report).toMatchObject({ ok: true })
        expect(String(drainOf(await report))).toBe('1 request finished, 0 cut')
      },
    )

    test('whose client rests when the stream has ended, but not all of it has left, arrives to its last byte', async () => {
      const size = 32 * 1024 * 1024
      const service = await serve(kind, (_request, response) => response.end('x'.repeat(size)))
      const client = await service.connectHttp2({ windowSize: 2 * size })
      client.pause()
      const stream = client.request('/')
      await until(() => service.adapter.inFlight === 1)
      vi.advanceTimersByTime(1_000)
      const report = service.lifecycle.stop()
      await listenerClosed(service)
      while (service.adapter.inFlight > 0) {
        client.resume()
        await new Promise(setImmediate)
        client.pause()
        await new Promise(setImmediate)
      }
      for (let second = 0; second < 5; second += 1) {
        vi.advanceTimersByTime(1_000)
        await passTurns()
      }
      client.resume()
      const { body, ended } = await client.answer(stream)
      expect([body.length, ended]).toEqual([size, true])
      expect(await report).toMatchObject({ ok: true })
    })
  })

  describe('a late stream', () => {
    test('on a session that lingers is served, and the GOAWAY right behind it names it', async () => {
      const desk = new Desk()
      const service = await serve(kind, desk.handler)
      const client = await service.connectHttp2()
      client.request('/')
      await desk.has(1)
      desk.answer('first')
      await idle(service)
      const report = service.lifecycle.stop()
      await listenerClosed(service)
      await passTurns()
      expect(client.goaways).toEqual([])
      const late = client.request('/late')
      await desk.has(2)
      await client.receives(({ goaways }) => goaways.length > 0)
      expect(client.goaways[0]).toEqual({ lastStreamId: late, code: 0 })
      desk.answer('late')
      expect(await client.answer(late)).toMatchObject({ status: 200, body: 'late' })
      expect(await report).toMatchObject({ ok: true, duration: 0 })
      expect(String(drainOf(await report))).toBe('1 request finished, 0 cut')
    })

    test('that comes with others in one piece is served with them', async () => {
      const desk = new Desk()
      const service = await serve(kind, desk.handler)
      const client = await service.connectHttp2()
      announce(service)
      const streams = [1, 2, 3].map((path) => client.request(`/${path}`))
      await desk.has(3)
      await client.receives(({ goaways }) => goaways.length > 0)
      for (const text of ['first', 'second', 'third']) desk.answer(text)
      for (const stream of streams) expect(await client.answer(stream)).toMatchObject({ status: 200 })
      expect(await service.lifecycle.stop()).toMatchObject({ ok: true })
    })

    test('that crosses the GOAWAY is above the stream it names, and so may be retried; those below finish', async () => {
      const desk = new Desk()
      const service = await serve(kind, desk.handler)
      const client = await service.connectHttp2()
      const first = client.request('/')
      await desk.has(1)
      vi.advanceTimersByTime(1_000)
      const report = service.lifecycle.stop()
      await client.receives(({ goaways }) => goaways.length > 0)
      const crossing = client.request('/crossing')
      await passTurns()
      desk.answer('first')
      expect(await client.answer(first)).toMatchObject({ status: 200, body: 'first' })
      await client.closed
      expect(client.goaways[0]?.lastStreamId).toBeLessThan(crossing)
      expect(client.responses.get(crossing)).toBeUndefined()
      expect(String(drainOf(await report))).toBe('1 request finished, 0 cut')
    })

    test('is refused with 503 where `lateRequests` says so', async () => {
      const service = await serve(kind, (_request, response) => response.end('hi'), { lateRequests: 'refuse' })
      const client = await service.connectHttp2()
      await askOnce(service, client)
      const report = service.lifecycle.stop()
      await listenerClosed(service)
      expect(await client.answer(client.request('/late'))).toMatchObject({ status: 503, ended: true })
      vi.advanceTimersByTime(1)
      expect(String(drainOf(await report))).toBe('0 requests finished, 0 cut, 1 refused')
    })
  })

  describe('the announcement', () => {
    test('sends sessions away with their next request, while new ones are served', async () => {
      const service = await serve(kind, (_request, response) => response.end('hi'))
      const before = await service.connectHttp2()
      await askOnce(service, before)
      announce(service)
      await passTurns()
      expect(before.goaways).toEqual([])
      const after = await service.connectHttp2()
      for (const client of [before, after]) {
        const stream = client.request('/')
        expect(await client.answer(stream)).toMatchObject({ status: 200, body: 'hi' })
        await client.receives(({ goaways }) => goaways.length > 0)
        expect(client.goaways[0]?.lastStreamId).toBe(stream)
      }
      expect(await service.lifecycle.stop()).toMatchObject({ ok: true })
    })
  })

  describe('a session that arrives during the drain', () => {
    test('is served and ended: its connection was accepted before the listener closed', async () => {
      const service = await serve(kind, (_request, response) => response.end('hi'))
      const connecting = service.connectHttp2()
      const report = service.lifecycle.stop()
      const client = await connecting
      const stream = client.request('/')
      expect(await client.answer(stream)).toMatchObject({ status: 200, body: 'hi' })
      vi.advanceTimersByTime(1)
      expect(await client.closed).toBeUndefined()
      expect(client.goaways[0]).toEqual({ lastStreamId: stream, code: 0 })
      expect(String(drainOf(await report))).toBe('1 request finished, 0 cut')
    })
  })

  describe('at the deadline', () => {
    test('streams without headers get a 503, the others are reset, and the session is closed', async () => {
      const service = await serve(
        kind,
        (request, response) => {
          if (request.url?.startsWith('/sent')) response.write('first')
        },
        { stopTimeout: 10_000 },
      )
      const client = await service.connectHttp2()
      const unsent = client.request('/unsent?token=secret')
      const sent = client.request('/sent')
      await client.receives(({ responses }) => responses.get(sent)?.body === 'first')
      vi.advanceTimersByTime(500)
      const stopping = service.lifecycle.stop()
      await listenerClosed(service)
      vi.advanceTimersByTime(10_000)
      const report = await stopping
      expect(report).toMatchObject({ ok: false, duration: 10_000, hooks: [{ outcome: 'aborted' }] })
      await client.closed
      expect(client.responses.get(unsent)).toMatchObject({ status: 503, ended: true })
      expect(client.responses.get(sent)).toMatchObject({ resetCode: 8 })
      const drain = drainOf(report)
      expect(drain.cutRequests).toEqual([
        { method: 'GET', path: '/unsent', age: 10_500, bytesSent: 0, upgraded: false },
        { method: 'GET', path: '/sent', age: 10_500, bytesSent: undefined, upgraded: false },
      ])
    })
  })

  describe('an endless response', () => {
    test('that the application ends on `draining` ends cleanly, and the stop at once', async () => {
      const service: Service = await serve(kind, (_request, response) => {
        response.write('data: 1\n\n')
        service.adapter.draining.addEventListener('abort', () => response.end())
      })
      const client = await service.connectHttp2()
      const stream = client.request('/events')
      await client.receives(({ responses }) => responses.get(stream)?.body)
      vi.advanceTimersByTime(1_000)
      const report = await service.lifecycle.stop()
      expect(await client.answer(stream)).toMatchObject({ status: 200, ended: true, resetCode: undefined })
      expect(report).toMatchObject({ ok: true, duration: 0 })
    })
  })

  test('no warning is emitted for a response during the drain', async () => {
    const warned = vi.fn<(warning: Error) => void>()
    process.on('warning', warned)
    const service = await serve(kind, (_request, response) => response.end('hi'))
    announce(service)
    const client = await service.connectHttp2()
    await askOnce(service, client)
    vi.advanceTimersByTime(200)
    await service.lifecycle.stop()
    await passTurns()
    process.off('warning', warned)
    expect(warned).not.toHaveBeenCalled()
  })
}
