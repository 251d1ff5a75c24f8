import { once } from 'node:events'
import type { ServerResponse } from 'node:http'
import { connect } from 'node:net'
import { describe, expect, test, vi } from 'vitest'
import { duplexPair } from './duplex-pair.ts'
import { Desk, drainOf, listenerClosed, serve, stillClock, until } from './service.ts'

stillClock()

const keptAlive = /^HTTP\/1\.1 200 OK\r\n[^]*Connection: keep-alive\r\n[^]*\r\n\r\n/
const closing = /HTTP\/1\.1 200 OK\r\n(?:[^\r]+\r\n)*Connection: close\r\n/

describe('the announcement', () => {
  test('makes every response say close, also of a handler that answers at once, while new connections are served', async () => {
    const service = await serve((_request, response) => response.end('hi'))
    const before = await service.connect()
    before.get('/')
    await before.receives(keptAlive)
    service.adapter.beforeStop()
    before.get('/')
    await before.receives(closing)
    await before.ended
    const after = await service.connect()
    after.get('/')
    await after.receives(closing)
    expect(await service.lifecycle.stop()).toMatchObject({ ok: true })
  })

  test('reaches a handler that was registered before the adapter', async () => {
    const service = await serve((_request, response) => response.end('hi'))
    service.server.prependListener('request', () => {})
    service.adapter.beforeStop()
    const client = await service.connect()
    client.get('/')
    await client.receives(closing)
    expect(await service.lifecycle.stop()).toMatchObject({ ok: true })
  })

  test('aborts `draining`', async () => {
    const service = await serve(() => {})
    expect(service.adapter.draining.aborted).toBe(false)
    service.adapter.beforeStop()
    expect(service.adapter.draining.aborted).toBe(true)
    await service.lifecycle.stop()
  })
})

describe('with nothing in flight', () => {
  test('the stop ends at once', async () => {
    const service = await serve(() => {})
    const report = await service.lifecycle.stop()
    expect(report).toMatchObject({ ok: true, duration: 0 })
    expect(String(drainOf(report))).toBe('0 requests finished, 0 cut')
  })

  test('a connection that has long been idle is closed at once', async () => {
    const service = await serve((_request, response) => response.end('hi'))
    const client = await service.connect()
    client.get('/')
    await client.receives(/hi$/)
    vi.advanceTimersByTime(200)
    const report = await service.lifecycle.stop()
    expect(report).toMatchObject({ ok: true, duration: 0 })
    expect(await client.closed).toBeUndefined()
  })

  test('a connection that was in use a moment ago is closed when it has been idle for `idleLinger`', async () => {
    const service = await serve((_request, response) => response.end('hi'), { idleLinger: 80 })
    const client = await service.connect()
    client.get('/')
    await client.receives(/hi$/)
    vi.advanceTimersByTime(30)
    const report = service.lifecycle.stop()
    await listenerClosed(service)
    vi.advanceTimersByTime(49)
    expect(client.open).toBe(true)
    vi.advanceTimersByTime(1)
    expect(await report).toMatchObject({ ok: true, duration: 50 })
    expect(await client.closed).toBeUndefined()
  })

  test('idleness is measured from the end of the response, not from the request', async () => {
    const desk = new Desk()
    const service = await serve(desk.handler)
    const client = await service.connect()
    client.get('/')
    await desk.has(1)
    vi.advanceTimersByTime(10_000)
    desk.answer('late')
    await client.receives(/late$/)
    const report = service.lifecycle.stop()
    await listenerClosed(service)
    vi.advanceTimersByTime(199)
    expect(client.open).toBe(true)
    vi.advanceTimersByTime(1)
    expect(await report).toMatchObject({ duration: 200 })
  })

  test('a client that does not answer our FIN holds nothing up', async () => {
    const service = await serve((_request, response) => response.end('hi'))
    const { port } = service.server.address() as { port: number }
    const client = connect({ port, host: '127.0.0.1', allowHalfOpen: true })
    client.write('GET / HTTP/1.1\r\nHost: localhost\r\n\r\n')
    await once(client, 'data')
    vi.advanceTimersByTime(200)
    expect(await service.lifecycle.stop()).toMatchObject({ ok: true, duration: 0 })
    client.destroy()
  })
})

describe('a silent connection', () => {
  test('is closed at once when it is older than `newConnectionTimeout`', async () => {
    const service = await serve(() => {})
    const client = await service.connect()
    await until(() => service.adapter.connections === 1)
    vi.advanceTimersByTime(500)
    expect(await service.lifecycle.stop()).toMatchObject({ ok: true, duration: 0 })
    await client.closed
  })

  test('is closed once it is as old', async () => {
    const service = await serve(() => {}, { newConnectionTimeout: 100 })
    const client = await service.connect()
    await until(() => service.adapter.connections === 1)
    vi.advanceTimersByTime(60)
    const report = service.lifecycle.stop()
    await listenerClosed(service)
    vi.advanceTimersByTime(39)
    expect(client.open).toBe(true)
    vi.advanceTimersByTime(1)
    expect(await report).toMatchObject({ ok: true, duration: 40 })
  })

  test('is served when it speaks before', async () => {
    const service = await serve((_request, response) => response.end('hi'))
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
    const service = await serve(desk.handler)
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
    const service = await serve((_request, reply) => {
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
    const service = await serve((_request, reply) => {
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
    const service = await serve(desk.handler)
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
    const service = await serve((_request, reply) => {
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
    const service = await serve((request, response) => {
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
    const service = await serve(desk.handler)
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
    const service = await serve((_request, response) => response.end('x'.repeat(size)))
    const { port } = service.server.address() as { port: number }
    const client = connect(port, '127.0.0.1')
    client.write('GET / HTTP/1.1\r\nHost: localhost\r\n\r\n')
    await once(service.server, 'request')
    client.pause()
    const report = service.lifecycle.stop()
    await listenerClosed(service)
    let received = 0
    client.on('data', (chunk) => (received += chunk.length)).resume()
    await once(client, 'end')
    expect(received).toBeGreaterThan(size)
    expect(await report).toMatchObject({ ok: true })
  })
})

describe('a late request', () => {
  test('on a connection that lingers is served, and says close', async () => {
    const service = await serve((_request, response) => response.end('hi'))
    const client = await service.connect()
    client.get('/')
    await client.receives(keptAlive)
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
      const service = await serve((_request, response) => response.end('hi'))
      const clients = [await service.connect(), await service.connect()]
      clients[0]?.get('/')
      await clients[0]?.receives(keptAlive)
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

describe('at the deadline', () => {
  test('requests without headers get a 503, and every connection of every kind is closed', async () => {
    const service = await serve(
      (request, response) => {
        if (request.url?.startsWith('/sent')) response.write('first')
      },
      { stopTimeout: 10_000 },
    )
    const unsent = await service.connect()
    unsent.get('/unsent?token=secret')
    const sent = await service.connect()
    sent.get('/sent')
    await sent.receives(/first/)
    const half = await service.connect()
    half.send('GET / HT')
    await until(() => service.adapter.connections === 3 && service.adapter.inFlight === 2)
    vi.advanceTimersByTime(500)
    const stopping = service.lifecycle.stop()
    await listenerClosed(service)
    vi.advanceTimersByTime(10_000)
    const report = await stopping
    expect(report).toMatchObject({ ok: false, duration: 10_000, hooks: [{ outcome: 'forced' }] })
    await Promise.all([unsent, sent, half].map((client) => client.closed))
    expect(unsent.received).toMatch(/^HTTP\/1\.1 503 Service Unavailable\r\nConnection: close\r\n/)
    expect(sent.received).not.toMatch(/0\r\n\r\n$/)
    const drain = drainOf(report)
    expect(drain.cutRequests).toEqual([
      { method: 'GET', path: '/unsent', age: 10_500 },
      { method: 'GET', path: '/sent', age: 10_500 },
    ])
    expect(String(drain)).toBe(
      '0 requests finished, 2 cut\ncut after 10.50 s: GET /unsent\ncut after 10.50 s: GET /sent\n' +
        'cut in half a request head, or upgraded: 1',
    )
  })

  test('names at most 20 of the requests that were cut', async () => {
    const desk = new Desk()
    const service = await serve(desk.handler)
    for (let index = 0; index < 23; index += 1) (await service.connect()).get(`/${index}`)
    await desk.has(23)
    const drain = drainOf(await service.lifecycle.stop({ force: true }))
    expect(drain.cut).toBe(23)
    expect(drain.cutRequests).toHaveLength(20)
    expect(String(drain)).toMatch(/^0 requests finished, 23 cut\n[^]*\nand 3 more$/)
  })

  test('that has passed before the stop begins, the server is closed all the same', async () => {
    const service = await serve(() => {})
    const client = await service.connect()
    await until(() => service.adapter.connections === 1)
    expect(await service.lifecycle.stop({ force: true })).toMatchObject({ hooks: [{ outcome: 'forced' }] })
    expect(service.server.listening).toBe(false)
    await client.closed
  })
})

describe('nothing on the wire is lost', () => {
  test('a request that came before the linger was over is served, though the event loop was busy until after', async () => {
    const service = await serve((_request, response) => response.end('hi'))
    const [used, silent] = [await service.connect(), await service.connect()]
    used.get('/')
    await used.receives(/hi$/)
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
    const service = await serve((_request, response) => response.end('hi'))
    const client = await service.connect()
    client.get('/')
    await client.receives(/hi$/)
    vi.advanceTimersByTime(1_000)
    client.get('/late')
    const report = service.lifecycle.stop()
    await client.receives(closing)
    expect(String(drainOf(await report))).toBe('1 request finished, 0 cut')
  })

  test('a large answer to an upload that is still coming arrives whole', async () => {
    const size = 1_000_000
    const service = await serve((_request, response) => {
      response.writeHead(413).end('x'.repeat(size))
    })
    service.adapter.beforeStop()
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
    const service = await serve((request, response) => {
      paths.push(request.url)
      response.end('hi')
    })
    const { port } = service.server.address() as { port: number }
    service.adapter.beforeStop()
    const client = connect({ port, host: '127.0.0.1', allowHalfOpen: true })
    client.write('GET / HTTP/1.1\r\nHost: localhost\r\n\r\n')
    await once(client.resume(), 'end')
    client.write('GET /unheard HTTP/1.1\r\nHost: localhost\r\n\r\n')
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
    const service = await serve((request, response) => {
      response.end('hi')
      request.socket.end()
    })
    service.server.on('clientError', (_error, socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'))
    const { port } = service.server.address() as { port: number }
    if (by === 'an answer') service.adapter.beforeStop()
    const client = connect({ port, host: '127.0.0.1', allowHalfOpen: true })
    client.write(by === 'an answer' ? 'GET / HTTP/1.1\r\nHost: localhost\r\n\r\n' : 'GARBAGE\r\n\r\n')
    await once(client.resume(), 'end')
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
    const service = await serve((_request, response) => response.writeHead(404).end())
    const client = await service.connect()
    for (const part of parts) {
      client.send(part)
      await client.receives(/HTTP\/1\.1 4\d\d /)
    }
    await until(() => service.adapter.inFlight === 0)
    vi.advanceTimersByTime(1_000)
    const report = service.lifecycle.stop()
    await listenerClosed(service)
    await client.closed
    expect(await report).toMatchObject({ ok: true, duration: 0 })
  })

  test('when the application has answered in a listener for checkContinue', async () => {
    const service = await serve(() => {})
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
    vi.advanceTimersByTime(200)
    expect(await report).toMatchObject({ ok: true, duration: 200 })
  })
})

describe('the application', () => {
  test.each([
    [['Set-Cookie', 'a=1', 'Set-Cookie', 'b=2']],
    [
      [
        ['Set-Cookie', 'a=1'],
        ['Set-Cookie', 'b=2'],
      ],
    ],
  ])('may give writeHead its headers as %j, and loses none of them', async (headers) => {
    const service = await serve((_request, response) => {
      response.writeHead(200, headers as never).end('hi')
    })
    service.adapter.beforeStop()
    const client = await service.connect()
    client.get('/')
    await client.receives(closing)
    expect(client.received.match(/Set-Cookie: .=./g)).toEqual(['Set-Cookie: a=1', 'Set-Cookie: b=2'])
    expect(await service.lifecycle.stop()).toMatchObject({ ok: true })
  })

  test('may answer at once and go on reading: the body comes to its end', async () => {
    let body = ''
    const service = await serve((request, response) => {
      request.setEncoding('utf8').on('data', (text) => (body += String(text)))
      response.writeHead(202).end()
    })
    const client = await service.connect()
    client.send('POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 6\r\n\r\none')
    await client.receives(/202 Accepted/)
    vi.advanceTimersByTime(1_000)
    const report = service.lifecycle.stop()
    await listenerClosed(service)
    await until(() => body === 'one')
    expect(client.open).toBe(true)
    client.send('two')
    expect(await report).toMatchObject({ ok: true })
    expect(body).toBe('onetwo')
  })

  test('may have said keep-alive, and loses no pipelined request by it', async () => {
    const desk = new Desk()
    const service = await serve((request, response) => {
      response.setHeader('Connection', 'keep-alive')
      desk.handler(request, response)
    })
    const client = await service.connect()
    client.get('/1')
    await desk.has(1)
    const report = service.lifecycle.stop()
    await listenerClosed(service)
    client.get('/2')
    await desk.has(2)
    for (const text of ['first', 'second']) desk.answer(text)
    await client.receives(/second$/)
    expect(String(drainOf(await report))).toBe('2 requests finished, 0 cut')
  })

  test('may have said keep-alive before the drain began', async () => {
    const desk = new Desk()
    const service = await serve((request, response) => {
      response.setHeader('Connection', 'keep-alive')
      desk.handler(request, response)
    })
    const client = await service.connect()
    client.get('/')
    await desk.has(1)
    service.adapter.beforeStop()
    desk.answer('hi')
    await client.receives(closing)
    expect(await service.lifecycle.stop()).toMatchObject({ ok: true })
  })

  test('may hand the server a connection that is no socket', async () => {
    const service = await serve((_request, response) => response.end('hi'))
    const [near, far] = duplexPair()
    service.server.emit('connection', near)
    far.write('GET / HTTP/1.1\r\nHost: localhost\r\n\r\n')
    await once(far, 'data')
    vi.advanceTimersByTime(200)
    const report = service.lifecycle.stop()
    await listenerClosed(service)
    vi.advanceTimersByTime(50)
    expect(await report).toMatchObject({ ok: true })
    expect(near.destroyed).toBe(true)
  })

  test('may stop the adapter twice', async () => {
    const service = await serve(() => {})
    const client = await service.connect()
    client.send('GET / HT')
    await until(() => service.adapter.connections === 1)
    const controller = new AbortController()
    const reports = [service.adapter.stop(new AbortController()), service.adapter.stop(controller)]
    await listenerClosed(service)
    controller.abort()
    expect(String(await reports[0])).toBe('0 requests finished, 0 cut\ncut in half a request head, or upgraded: 1')
    expect(await reports[1]).toBe(await reports[0])
  })
})

describe('pipelined requests', () => {
  test('are all counted when they finish', async () => {
    const desk = new Desk()
    const service = await serve(desk.handler)
    const client = await service.connect()
    for (const path of ['/1', '/2', '/3']) client.get(path)
    await desk.has(3)
    const report = service.lifecycle.stop()
    await listenerClosed(service)
    for (const text of ['first', 'second', 'third']) desk.answer(text)
    expect(String(drainOf(await report))).toBe('3 requests finished, 0 cut')
  })

  test.each([0, 1])('of which %d are answered get one 503 at the deadline, and are all named', async (answered) => {
    const desk = new Desk()
    const service = await serve(desk.handler)
    const client = await service.connect()
    for (const path of ['/1', '/2', '/3']) client.get(path)
    await desk.has(3)
    for (let index = 0; index < answered; index += 1) desk.answer('whole')
    if (answered > 0) await client.receives(/whole$/)
    const drain = drainOf(await service.lifecycle.stop({ force: true }))
    await client.closed
    expect(client.received.match(/HTTP\/1\.1 503 /g)).toHaveLength(1)
    expect(drain.cutRequests.map(({ path }) => path)).toEqual(['/1', '/2', '/3'].slice(answered))
  })
})

describe('the report', () => {
  test('does not count as finished what its client gave up in the middle', async () => {
    const service = await serve((_request, response) => response.end('x'.repeat(32 * 1024 * 1024)))
    const { port } = service.server.address() as { port: number }
    const client = connect(port, '127.0.0.1').pause()
    client.write('GET / HTTP/1.1\r\nHost: localhost\r\n\r\n')
    await until(() => service.adapter.inFlight === 1)
    const report = service.lifecycle.stop()
    await listenerClosed(service)
    client.destroy()
    expect(String(drainOf(await report))).toBe('0 requests finished, 0 cut, 1 ended early')
  })

  test.each([
    ['/path?token=secret', '/path'],
    ['http://user:password@localhost/path?token=secret', '/path'],
    ['*', '*'],
  ])('names the target %s as %s', async (target, path) => {
    const desk = new Desk()
    const service = await serve(desk.handler)
    const client = await service.connect()
    client.send(`OPTIONS ${target} HTTP/1.1\r\nHost: localhost\r\n\r\n`)
    await desk.has(1)
    const drain = drainOf(await service.lifecycle.stop({ force: true }))
    expect(drain.cutRequests).toMatchObject([{ method: 'OPTIONS', path }])
  })
})

describe('after the stop', () => {
  test('no listener of ours is left on the server, and it has emitted close once', async () => {
    const service = await serve((_request, response) => response.end('hi'))
    const closed = vi.fn<() => void>()
    service.server.on('close', closed)
    const client = await service.connect()
    client.get('/')
    await client.receives(/hi$/)
    vi.advanceTimersByTime(200)
    await service.lifecycle.stop()
    expect(closed).toHaveBeenCalledOnce()
    const counts = ['request', 'connection', 'close'].map((event) => service.server.listenerCount(event))
    expect(counts).toEqual([1, 1, 1])
  })
})
