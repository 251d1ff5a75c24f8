import { describe, expect, test, vi } from 'vitest'
import { clientHello } from '../client-hello.ts'
import { RawClient } from '../raw-client.ts'
import { RawHttp2Client } from '../raw-http2-client.ts'
import { connectStalledTls, type StalledTls } from '../stalled-tls.ts'
import { closing, keptAlive } from './http1-heads.ts'
import type { Kind } from './kind.ts'
import { announce, drainOf, idle, listenerClosed, passTurns, type Service, serve, until } from './service.ts'

/** What becomes of TLS handshakes. */
export function tlsCases(kind: Kind): void {
  describe('a TLS handshake', () => {
    test.each(['begun', 'not begun'])('that has %s when the listener closes is ended, and served', async (state) => {
      const service = await serve(kind, (_request, response) => response.end('hi'))
      const tls = await stall(service)
      if (state === 'begun') tls.begin()
      await passTurns()
      const report = service.lifecycle.stop()
      await listenerClosed(service)
      tls.goOn()
      await serveOne(kind, tls)
      expect(await report).toMatchObject({ ok: true })
      expect(String(drainOf(await report))).toBe('1 request finished, 0 cut')
    })

    test('that ends while the drain is announced is served, and its connection told to close', async () => {
      const service = await serve(kind, (_request, response) => response.end('hi'))
      const tls = await stall(service)
      tls.begin()
      announce(service)
      await passTurns()
      tls.goOn()
      await serveOne(kind, tls)
      expect(String(drainOf(await service.lifecycle.stop()))).toBe('1 request finished, 0 cut')
    })

    test('that has not begun ends with its connection, when that is `closeSilentAfter` old', async () => {
      const service = await serve(kind, () => {}, { closeSilentAfter: 80 })
      const tls = await stall(service)
      vi.advanceTimersByTime(30)
      const report = service.lifecycle.stop()
      await listenerClosed(service)
      vi.advanceTimersByTime(49)
      await passTurns()
      expect(service.adapter.connections).toBe(1)
      vi.advanceTimersByTime(1)
      expect(await report).toMatchObject({ ok: true, duration: 50 })
      expect(String(drainOf(await report))).toBe('0 requests finished, 0 cut')
      await new RawClient(tls.socket).closed
    })

    test('that has begun has until the deadline, and is reported', async () => {
      const service = await serve(kind, () => {}, { stopTimeout: 10_000 })
      const [begun, ended] = [await stall(service), await service.connect()]
      begun.begin()
      await until(() => service.adapter.connections === 2)
      await passTurns()
      const report = service.lifecycle.stop()
      await listenerClosed(service)
      vi.advanceTimersByTime(9_999)
      await ended.closed
      await until(() => service.adapter.connections === 1)
      await passTurns()
      expect(service.adapter.connections).toBe(1)
      vi.advanceTimersByTime(1)
      expect(await report).toMatchObject({ ok: false, duration: 10_000, hooks: [{ outcome: 'aborted' }] })
      const drain = drainOf(await report)
      expect(String(drain)).toBe('0 requests finished, 0 cut\ncut before a whole request had come: 1')
      await new RawClient(begun.socket).closed
    })

    test.each(['before the stop', 'after the listener closed'])(
      'that its client gives up %s leaves nothing behind',
      async (stage) => {
        const service = await serve(kind, () => {})
        service.server.on('tlsClientError', () => {})
        const clients = [await service.connect({ secure: false }), await service.connect({ secure: false })]
        const hello = clientHello()
        for (const client of clients) client.send(hello.subarray(0, hello.length / 2))
        const [garbage] = [await service.connect({ secure: false })]
        await until(() => service.adapter.connections === 3)
        await passTurns()
        const giveUp = (): void => {
          clients[0]?.destroy()
          clients[1]?.end()
          garbage.send('GET / HTTP/1.1\r\nHost: localhost\r\n\r\n')
        }
        if (stage === 'before the stop') {
          giveUp()
          await until(() => service.adapter.connections === 0)
        }
        const report = service.lifecycle.stop()
        await listenerClosed(service)
        if (stage !== 'before the stop') giveUp()
        expect(await report).toMatchObject({ ok: true, duration: 0 })
        expect(String(drainOf(await report))).toBe('0 requests finished, 0 cut')
        await Promise.all([...clients, garbage].map(({ closed }) => closed))
      },
    )
  })

  describe('`connections`', () => {
    test('counts a connection once, before its handshake ends and after', async () => {
      const service = await serve(kind, (_request, response) => response.end('hi'))
      const counts: number[] = []
      service.server.on('connection', () => counts.push(service.adapter.connections))
      service.server.on('secureConnection', () => setImmediate(() => counts.push(service.adapter.connections)))
      const tls = await stall(service)
      tls.begin()
      await passTurns()
      expect(service.adapter.connections).toBe(1)
      tls.goOn()
      await until(() => counts.length === 2)
      expect(counts).toEqual([1, 1])
      const another = await stall(service)
      expect(service.adapter.connections).toBe(2)
      another.socket.destroy()
      await until(() => service.adapter.connections === 1)
      const client = kind.protocols.includes('HTTP/2') ? new RawHttp2Client(tls.socket, { secure: true }) : undefined
      if (client) await client.answer(client.request('/'))
      else await askOverHttp1(tls, keptAlive)
      await idle(service)
      expect(service.adapter.connections).toBe(1)
      vi.advanceTimersByTime(1_000)
      expect(await service.lifecycle.stop()).toMatchObject({ ok: true, duration: 0 })
      expect(service.adapter.connections).toBe(0)
    })
  })
}

/** Connects over TCP, and leaves the handshake, which will offer the first protocol of the kind, to the test. */
async function stall(service: Service): Promise<StalledTls> {
  const others = service.adapter.connections
  const tls = await connectStalledTls(service.port, ['h2', 'http/1.1'])
  await until(() => service.adapter.connections > others)
  return tls
}

/** Asks over the protocol that the handshake has agreed on, and expects to be sent elsewhere behind the answer. */
async function serveOne(kind: Kind, tls: StalledTls): Promise<void> {
  if (!kind.protocols.includes('HTTP/2')) return askOverHttp1(tls, closing)
  const client = new RawHttp2Client(tls.socket, { secure: true })
  const stream = client.request('/')
  expect(await client.answer(stream)).toMatchObject({ status: 200, body: 'hi', ended: true })
  vi.advanceTimersByTime(1)
  await client.receives(({ goaways }) => goaways.length > 0)
  expect(client.goaways[0]).toEqual({ lastStreamId: stream, code: 0 })
}

async function askOverHttp1({ socket }: StalledTls, head: RegExp): Promise<void> {
  const client = new RawClient(socket)
  client.get('/')
  await client.receives(head)
}
