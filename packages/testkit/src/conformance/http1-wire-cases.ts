import { describe, expect, test, vi } from 'vitest'
import { closing } from './http1-heads.ts'
import type { Kind } from './kind.ts'
import { announce, drainOf, idle, listenerClosed, passTurns, serve, until } from './service.ts'

/** What is on the wire when a connection is about to be closed. */
export function http1WireCases(kind: Kind): void {
  describe('nothing on the wire is lost', () => {
    test('a request that came before the linger was over is served, though the event loop was busy until after', async () => {
      const service = await serve(kind, (_request, response) => response.end('hi'))
      const [used, silent] = [await service.connect(), await service.connect()]
      used.get('/')
      await used.receives(/hi$/)
      await idle(service)
      await until(() => service.adapter.connections === 2)
      const report = service.lifecycle.stop()
      await listenerClosed(service)
      used.get('/late')
      silent.get('/late')
      vi.advanceTimersByTime(500)
      await Promise.all([used.receives(closing), silent.receives(closing)])
      expect(String(drainOf(await report))).toBe('2 requests finished, 0 cut')
    })

    test('a request that had come when the stop began is served, though nobody had read it yet', async () => {
      const service = await serve(kind, (_request, response) => response.end('hi'))
      const client = await service.connect()
      client.get('/')
      await client.receives(/hi$/)
      await idle(service)
      vi.advanceTimersByTime(1_000)
      client.get('/late')
      const report = service.lifecycle.stop()
      await client.receives(closing)
      expect(String(drainOf(await report))).toBe('1 request finished, 0 cut')
    })

    test('a large answer to an upload that is still coming arrives whole', async () => {
      const size = 1_000_000
      const service = await serve(kind, (_request, response) => {
        response.writeHead(413).end('x'.repeat(size))
      })
      announce(service)
      const client = await service.connect()
      client.send(`POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: ${8 * size}\r\n\r\n${'y'.repeat(8 * size)}`)
      await client.ended
      expect(client.received).toMatch(/^HTTP\/1\.1 413 /)
      expect(client.received.match(/x+/)?.[0]).toHaveLength(size)
      expect(client.received).toMatch(/x\r\n0\r\n\r\n$/)
      expect(await service.lifecycle.stop()).toMatchObject({ ok: true })
    })

    test('what comes in after our end becomes no request that could not be answered', async () => {
      const paths: (string | undefined)[] = []
      const service = await serve(kind, (request, response) => {
        paths.push(request.url)
        response.end('hi')
      })
      announce(service)
      const client = await service.connect({ allowHalfOpen: true })
      client.get('/')
      await client.ended
      client.get('/unheard')
      const report = service.lifecycle.stop()
      await listenerClosed(service)
      vi.advanceTimersByTime(50)
      expect(await report).toMatchObject({ ok: true, duration: 50 })
      expect(paths).toEqual(['/'])
      client.destroy()
    })
  })

  describe('a connection that the application has ended', () => {
    test.each(['a refused request', 'an answer'])('by %s is closed, though its client does not answer', async (by) => {
      const service = await serve(kind, (request, response) => {
        response.end('hi')
        request.socket.end()
      })
      service.server.on('clientError', (_error, socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'))
      if (by === 'an answer') announce(service)
      const client = await service.connect({ allowHalfOpen: true })
      client.send(by === 'an answer' ? 'GET / HTTP/1.1\r\nHost: localhost\r\n\r\n' : 'GARBAGE\r\n\r\n')
      await client.ended
      const report = service.lifecycle.stop()
      await listenerClosed(service)
      vi.advanceTimersByTime(50)
      expect(await report).toMatchObject({ ok: true })
      client.destroy()
    })
  })

  describe('a connection is seen to be idle', () => {
    const post = 'POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 4\r\n\r\n'

    test.each([
      ['the body came after the answer', [post, 'body']],
      ['a stray line end came behind the body', [`${post}body\r\n`]],
      ['Node refused an expectation', ['GET / HTTP/1.1\r\nHost: localhost\r\nExpect: foo\r\n\r\n']],
    ])('when %s', async (_what, parts) => {
      const service = await serve(kind, (_request, response) => response.writeHead(404).end())
      const client = await service.connect()
      for (const part of parts) {
        client.send(part)
        await client.receives(/HTTP\/1\.1 4\d\d /)
      }
      await idle(service)
      // Of a response of Node's own, the adapter knows only when it has finished.
      await passTurns()
      vi.advanceTimersByTime(1_000)
      const report = service.lifecycle.stop()
      await listenerClosed(service)
      await client.closed
      expect(await report).toMatchObject({ ok: true, duration: 0 })
    })

    test('when the application has answered in a listener for checkContinue', async () => {
      const service = await serve(kind, () => {})
      let answer: (() => void) | undefined
      service.server.on('checkContinue', (_request, response) => {
        answer = () => void response.end('hi')
      })
      const client = await service.connect()
      client.send('POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\nExpect: 100-continue\r\n\r\n')
      await until(() => answer)
      const report = service.lifecycle.stop()
      await listenerClosed(service)
      answer?.()
      await client.receives(/hi$/)
      await idle(service)
      vi.advanceTimersByTime(200)
      expect(await report).toMatchObject({ ok: true, duration: 200 })
    })
  })
}
