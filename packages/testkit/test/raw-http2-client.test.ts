import { once } from 'node:events'
import {
  constants,
  createSecureServer,
  createServer,
  type ServerHttp2Session,
  type ServerHttp2Stream,
  type ServerOptions,
} from 'node:http2'
import { describe, expect, test } from 'vitest'
import {
  certificate,
  connectRaw,
  connectRawHttp2,
  freePort,
  type RawHttp2Client,
  type RawHttp2Options,
} from '../src/index.ts'
import { listen } from '../src/listen.ts'
import { turns } from './turns.ts'

const megabyte = 2 ** 20

type StreamHandler = (stream: ServerHttp2Stream, path: string) => void

describe.each([{ secure: false }, { secure: true }])('a raw HTTP/2 client with secure: $secure', ({ secure }) => {
  async function serve(onStream: StreamHandler, options: ServerOptions = {}): Promise<number> {
    const server = secure ? createSecureServer({ ...certificate, ...options, allowHTTP1: true }) : createServer(options)
    server.on('stream', (stream, headers) => {
      stream.on('error', () => {})
      onStream(stream, String(headers[':path']))
    })
    return listen(server)
  }

  async function connectTo(onStream: StreamHandler, options: RawHttp2Options = {}): Promise<RawHttp2Client> {
    return connectRawHttp2(await serve(onStream), { ...options, secure })
  }

  /** A client, and the session that the server has with it. */
  async function meet(options: RawHttp2Options = {}): Promise<[RawHttp2Client, ServerHttp2Session]> {
    const streams: ServerHttp2Stream[] = []
    const client = await connectTo((stream) => {
      streams.push(stream)
      stream.respond()
    }, options)
    client.request('/')
    await client.receives(({ responses }) => responses.get(1))
    return [client, streams[0]!.session as ServerHttp2Session]
  }

  test('reads every status, and the same one again', async () => {
    const client = await connectTo((stream, path) => {
      stream.respond({ ':status': Number(path.slice(1)), 'x-repeated': 'the same each time' }, { endStream: true })
    })
    for (let status = 200; status < 600; status += 1) {
      const [first, second] = [client.request(`/${status}`), client.request(`/${status}`)]
      for (const id of [first, second]) {
        expect(await client.answer(id)).toEqual({
          status,
          headersFrames: 1,
          body: '',
          ended: true,
          resetCode: undefined,
        })
      }
    }
  })

  test('numbers its streams by itself, or as it is told', async () => {
    const client = await connectTo((stream, path) => stream.respond({ 'x-path': path }, { endStream: true }))

    expect([
      client.request('/'),
      client.request('/'),
      client.request('/', { streamId: 11 }),
      client.request('/'),
    ]).toEqual([1, 3, 11, 13])
    await client.answer(13)
  })

  test('sends a method, a long path and headers', async () => {
    const port = await serve((stream, path) => stream.end(path))
    const path = `/${'long'.repeat(100)}`
    const client = await connectRawHttp2(port, { secure })
    const id = client.request(path, { method: 'DELETE', headers: { 'x-one': '1', authorization: 'x'.repeat(127) } })

    expect(await client.answer(id)).toMatchObject({ status: 200, body: path })
  })

  test('sends a body in parts', async () => {
    const client = await connectTo((stream) => stream.pipe(stream))
    const id = client.request('/', { method: 'POST', endStream: false })
    client.data(id, 'one ')
    await client.receives(({ responses }) => responses.get(id)?.body === 'one ')
    client.data(id, 'x'.repeat(40_000))
    client.data(id, '', { endStream: true })

    expect(await client.answer(id)).toMatchObject({ body: `one ${'x'.repeat(40_000)}`, ended: true })
  })

  test('puts a body together from several DATA', async () => {
    const client = await connectTo((stream) => {
      stream.write('one ')
      setImmediate(() => {
        stream.write('two ')
        setImmediate(() => stream.end('three'))
      })
    })
    const id = client.request('/')

    expect(await client.answer(id)).toMatchObject({ status: 200, headersFrames: 1, body: 'one two three' })
    expect(client.frames.filter(({ type }) => type === 'DATA').length).toBeGreaterThanOrEqual(3)
  })

  test('takes padding off', async () => {
    const port = await serve((stream) => stream.end('padded'), { paddingStrategy: constants.PADDING_STRATEGY_MAX })
    const client = await connectRawHttp2(port, { secure })
    const id = client.request('/')

    expect(await client.answer(id)).toMatchObject({ status: 200, body: 'padded' })
    expect(client.frames.some(({ type, flags }) => type === 'DATA' && flags & 8)).toBe(true)
  })

  test('puts a head together from HEADERS and CONTINUATION', async () => {
    const client = await connectTo((stream) => {
      stream.respond({ ':status': 404, 'x-long': 'x~'.repeat(15_000) }, { endStream: true })
    })
    const id = client.request('/')

    expect(await client.answer(id)).toMatchObject({ status: 404, headersFrames: 1, ended: true })
    expect(client.frames.some(({ type }) => type === 'CONTINUATION')).toBe(true)
  })

  test('counts informational heads and trailers', async () => {
    const client = await connectTo((stream) => {
      stream.additionalHeaders({ ':status': 103, link: '</style.css>' })
      stream.respond({ ':status': 200 }, { waitForTrailers: true })
      stream.on('wantTrailers', () => stream.sendTrailers({ 'x-checksum': '1' }))
      stream.end('body')
    })
    const id = client.request('/')

    expect(await client.answer(id)).toMatchObject({ status: 200, headersFrames: 3, body: 'body', ended: true })
  })

  test('tells the code of a reset, and sends one', async () => {
    const codes: number[] = []
    const client = await connectTo((stream, path) => {
      stream.on('close', () => codes.push(stream.rstCode ?? -1))
      if (path === '/reset') stream.close(constants.NGHTTP2_ENHANCE_YOUR_CALM)
      else stream.respond()
    })
    expect(await client.answer(client.request('/reset'))).toMatchObject({ ended: false, resetCode: 11 })

    const id = client.request('/')
    await client.receives(({ responses }) => responses.get(id))
    client.reset(id, constants.NGHTTP2_REFUSED_STREAM)
    client.ping()
    await client.receives(({ frames }) => frames.some(({ type }) => type === 'PING'))
    expect(codes).toEqual([11, 7])
  })

  test('reads each GOAWAY', async () => {
    const [client, session] = await meet()
    session.goaway(0, 2 ** 31 - 1)
    session.goaway(constants.NGHTTP2_NO_ERROR)
    session.goaway(constants.NGHTTP2_ENHANCE_YOUR_CALM, 1, Buffer.from('why'))

    await client.receives(({ goaways }) => goaways.length === 3)
    expect(client.goaways).toEqual([
      { lastStreamId: 2 ** 31 - 1, code: 0 },
      { lastStreamId: 1, code: 0 },
      { lastStreamId: 1, code: 11 },
    ])
  })

  test('answers each PING, and sends one', async () => {
    const [client, session] = await meet()
    const sent = Buffer.from('8 bytes.')
    const answer = await new Promise((resolve, reject) => {
      session.ping(sent, (error, _duration, payload) => (error ? reject(error) : resolve(payload)))
    })
    expect(answer).toEqual(sent)
    expect(client.pings).toBe(1)

    client.ping('the same')
    const pong = await client.receives(({ frames }) => frames.find(({ type, flags }) => type === 'PING' && flags & 1))
    expect(String(pong.payload)).toBe('the same')
    expect(client.pings).toBe(1)
  })

  test('leaves a PING unanswered until it is told to answer', async () => {
    const [client, session] = await meet({ answersPings: false })
    const answers: string[] = []
    const answered = new Promise((resolve) => {
      session.ping(Buffer.from('8 bytes.'), (_error, _duration, payload) => resolve(answers.push(String(payload))))
    })
    await client.receives(({ pings }) => pings === 1)
    client.ping()
    await client.receives(({ frames }) => frames.filter(({ type }) => type === 'PING').length === 2)
    expect(answers).toEqual([])

    client.answerPing()
    await answered
    expect(answers).toEqual(['8 bytes.'])
    expect(() => client.answerPing()).toThrow('Expected a PING without an answer, got none')
  })

  test('receives long bodies on several streams, with credit for each', async () => {
    const client = await connectTo((stream) => stream.end(Buffer.alloc(megabyte, 'x')))
    const ids = [client.request('/'), client.request('/'), client.request('/')]

    for (const id of ids) expect((await client.answer(id)).body.length).toBe(megabyte)
  })

  test('receives no more than the window has room for, until it resumes', async () => {
    const streams: ServerHttp2Stream[] = []
    const client = await connectTo(
      (stream) => {
        streams.push(stream)
        stream.end(Buffer.alloc(megabyte, 'x'))
      },
      { reads: false },
    )
    const id = client.request('/')
    await client.receives(({ responses }) => responses.get(id)?.body.length === 65_535)
    client.ping()
    await client.receives(({ frames }) => frames.some(({ type }) => type === 'PING'))
    expect(client.responses.get(id)?.body.length).toBe(65_535)
    expect(streams[0]?.writableFinished).toBe(false)

    client.resume()
    expect((await client.answer(id)).body.length).toBe(megabyte)
  })

  test('lets the server send as much as its window is wide', async () => {
    const client = await connectTo((stream) => stream.end(Buffer.alloc(megabyte, 'x')), {
      reads: false,
      windowSize: megabyte,
    })

    expect((await client.answer(client.request('/'))).body.length).toBe(megabyte)
  })

  test('reads nothing from the connection while paused', async () => {
    const size = 16 * megabyte
    const client = await connectTo((stream) => stream.end(Buffer.alloc(size, 'x')), { windowSize: 2 * size })
    const id = client.request('/')
    await client.receives(({ responses }) => responses.get(id)?.body)
    client.pause()
    const { length } = client.frames
    await turns()
    expect(client.framesFrom(length)).toEqual([])
    expect(client.responses.get(id)?.ended).toBe(false)

    client.resume()
    expect((await client.answer(id)).body.length).toBe(size)
    expect(client.framesFrom(length).length).toBe(client.frames.length - length)
  })

  test('tells all frames when the connection closes before what it waits for', async () => {
    const [client, session] = await meet()
    session.goaway(2)
    await client.receives(({ goaways }) => goaways.length > 0)
    const waiting = client.receives(({ responses }) => responses.get(99))
    session.destroy()

    await expect(waiting).rejects.toThrow(
      /Expected to receive [^]*responses\.get\(99\)[^]*got:\nSETTINGS, [^]*HEADERS on stream 1, [^]*GOAWAY, last stream 1, code 2/,
    )
    expect(await client.closed).toBeUndefined()
    expect(client.open).toBe(false)
  })

  test('leaves its side open, with allowHalfOpen, until it ends it', async () => {
    const [client, session] = await meet({ allowHalfOpen: true })
    client.reset(1, 8)
    session.close()
    await client.ended
    const closed = once(session, 'close')
    expect(client.goaways[0]).toEqual({ lastStreamId: 1, code: 0 })

    client.end()
    await closed
    expect(await client.closed).toBeUndefined()
  })

  test('rejects when nobody listens', async () => {
    await expect(connectRawHttp2(await freePort(), { secure })).rejects.toThrow('ECONNREFUSED')
  })

  test('closes with the error when the server sends what it cannot read', async () => {
    const port = await serve((stream) => stream.end('text'))
    const client = await connectRawHttp2(port, { secure })
    client.sendFrame('SETTINGS', { payload: Buffer.from([0, 1, 0, 0, 16, 0]) })
    const waiting = Promise.all(
      [client.request('/'), client.request('/')].map((id) =>
        client.receives(({ responses }) => responses.get(id)?.ended),
      ),
    )

    await expect(waiting).rejects.toThrow('Expected no entry of the dynamic table')
  })
})

test('a server for both protocols serves each client in its own', async () => {
  const server = createSecureServer({ ...certificate, allowHTTP1: true }, ({ httpVersion }, response) => {
    response.end(httpVersion)
  })
  const port = await listen(server)
  const old = await connectRaw(port, { secure: true, protocols: ['http/1.1'] })
  old.get('/')
  await old.receives(/^HTTP\/1\.1 200 OK[^]*\r\n\r\n1\.1$/)

  const client = await connectRawHttp2(port, { secure: true })
  expect((await client.answer(client.request('/'))).body).toBe('2.0')
})
