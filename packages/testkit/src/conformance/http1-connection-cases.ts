import { once } from 'node:events'
import type { ServerResponse } from 'node:http'
import { describe, expect, test, vi } from 'vitest'
import { Desk } from './desk.ts'
import { closing, keptAlive } from './http1-heads.ts'
import type { Kind } from './kind.ts'
import { announce, drainOf, idle, listenerClosed, passTurns, serve, until } from './service.ts'

/** What each class of connections gets, before the stop, while it is announced, and when the listener has closed. */
export function http1ConnectionCases(kind: Kind): void {
  describe('the announcement', () => {
    test('makes every response say close, also of a handler that answers at once, while new connections are served', async () => {
      const service = await serve(kind, (_request, response) => response.end('hi'))
      const before = await service.connect()
      before.get('/')
      await before.receives(keptAlive)
      announce(service)
      before.get('/')
      await before.receives(closing)
      await before.ended
      const after = await service.connect()
      after.get('/')
      await after.receives(closing)
      expect(await service.lifecycle.stop()).toMatchObject({ ok: true })
    })

    test('reaches a handler that was registered before the adapter', async () => {
      const service = await serve(kind, (_request, response) => response.end('hi'))
      service.server.prependListener('request', () => {})
      announce(service)
      const client = await service.connect()
      client.get('/')
      await client.receives(closing)
      expect(await service.lifecycle.stop()).toMatchObject({ ok: true })
    })

    test('does not abort `draining`: that aborts when the listener closes', async () => {
      const service = await serve(kind, () => {})
      const listening: boolean[] = []
      service.adapter.draining.addEventListener('abort', () => listening.push(service.server.listening))
      announce(service)
      await passTurns()
      expect(service.adapter.draining.aborted).toBe(false)
      await service.lifecycle.stop()
      expect(listening).toEqual([false])
    })
  })

  describe('with nothing in flight', () => {
    test('the stop ends at once', async () => {
      const service = await serve(kind, () => {})
      const report = await service.lifecycle.stop()
      expect(report).toMatchObject({ ok: true, duration: 0 })
      expect(String(drainOf(report))).toBe('0 requests finished, 0 cut')
    })

    test('a connection that has long been idle is closed at once', async () => {
      const service = await serve(kind, (_request, response) => response.end('hi'))
      const client = await service.connect()
      client.get('/')
      await client.receives(/hi$/)
      await idle(service)
      vi.advanceTimersByTime(200)
      const report = await service.lifecycle.stop()
      expect(report).toMatchObject({ ok: true, duration: 0 })
      expect(await client.closed).toBeUndefined()
    })

    test('a connection that was in use a moment ago is closed when it has been idle for `closeIdleAfter`', async () => {
      const service = await serve(kind, (_request, response) => response.end('hi'), { closeIdleAfter: 80 })
      const client = await service.connect()
      client.get('/')
      await client.receives(/hi$/)
      await idle(service)
      vi.advanceTimersByTime(30)
      const report = service.lifecycle.stop()
      await listenerClosed(service)
      vi.advanceTimersByTime(49)
      await passTurns()
      expect(client.open).toBe(true)
      vi.advanceTimersByTime(1)
      expect(await report).toMatchObject({ ok: true, duration: 50 })
      expect(await client.closed).toBeUndefined()
    })

    test('idleness is measured from the end of the response, not from the request', async () => {
      const desk = new Desk()
      const service = await serve(kind, desk.handler)
      const client = await service.connect()
      client.get('/')
      await desk.has(1)
      vi.advanceTimersByTime(10_000)
      desk.answer('late')
      await client.receives(/late$/)
      await idle(service)
      const report = service.lifecycle.stop()
      await listenerClosed(service)
      vi.advanceTimersByTime(199)
      await passTurns()
      expect(client.open).toBe(true)
      vi.advanceTimersByTime(1)
      expect(await report).toMatchObject({ duration: 200 })
    })

    test('a client that does not answer our FIN holds nothing up', async () => {
      const service = await serve(kind, (_request, response) => response.end('hi'))
      const client = await service.connect({ allowHalfOpen: true })
      client.get('/')
      await client.receives(/hi$/)
      await idle(service)
      vi.advanceTimersByTime(200)
      expect(await service.lifecycle.stop()).toMatchObject({ ok: true, duration: 0 })
      client.destroy()
    })
  })

  describe('a silent connection', () => {
    test('is closed at once when it is older than `closeSilentAfter`', async () => {
      const service = await serve(kind, () => {})
      const client = await service.connect()
      await until(() => service.adapter.connections === 1)
      vi.advanceTimersByTime(500)
      expect(await service.lifecycle.stop()).toMatchObject({ ok: true, duration: 0 })
      await client.closed
    })

    test('is closed once it is as old', async () => {
      const service = await serve(kind, () => {}, { closeSilentAfter: 100 })
      const client = await service.connect()
      await until(() => service.adapter.connections === 1)
      vi.advanceTimersByTime(60)
      const report = service.lifecycle.stop()
      await listenerClosed(service)
      vi.advanceTimersByTime(39)
      await passTurns()
      expect(client.open).toBe(true)
      vi.advanceTimersByTime(1)
      expect(await report).toMatchObject({ ok: true, duration: 40 })
    })

    test('is served when it speaks before', async () => {
      const service = await serve(kind, (_request, response) => response.end('hi'))
      const client = await service.connect()
      await until(() => service.adapter.connections === 1)
      const report = service.lifecycle.stop()
      await listenerClosed(service)
      client.get('/')
      await client.receives(closing)
      expect(String(drainOf(await report))).toBe('1 request finished, 0 cut')
    })
  })

  describe('a request in flight', () => {
    test('with its headers unsent finishes, says close, and is closed right after', async () => {
      const desk = new Desk()
      const service = await serve(kind, desk.handler)
      const client = await service.connect()
      client.get('/')
      await desk.has(1)
      expect(service.adapter).toMatchObject({ inFlight: 1, connections: 1 })
      const report = service.lifecycle.stop()
      await listenerClosed(service)
      await expect(service.connect()).rejects.toMatchObject({ code: 'ECONNREFUSED' })
      desk.answer('whole')
      await client.receives(/Connection: close\r\n[^]*\r\n\r\nwhole$/)
      expect(await client.closed).toBeUndefined()
      expect(String(drainOf(await report))).toBe('1 request finished, 0 cut')
      expect(service.adapter).toMatchObject({ inFlight: 0, connections: 0 })
    })

    test('with its headers sent finishes to the last chunk, and is closed right after', async () => {
      let response: ServerResponse | undefined
      const service = await serve(kind, (_request, reply) => {
        response = reply
        reply.write('first')
      })
      const client = await service.connect()
      client.get('/')
      await client.receives(/first/)
      const report = service.lifecycle.stop()
      await listenerClosed(service)
      response?.end('last')
      expect(await client.closed).toBeUndefined()
      expect(client.received).toMatch(/Connection: keep-alive\r\n[^]*5\r\nfirst\r\n4\r\nlast\r\n0\r\n\r\n$/)
      expect(await report).toMatchObject({ ok: true, duration: 0 })
    })

    test('is closed right after its response also where the application insists on keep-alive', async () => {
      let response: ServerResponse | undefined
      const service = await serve(kind, (_request, reply) => {
        response = reply
      })
      const client = await service.connect()
      client.get('/')
      await until(() => response)
      const report = service.lifecycle.stop()
      await listenerClosed(service)
      response?.setHeader('Connection', 'keep-alive')
      response?.end('hi')
      await client.receives(/Connection: keep-alive\r\n[^]*hi$/)
      expect(await client.closed).toBeUndefined()
      expect(await report).toMatchObject({ ok: true, duration: 0 })
    })

    test('behind another that is in flight: both are answered, and only the last says close', async () => {
      const desk = new Desk()
      const service = await serve(kind, desk.handler)
      const client = await service.connect()
      client.get('/1')
      client.get('/2')
      await desk.has(2)
      const report = service.lifecycle.stop()
      await listenerClosed(service)
      client.get('/3')
      await desk.has(3)
      for (const text of ['first', 'second', 'third']) desk.answer(text)
      expect(await client.closed).toBeUndefined()
      const [first, second, third] = client.received.split(/(?=HTTP\/1\.1)/)
      expect(first).toMatch(/first$/)
      expect(second).toMatch(/second$/)
      expect(`${first}${second}`).not.toMatch(/Connection: close/)
      expect(third).toMatch(/Connection: close[^]*third$/)
      expect(await report).toMatchObject({ ok: true, duration: 0 })
    })

    test.each([
      ['HEAD', 200],
      ['GET', 304],
      ['GET', 204],
    ])('of %s answered %d without a body is closed right after', async (method, status) => {
      let response: ServerResponse | undefined
      const service = await serve(kind, (_request, reply) => {
        response = reply
      })
      const client = await service.connect()
      client.send(`${method} / HTTP/1.1\r\nHost: localhost\r\n\r\n`)
      await until(() => response)
      const report = service.lifecycle.stop()
      await listenerClosed(service)
      response?.writeHead(status).end()
      expect(await client.closed).toBeUndefined()
      expect(client.received).toMatch(/Connection: close/)
      expect(await report).toMatchObject({ ok: true, duration: 0 })
    })

    test('whose body is still on its way completes', async () => {
      const service = await serve(kind, (request, response) => {
        request.setEncoding('utf8')
        let body = ''
        request.on('data', (text) => (body += String(text)))
        request.on('end', () => response.end(`got ${body}`))
      })
      const client = await service.connect()
      client.send('POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 6\r\nExpect: 100-continue\r\n\r\n')
      await client.receives(/100 Continue/)
      client.send('one')
      await until(() => service.adapter.inFlight === 1)
      const report = service.lifecycle.stop()
      await listenerClosed(service)
      client.send('two')
      await client.receives(/Connection: close\r\n[^]*got onetwo$/)
      expect(await report).toMatchObject({ ok: true })
    })

    test('that its client gives up holds nothing up, and is counted', async () => {
      const desk = new Desk()
      const service = await serve(kind, desk.handler)
      const client = await service.connect()
      client.get('/')
      await desk.has(1)
      const report = service.lifecycle.stop()
      await listenerClosed(service)
      client.destroy()
      expect(String(drainOf(await report))).toBe('0 requests finished, 0 cut, 1 ended early')
    })

    test('whose response is ended but not yet read arrives to its last byte', async () => {
      const size = 16 * 1024 * 1024
      const service = await serve(kind, (_request, response) => response.end('x'.repeat(size)))
      const client = await service.connect()
      client.pause()
      client.get('/')
      await once(service.server, 'request')
      const report = service.lifecycle.stop()
      await listenerClosed(service)
      client.resume()
      await client.closed
      expect(client.received.match(/x+$/)?.[0]).toHaveLength(size)
      expect(await report).toMatchObject({ ok: true })
    })
  })

  describe('a late request', () => {
    test('on a connection that lingers is served, and says close', async () => {
      const service = await serve(kind, (_request, response) => response.end('hi'))
      const client = await service.connect()
      client.get('/')
      await client.receives(keptAlive)
      await idle(service)
      const report = service.lifecycle.stop()
      await listenerClosed(service)
      client.get('/late')
      await client.receives(closing)
      await client.closed
      expect(await report).toMatchObject({ ok: true, duration: 0 })
    })

    test.each(['GET / HT', 'GET / HTTP/1.1\r\nHost: loc'])(
      'of which half the head has come, %j, may complete',
      async (half) => {
        const head = 'GET / HTTP/1.1\r\nHost: localhost\r\n\r\n'
        const service = await serve(kind, (_request, response) => response.end('hi'))
        const clients = [await service.connect(), await service.connect()]
        clients[0]?.get('/')
        await clients[0]?.receives(keptAlive)
        await idle(service)
        for (const client of clients) client.send(half)
        await until(() => service.adapter.connections === 2)
        const report = service.lifecycle.stop()
        await listenerClosed(service)
        vi.advanceTimersByTime(1_000)
        for (const client of clients) client.send(head.slice(half.length))
        for (const client of clients) await client.receives(closing)
        expect(String(drainOf(await report))).toBe('2 requests finished, 0 cut')
      },
    )
  })
}
