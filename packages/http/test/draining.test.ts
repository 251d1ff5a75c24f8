import { once } from 'node:events'
import { createServer, type IncomingMessage, type RequestListener } from 'node:http'
import { createSecureServer, createServer as createHttp2Server, type Http2ServerRequest } from 'node:http2'
import { createServer as createHttpsServer } from 'node:https'
import { certificate, connectRaw, connectRawHttp2, listen, until } from '@lastcall/testkit'
import { describe, expect, test } from 'vitest'
import { draining, type HttpServer, serverAdapter } from '../src/index.ts'

const upgrade = 'GET /chat HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: test\r\n\r\n'

interface Kind {
  readonly secure?: boolean
  readonly http2?: boolean
  create(handler: RequestListener): HttpServer
}

const kinds: Readonly<Record<string, Kind>> = {
  http: { create: (handler) => createServer(handler) },
  https: { secure: true, create: (handler) => createHttpsServer(certificate, handler) },
  'http2 in cleartext': { http2: true, create: (handler) => createHttp2Server(handler as never) },
  'http2 over TLS': {
    secure: true,
    http2: true,
    create: (handler) => createSecureServer(certificate, handler as never),
  },
  'http2 over TLS, with a client of HTTP/1': {
    secure: true,
    create: (handler) => createSecureServer({ ...certificate, allowHTTP1: true }, handler as never),
  },
}

/** Asks for a path, and resolves to what the server sends as the body, to its end. */
async function ask(port: number, { secure = false, http2 = false }: Partial<Kind>): Promise<string | undefined> {
  if (http2) {
    const client = await connectRawHttp2(port, { secure })
    const response = await client.answer(client.request('/'))
    expect(response).toMatchObject({ status: 200, ended: true, resetCode: undefined })
    return response.body
  }
  const client = await connectRaw(port, { secure })
  client.get('/')
  const [, body] = await client.receives(/\r\n\r\n2\r\n(hi)\r\n0\r\n\r\n$/)
  return body
}

describe.each(Object.entries(kinds))('draining, of a request to a server of %s', (_name, kind) => {
  test('aborts when the listener closes, so that an endless response is sent whole', async () => {
    const signals: AbortSignal[] = []
    const server = kind.create((request, response) => {
      signals.push(draining(request))
      draining(request).addEventListener('abort', () => response.end())
      response.write('hi')
    })
    const adapter = serverAdapter(server)
    const answer = ask(await listen(server), kind)
    await until(() => signals.length > 0)
    expect(signals).toEqual([adapter.draining])
    expect(signals[0]?.aborted).toBe(false)
    const report = await adapter.stop(new AbortController())
    expect(await answer).toBe('hi')
    expect(String(report)).toBe('1 request finished, 0 cut')
  })

  test('never aborts where the server has no adapter', async () => {
    const signals: AbortSignal[] = []
    const server = kind.create((request, response) => {
      signals.push(draining(request))
      response.write('hi')
      response.end()
    })
    serverAdapter(createServer())
    await ask(await listen(server), kind)
    expect(signals.map(({ aborted }) => aborted)).toEqual([false])
  })

  test('is that of its own server, and not that of another one in the process', async () => {
    const signals: AbortSignal[] = []
    const adapters = [0, 1].map(() =>
      serverAdapter(
        kind.create((request, response) => {
          signals.push(draining(request))
          response.write('hi')
          response.end()
        }),
      ),
    )
    for (const { server } of adapters) await ask(await listen(server), kind)
    expect(signals[0]).toBe(adapters[0]?.draining)
    expect(signals[1]).toBe(adapters[1]?.draining)
    await adapters[0]?.stop(new AbortController())
    expect(signals.map(({ aborted }) => aborted)).toEqual([true, false])
  })

  test('is there for a connection older than the adapter, from its next request on', async () => {
    const signals: AbortSignal[] = []
    const server = kind.create((request, response) => {
      signals.push(draining(request))
      response.end('hi')
    })
    const port = await listen(server)
    const secure = kind.secure ?? false
    if (kind.http2) {
      const [client] = await Promise.all([connectRawHttp2(port, { secure }), once(server, 'session')])
      const adapter = serverAdapter(server)
      await client.answer(client.request('/'))
      expect(signals[0]).toBe(adapter.draining)
      client.destroy()
      return
    }
    const [client] = await Promise.all([
      connectRaw(port, { secure }),
      once(server, secure ? 'secureConnection' : 'connection'),
    ])
    const adapter = serverAdapter(server)
    client.get('/')
    await client.receives(/hi$/)
    expect(signals[0]).toBe(adapter.draining)
  })
})

test.each([false, true])(
  'draining is there for the request of an upgrade, of an older connection: %s',
  async (older) => {
    const server = createServer()
    const before = older ? undefined : serverAdapter(server)
    const port = await listen(server)
    const [client] = await Promise.all([connectRaw(port), once(server, 'connection')])
    const upgraded = once(server, 'upgrade') as Promise<[IncomingMessage]>
    const adapter = before ?? serverAdapter(server)
    client.send(upgrade)
    const [request] = await upgraded
    expect(draining(request)).toBe(adapter.draining)
    client.destroy()
  },
)

test('draining finds the adapter of another copy of the package', async () => {
  // @ts-expect-error -- the same module, loaded once more
  const copy = (await import('../src/draining.ts?copy')) as { readonly draining: typeof draining }
  expect(copy.draining).not.toBe(draining)
  const signals: AbortSignal[] = []
  const adapter = serverAdapter(
    createServer((request, response) => {
      signals.push(copy.draining(request))
      response.write('hi')
      response.end()
    }),
  )
  await ask(await listen(adapter.server), {})
  expect(signals).toEqual([adapter.draining])
})

test('draining never aborts for a stream that has closed: it no longer leads to its server', async () => {
  const requests: Http2ServerRequest[] = []
  const server = createHttp2Server((request, response) => {
    requests.push(request)
    response.end('hi')
  })
  const adapter = serverAdapter(server)
  const client = await connectRawHttp2(await listen(server))
  await client.answer(client.request('/'))
  const [request] = requests
  await until(() => request?.stream.destroyed)
  await adapter.stop(new AbortController())
  expect(draining(request!).aborted).toBe(false)
})

test('a connection that comes when a stopped server listens again has no signal', async () => {
  const signals: AbortSignal[] = []
  const server = createServer((request, response) => {
    signals.push(draining(request))
    response.write('hi')
    response.end()
  })
  const adapter = serverAdapter(server)
  await listen(server)
  await adapter.stop(new AbortController())
  await ask(await listen(server), {})
  expect(signals.map(({ aborted }) => aborted)).toEqual([false])
})
