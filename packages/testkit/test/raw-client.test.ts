import { once } from 'node:events'
import { createServer as createHttpsServer } from 'node:https'
import { createServer, type Socket } from 'node:net'
import { createServer as createTlsServer, type TLSSocket } from 'node:tls'
import { describe, expect, test } from 'vitest'
import { certificate, clientHello, connectRaw, freePort, listen } from '../src/index.ts'
import { turns } from './turns.ts'

const size = 16 * 2 ** 20

describe.each([{ secure: false }, { secure: true }])('a raw client with secure: $secure', ({ secure }) => {
  function serve(onSocket: (socket: Socket) => void): Promise<number> {
    return listen(
      secure
        ? createTlsServer({ ...certificate, allowHalfOpen: true }, onSocket)
        : createServer({ allowHalfOpen: true }, onSocket),
    )
  }

  test('sends texts and bytes, a byte a character', async () => {
    const port = await serve((socket) => socket.pipe(socket))
    const client = await connectRaw(port, { secure })
    client.send('caf\u00e9 ')
    client.send(Buffer.from([0x80, 0xff]))

    await client.receives(/^caf\u00e9 \u0080\u00ff$/)
    expect(client.bytes).toBe(7)
    expect(client.open).toBe(true)
  })

  test('ends its side and goes on reading', async () => {
    const port = await serve((socket) => {
      socket.resume().on('end', () => socket.end('you ended'))
    })
    const client = await connectRaw(port, { secure })
    client.end()

    await client.receives(/you ended/)
    expect(await client.closed).toBeUndefined()
  })

  test('leaves its side open, with allowHalfOpen, until it ends it', async () => {
    const arrived: Socket[] = []
    const port = await serve((socket) => {
      arrived.push(socket)
      socket.resume().end('bye')
    })
    const client = await connectRaw(port, { secure, allowHalfOpen: true })
    await client.ended
    const [socket] = arrived
    await turns()
    expect(socket?.readableEnded).toBe(false)

    client.end()
    expect(await client.closed).toBeUndefined()
  })

  test('reads nothing while paused, and everything after', async () => {
    const arrived: Socket[] = []
    const port = await serve((socket) => {
      arrived.push(socket)
      socket.end(Buffer.alloc(size, 'x'))
    })
    const client = await connectRaw(port, { secure })
    await client.receives(/x/)
    client.pause()
    await turns()
    const { bytes } = client
    await turns()

    expect(client.bytes).toBe(bytes)
    expect(bytes).toBeLessThan(size)
    expect(arrived[0]?.writableFinished).toBe(false)

    client.resume()
    await client.ended
    expect(client.bytes).toBe(size)
  })

  test('rejects when nobody listens', async () => {
    await expect(connectRaw(await freePort(), { secure })).rejects.toThrow('ECONNREFUSED')
  })
})

test('tells the error that closed it', async () => {
  const server = createServer((socket) => socket.once('data', () => socket.resetAndDestroy()))
  const client = await connectRaw(await listen(server))
  client.send('x')

  expect(await client.closed).toBe('ECONNRESET')
  await expect(client.receives(/never/)).rejects.toThrow('Expected to receive /never/, got:\n')
})

test('rejects when the handshake fails', async () => {
  const server = createServer((socket) => socket.end('no TLS here'))

  await expect(connectRaw(await listen(server), { secure: true })).rejects.toThrow('SSL routines')
})

test('speaks TLS with one of the protocols that it offered', async () => {
  const server = createHttpsServer(certificate, ({ socket }, response) => {
    response.end(String((socket as TLSSocket).alpnProtocol))
  })
  const client = await connectRaw(await listen(server), { secure: true, protocols: ['http/1.1'] })
  client.get('/')

  const [, protocol] = await client.receives(/^HTTP\/1\.1 200 OK[^]*\r\n\r\n(http\/1\.1)$/)
  expect(protocol).toBe('http/1.1')
})

describe('clientHello', () => {
  test('is one whole handshake record', () => {
    const hello = clientHello()

    expect([...hello.subarray(0, 2)]).toEqual([22, 3])
    expect(hello.readUInt16BE(3)).toBe(hello.length - 5)
    expect(hello[5]).toBe(1)
    expect(hello.includes('localhost')).toBe(true)
  })

  test('begins a handshake that the server answers and that never finishes', async () => {
    const server = createHttpsServer(certificate)
    let secured = 0
    server.on('secureConnection', () => {
      secured += 1
    })
    const connected = once(server, 'connection')
    const client = await connectRaw(await listen(server))
    const [socket] = (await connected) as [Socket]
    const hello = clientHello()
    client.send(hello.subarray(0, 20))
    await turns()
    expect(socket.bytesRead).toBe(20)
    expect(client.received).toBe('')

    client.send(hello.subarray(20))
    await client.receives(/^.{6}/s)
    // A record of the handshake, with a ServerHello.
    expect([0, 1, 5].map((index) => client.received.charCodeAt(index))).toEqual([22, 3, 2])
    await turns()
    expect(secured).toBe(0)
    expect(client.open).toBe(true)
  })
})
