import { readFile } from 'node:fs/promises'
import { connectRaw, freePort, type Program, startProgram } from '@lastcall/testkit'
import { expect, test } from 'vitest'

const example = new URL('../dist/server.js', import.meta.url)

async function listening(env: Readonly<Record<string, string>> = {}): Promise<{ program: Program; port: number }> {
  const port = await freePort()
  const program = startProgram(example, { PORT: String(port), ...env })
  await program.prints(/listening on .*\n/)
  return { program, port }
}

/** Asks on a connection of its own, and resolves to the whole answer. */
async function ask(port: number, path: string): Promise<string> {
  const client = await connectRaw(port)
  client.send(`GET ${path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n`)
  await client.closed
  return client.received
}

test('is one file of at most 45 lines that begins with what to watch for and how to trigger it', async () => {
  const lines = (await readFile(new URL('../server.ts', import.meta.url), 'utf8')).trimEnd().split('\n')
  expect(lines.slice(0, 2)).toEqual([
    expect.stringMatching(/^\/\/ What to watch for: /),
    expect.stringMatching(/^\/\/ How to trigger it: /),
  ])
  expect(lines.length).toBeLessThanOrEqual(45)
})

test('routes by a parameter, and answers probes', async () => {
  const { port } = await listening()
  expect(await ask(port, '/orders/7')).toMatch(/^HTTP\/1\.1 200 OK\r\n[^]*{"id":"7"}$/)
  expect(await ask(port, '/livez')).toMatch(/^HTTP\/1\.1 200 OK\r\n[^]*{"status":"live"}\n$/)
  expect(await ask(port, '/readyz')).toMatch(/^HTTP\/1\.1 200 OK\r\n[^]*{"status":"ready","checks":\[\]}\n$/)
})

test('answers what is in flight at SIGTERM, ends the stream whole, says that it is not ready, and exits with 0', async () => {
  const { program, port } = await listening()
  const [slow, stream, probe] = [await connectRaw(port), await connectRaw(port), await connectRaw(port)]
  slow.get('/slow')
  stream.get('/ticks')
  await stream.receives(/{"tick":1}\n/)
  probe.send('GET /readyz HTTP/1.1\r\nHost: localhost\r\n')
  // What was sent before this has been read by the server once this is answered.
  await ask(port, '/livez')
  expect(slow.received).toBe('')
  program.kill('SIGTERM')
  await program.prints(/shutting down: SIGTERM/)
  probe.send('\r\n')
  await Promise.all([slow.closed, stream.closed, probe.closed])
  expect(slow.received).toMatch(/^HTTP\/1\.1 200 OK\r\n(?:.+\r\n)*Connection: close\r\n(?:.+\r\n)*\r\nHello world!\n$/)
  expect(stream.received).toMatch(/{"goodbye":true}\n[^]*\r\n0\r\n\r\n$/)
  expect(probe.received).toMatch(/^HTTP\/1\.1 503 Service Unavailable\r\n[^]*{"status":"stopping","checks":\[\]}\n$/)
  expect(await program.exit).toMatchObject({ code: 0 })
  expect(program.output).toMatch(
    new RegExp(
      `^starting\nhttp: listening on http://localhost:${port}\nshutting down: SIGTERM, up to 5 s\n` +
        'stopped by SIGTERM in .* of 5 s\n  http  █+ +\\d.* 3 requests finished, 0 cut\n$',
    ),
  )
})
