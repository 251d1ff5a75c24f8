import { once } from 'node:events'
import type { IncomingMessage } from 'node:http'
import type { Socket } from 'node:net'
import { describe, expect, test, vi } from 'vitest'
import type { RawClient } from '../raw-client.ts'
import { closing, keptAlive } from './http1-heads.ts'
import type { Kind } from './kind.ts'
import { announce, drainOf, idle, listenerClosed, passTurns, type Service, serve, until } from './service.ts'

type Event = 'upgrade' | 'connect'
type UpgradeListener = (request: IncomingMessage, socket: Socket) => void

const events: readonly Event[] = ['upgrade', 'connect']
const requests = {
  upgrade: 'GET /chat?token=secret HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: test\r\n\r\n',
  connect: 'CONNECT example.org:443 HTTP/1.1\r\nHost: example.org:443\r\n\r\n',
}
const names = { upgrade: { method: 'GET', path: '/chat' }, connect: { method: 'CONNECT', path: '*' } }
const accepted = 'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: test\r\n\r\n'
const refusal = 'HTTP/1.1 503 Service Unavailable\r\nConnection: close\r\nRetry-After: 1\r\nContent-Length: 0\r\n\r\n'

/** What becomes of connections that speak something else, and of requests for that. */
export function upgradeCases(kind: Kind): void {
  describe.each(events)('a connection after %s, of which the adapter knows no more,', (event) => {
    test('is left alone until the deadline, and then cut and named', async () => {
      const service = await serve(kind, () => {}, { stopTimeout: 10_000 })
      service.server.on(event, accept)
      const client = await upgrade(service, event)
      expect(service.adapter).toMatchObject({ connections: 1, inFlight: 0 })
      vi.advanceTimersByTime(500)
      const stopping = service.lifecycle.stop()
      await listenerClosed(service)
      vi.advanceTimersByTime(9_999)
      await passTurns()
      client.send('still there')
      await client.receives(/still there$/)
      vi.advanceTimersByTime(1)
      const report = await stopping
      await client.closed
      expect(report).toMatchObject({ ok: false, duration: 10_000, hooks: [{ outcome: 'aborted' }] })
      const drain = drainOf(report)
      expect(drain).toMatchObject({ finished: 0, unfinished: 0, refused: 0, cut: 0, cutUpgraded: 1, cutConnections: 0 })
      const bytesSent = client.received.length
      expect(drain.cutRequests).toEqual([{ ...names[event], age: 10_500, bytesSent, upgraded: true }])
      const { method, path } = names[event]
      expect(String(drain)).toBe(`0 requests finished, 0 cut\ncut after 10.50 s: ${method} ${path}, upgraded`)
    })

    test('that is closed in time is not in the report', async () => {
      const service = await serve(kind, () => {})
      service.server.on(event, accept)
      const clients = [await upgrade(service, event), await upgrade(service, event)]
      const report = service.lifecycle.stop()
      await listenerClosed(service)
      vi.advanceTimersByTime(5_000)
      clients[0]?.end()
      await clients[0]?.closed
      await until(() => service.adapter.connections === 1)
      vi.advanceTimersByTime(5_000)
      clients[1]?.end()
      expect(await report).toMatchObject({ ok: true, duration: 10_000 })
      expect(drainOf(await report)).toMatchObject({ finished: 0, unfinished: 0, cutUpgraded: 0, cutRequests: [] })
    })

    test('that was opened in the announce stage is accepted, one that comes later is refused', async () => {
      const service = await serve(kind, (_request, response) => response.end('hi'))
      const listener = vi.fn<UpgradeListener>(accept)
      service.server.on(event, listener)
      const late = await service.connect()
      late.get('/')
      await late.receives(keptAlive)
      await idle(service)
      announce(service)
      const early = await upgrade(service, event)
      const report = service.lifecycle.stop()
      await listenerClosed(service)
      late.send(requests[event])
      await late.ended
      expect(late.received.endsWith(`hi${refusal}`)).toBe(true)
      expect(listener).toHaveBeenCalledOnce()
      early.send('still there')
      await early.receives(/still there$/)
      early.end()
      expect(await report).toMatchObject({ ok: true, duration: 0 })
      expect(String(drainOf(await report))).toBe('0 requests finished, 0 cut, 1 refused')
    })

    test('that is refused, and whose client does not answer our end, holds nothing up', async () => {
      const service = await serve(kind, () => {})
      service.server.on(event, accept)
      const client = await service.connect({ allowHalfOpen: true })
      await until(() => service.adapter.connections === 1)
      const report = service.lifecycle.stop()
      await listenerClosed(service)
      client.send(requests[event])
      await client.ended
      await passTurns()
      vi.advanceTimersByTime(49)
      await passTurns()
      expect(service.adapter.connections).toBe(1)
      vi.advanceTimersByTime(1)
      expect(await report).toMatchObject({ ok: true, duration: 50 })
      expect(client.received).toBe(refusal)
      client.destroy()
    })
  })

  describe('a request for an upgrade', () => {
    test('that nobody listens to is served as any other, and no listener is added', async () => {
      const service = await serve(kind, (_request, response) => response.end('hi'))
      expect(listenerCounts(service)).toEqual([0, 0])
      const client = await service.connect()
      client.send(requests.upgrade)
      await client.receives(keptAlive)
      await idle(service)
      expect(service.adapter).toMatchObject({ connections: 1, inFlight: 0 })
      announce(service)
      expect(listenerCounts(service)).toEqual([0, 0])
      client.send(requests.upgrade)
      await client.receives(closing)
      expect(String(drainOf(await service.lifecycle.stop()))).toBe('1 request finished, 0 cut')
      expect(listenerCounts(service)).toEqual([0, 0])
    })

    test('is served as any other when the application has taken its listener off', async () => {
      const service = await serve(kind, (_request, response) => response.end('hi'))
      service.server.on('upgrade', accept)
      const upgraded = await upgrade(service, 'upgrade')
      service.server.off('upgrade', accept)
      expect(listenerCounts(service)).toEqual([0, 0])
      const client = await service.connect()
      client.send(requests.upgrade)
      await client.receives(keptAlive)
      await idle(service)
      vi.advanceTimersByTime(1_000)
      upgraded.end()
      await upgraded.closed
      expect(await service.lifecycle.stop()).toMatchObject({ ok: true, duration: 0 })
    })

    test('goes to a listener for one alone, and is counted', async () => {
      const service = await serve(kind, () => {})
      service.server.once('upgrade', accept)
      await upgrade(service, 'upgrade')
      expect(service.adapter.connections).toBe(1)
      const drain = drainOf(await service.lifecycle.stop({ force: true }))
      expect(drain).toMatchObject({ cutUpgraded: 1 })
      expect(listenerCounts(service)).toEqual([0, 0])
    })
  })

  test.each(events)('the listeners for %s that remain after the stop are those of the application', async (event) => {
    const service = await serve(kind, () => {})
    const [first, second] = [vi.fn<UpgradeListener>(accept), vi.fn<UpgradeListener>()]
    service.server.on(event, first).prependListener(event, second)
    const client = await upgrade(service, event)
    expect([first.mock.calls.length, second.mock.calls.length]).toEqual([1, 1])
    client.end()
    await client.closed
    await service.lifecycle.stop()
    expect(service.server.listeners(event)).toEqual([second, first])
    const meta = ['newListener', 'removeListener'].map((name) => service.server.listenerCount(name))
    expect(meta).toEqual([0, 0])
  })
}

/** Accepts what it is asked for, and gives back what is sent. */
function accept(_request: IncomingMessage, socket: Socket): void {
  socket.write(accepted)
  socket.on('error', () => {}).pipe(socket)
}

async function upgrade(service: Service, event: Event): Promise<RawClient> {
  const client = await service.connect()
  const upgraded = once(service.server, event)
  client.send(requests[event])
  await Promise.all([upgraded, client.receives(/101 Switching Protocols[^]*\r\n\r\n/)])
  return client
}

function listenerCounts({ server }: Service): readonly number[] {
  return events.map((event) => server.listenerCount(event))
}
