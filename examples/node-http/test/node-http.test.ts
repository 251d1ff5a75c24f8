import { connectRaw, freePort, median, type Program, startProgram } from '@lastcall/testkit'
import { describe, expect, test } from 'vitest'

const example = new URL('../dist/server.js', import.meta.url)
const bare = new URL('fixtures/bare.js', import.meta.url)

async function listening(file = example): Promise<{ program: Program; port: number }> {
  const port = await freePort()
  const program = startProgram(file, { PORT: String(port) })
  await program.prints(/listening on .*\n/)
  return { program, port }
}

/** From SIGTERM to the end of the process, with nothing in flight, in ms. */
async function timeToExit(file: URL, connection: 'gone' | 'idle'): Promise<number> {
  const { program, port } = await listening(file)
  const client = await connectRaw(port)
  client.get('/')
  await client.receives(/Hello world!\n$/)
  if (connection === 'gone') client.destroy()
  const sent = program.kill('SIGTERM')
  const { code, at } = await program.exit
  expect(code).toBe(0)
  return at - sent
}

/** From the last byte of the last response, after SIGTERM, to the end of the process, in ms. */
async function timeFromLastByte(file: URL): Promise<number> {
  const { program, port } = await listening(file)
  const client = await connectRaw(port)
  client.get('/slow')
  await untilServed(port)
  program.kill('SIGTERM')
  await client.closed
  const { code, at } = await program.exit
  expect(code).toBe(0)
  expect(client.received).toMatch(/^HTTP\/1\.1 200 OK\r\n(?:.+\r\n)*Connection: close\r\n[^]*\r\n\r\nHello world!\n$/)
  return at - client.lastByteAt
}

/** What was sent before this on another connection has been read by the server once this one is answered. */
async function untilServed(port: number): Promise<void> {
  const client = await connectRaw(port)
  client.get('/')
  await client.receives(/Hello world!\n$/)
  client.destroy()
}

describe('the founding program', () => {
  test('says hello, and names what happens: listening, shutting down and why, stopped', async () => {
    const { program, port } = await listening()
    const client = await connectRaw(port)
    client.get('/')
    await client.receives(/^HTTP\/1\.1 200 OK\r\n[^]*Hello world!\n$/)
    program.kill('SIGINT')
    expect(await program.exit).toMatchObject({ code: 0 })
    expect(program.output).toMatch(
      new RegExp(
        `^starting\nhttp: listening on http://localhost:${port}\nstarted in .*\nshutting down: SIGINT, up to 5 s\n` +
          'stopped by SIGINT in .* of 5 s\n  http  █+ +\\d.* 0 requests finished, 0 cut\n$',
      ),
    )
  })

  test('refuses new connections after the signal, answers the request of 1 s in flight, and exits', async () => {
    const { program, port } = await listening()
    const slow = await connectRaw(port)
    slow.get('/slow')
    const silent = await connectRaw(port)
    await untilServed(port)
    program.kill('SIGTERM')
    await program.prints(/shutting down: SIGTERM/)
    await silent.ended
    await expect(connectRaw(port)).rejects.toMatchObject({ code: 'ECONNREFUSED' })
    await slow.receives(/^HTTP\/1\.1 200 OK\r\n(?:.+\r\n)*Connection: close\r\n[^]*\r\n\r\nHello world!\n$/)
    const { code, at } = await program.exit
    expect(code).toBe(0)
    expect(at - slow.lastByteAt).toBeLessThan(1_000)
    expect(program.output).toMatch(/stopped by SIGTERM in .* of 5 s\n  http .* 1 request finished, 0 cut\n$/)
  })

  test('ends at most 5 s and a grace period after the signal, with code 1, when a client holds it up', async () => {
    const { program, port } = await listening()
    const half = await connectRaw(port)
    half.send('GET / HTTP/1.1\r\nHost: loc')
    await untilServed(port)
    const sent = program.kill('SIGTERM')
    const { code, at } = await program.exit
    expect(code).toBe(1)
    expect(at - sent).toBeGreaterThan(4_900)
    expect(at - sent).toBeLessThan(6_000)
    expect(program.output).toMatch(
      /of 5 s, not clean\n  http .* aborted: 0 requests finished, 0 cut\n +cut before a whole request had come: 1\n$/,
    )
  })

  test('on a port in use says so, exits with 1, and leaves nothing running', async () => {
    const { port } = await listening()
    const second = startProgram(example, { PORT: String(port) })
    expect(await second.exit).toMatchObject({ code: 1 })
    expect(second.output).toContain(`listen EADDRINUSE: address already in use :::${port}`)
  })

  test.each(['none', '65536', '-1'])('on PORT=%s says what was expected, and exits with 1', async (PORT) => {
    const program = startProgram(example, { PORT })
    expect(await program.exit).toMatchObject({ code: 1 })
    expect(program.output).toMatch(
      /http: start failed: RangeError \[ERR_SOCKET_BAD_PORT\]: options\.port should be >= 0 and < 65536/,
    )
  })
})

describe('the time to exit', () => {
  // An absolute time holds on a quiet machine, and a ratio to the same exit without the library on a slow one.
  test.each(['gone', 'idle'] as const)(
    'with nothing in flight is within 300 ms of the signal, the last client being %s',
    async (connection) => {
      const times: number[] = []
      const bareTimes: number[] = []
      for (let round = 0; round < 10; round += 1) {
        times.push(await timeToExit(example, connection))
        bareTimes.push(await timeToExit(bare, connection))
      }
      // Of this, 200 ms is the linger of a connection that has just been used.
      expect(median(times)).toBeLessThan(Math.max(300, 200 + 3 * median(bareTimes)))
    },
  )

  test('is within 100 ms of the last byte of the last response', async () => {
    const times: number[] = []
    const bareTimes: number[] = []
    for (let round = 0; round < 10; round += 1) {
      const [time, bareTime] = await Promise.all([timeFromLastByte(example), timeFromLastByte(bare)])
      times.push(time)
      bareTimes.push(bareTime)
    }
    expect(median(times)).toBeLessThan(Math.max(100, 2 * median(bareTimes)))
  }, 60_000)
})
