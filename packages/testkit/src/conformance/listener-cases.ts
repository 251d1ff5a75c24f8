import type { DrainReport } from '@lastcall/http'
import { once } from 'node:events'
import type { RequestListener, ServerResponse } from 'node:http'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { Desk } from './desk.ts'
import { closing, keptAlive } from './http1-heads.ts'
import type { Handler, Kind } from './kind.ts'
import { announce, drainOf, idle, listenerClosed, Service, serve, until } from './service.ts'

type Protocol = Kind['protocols'][number]

const answer: RequestListener = (_request, response) => response.end('hi')
const one = '1 request finished, 0 cut'

/** Where the listeners of an application may be, and a second server. */
export function listenerCases(kind: Kind, protocol: Protocol): void {
  describe('a listener for requests', () => {
    test('that was registered before the adapter is told to close', async () => {
      const service = await serve(kind, answer)
      expect(String(await drain(protocol, service))).toBe(one)
    })

    test.each(['on', 'prependListener'] as const)(
      'that was registered after the adapter, with %s, is told to close',
      async (how) => {
        const service = await serve(kind, () => {})
        service.server[how]('request', answer)
        expect(String(await drain(protocol, service))).toBe(one)
      },
    )

    test('that was registered twice is called twice, and its request is counted once', async () => {
      const responses: ServerResponse[] = []
      const listener = vi.fn<RequestListener>((_request, response) => {
        if (responses.includes(response)) response.end('hi')
        responses.push(response)
      })
      const service = await serve(kind, () => {})
      service.server.on('request', listener).on('request', listener)
      expect(String(await drain(protocol, service))).toBe(one)
      expect(responses.map((response) => responses.indexOf(response))).toEqual([0, 0, 2, 2])
      expect(service.server.listeners('request').slice(-2)).toEqual([listener, listener])
    })

    test('that emits its request again later has it counted once', async () => {
      const seen = new Set<unknown>()
      const service: Service = await serve(kind, (request, response) => {
        if (seen.has(request)) response.end('hi')
        else setImmediate(() => service.server.emit('request', request, response))
        seen.add(request)
      })
      expect(String(await drain(protocol, service))).toBe(one)
      expect(seen.size).toBe(2)
    })
  })

  describe('two adapters in one lifecycle', () => {
    test('announce together and drain one after the other: the first goes on serving, and says close', async () => {
      const service = await serve(kind, answer)
      const desk = new Desk()
      const admin = await serveBeside(service, kind, desk.handler)
      await ask(protocol, admin, '/')
      await desk.has(1)
      vi.advanceTimersByTime(1_000)
      const stopping = service.lifecycle.stop()
      await listenerClosed(admin)
      expect([service, admin].map(({ adapter }) => adapter.draining.aborted)).toEqual([false, true])
      expect(service.server.listening).toBe(true)
      await expectToldToClose(protocol, service)
      desk.answer('late')
      const report = await stopping
      expect(report).toMatchObject({ ok: true, hooks: [{ name: 'admin' }, { name: 'http' }] })
      expect(report.hooks.map(({ detail }) => String(detail))).toEqual([one, one])
      expect([service, admin].map(({ server }) => server.listening)).toEqual([false, false])
    })

    test('are both forced at the deadline, and each names what was its own', async () => {
      const desk = new Desk()
      const service = await serve(kind, desk.handler)
      const admin = await serveBeside(service, kind, desk.handler)
      await ask(protocol, service, '/public')
      await ask(protocol, admin, '/admin')
      await desk.has(2)
      const report = await service.lifecycle.stop({ force: true })
      expect(report.hooks).toMatchObject([
        { name: 'admin', outcome: 'aborted', detail: { cut: 1, cutRequests: [{ path: '/admin' }] } },
        { name: 'http', outcome: 'aborted', detail: { cut: 1, cutRequests: [{ path: '/public' }] } },
      ])
    })
  })
}

/** Starts a second server in the lifecycle of another. */
async function serveBeside({ lifecycle }: Service, kind: Kind, handler: RequestListener): Promise<Service> {
  const adapted = kind.create(handler as Handler, { name: 'admin' })
  lifecycle.register(adapted.adapter)
  adapted.server.listen(0, '127.0.0.1')
  await once(adapted.server, 'listening')
  onTestFinished(() => {
    adapted.server.close()
  })
  return new Service(adapted, lifecycle, kind.secure ?? false)
}

async function ask(protocol: Protocol, service: Service, path: string): Promise<void> {
  if (protocol === 'HTTP/1') (await service.connect()).get(path)
  else (await service.connectHttp2()).request(path)
}

/** Expects a connection to be served as ever, and after the announcement to be told to close; then stops. */
async function drain(protocol: Protocol, service: Service): Promise<DrainReport> {
  await expectToldToClose(protocol, service, () => announce(service))
  return drainOf(await service.lifecycle.stop())
}

/** Expects a new connection to be told to close; where `begin` begins that, to be served before it as ever. */
async function expectToldToClose(protocol: Protocol, service: Service, begin?: () => void): Promise<void> {
  if (protocol === 'HTTP/1') {
    const client = await service.connect()
    if (begin) {
      client.get('/')
      await client.receives(keptAlive)
      await idle(service)
      begin()
    }
    client.get('/')
    await client.receives(closing)
    expect(await client.closed).toBeUndefined()
    await until(() => service.adapter.connections === 0)
    return
  }
  const client = await service.connectHttp2()
  if (begin) {
    expect(await client.answer(client.request('/'))).toMatchObject({ status: 200, body: 'hi' })
    await idle(service)
    begin()
  }
  const stream = client.request('/')
  expect(await client.answer(stream)).toMatchObject({ status: 200, body: 'hi', ended: true })
  await idle(service)
  vi.advanceTimersByTime(1)
  await client.receives(({ goaways }) => goaways.length > 0)
  expect(client.goaways[0]).toEqual({ lastStreamId: stream, code: 0 })
}
