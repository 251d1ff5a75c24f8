import { readFile } from 'node:fs/promises'
import { expect, test } from 'vitest'
import { freePort } from './free-port.ts'
import type { Program } from './program.ts'
import { connectRaw } from './raw-client.ts'
import { startProgram } from './start-program.ts'

/** An example of a web framework: with probes, a route `/orders/:id`, one that is slow, and a stream. */
export interface Example {
  /** Its folder, which ends with a slash: it has `server.ts`, and that compiled in `dist`. */
  readonly folder: URL
  readonly stream: { readonly path: string; readonly begins: RegExp; readonly ends: RegExp }
}

/** Starts an example on a free port. */
export async function startExample(
  { folder }: Pick<Example, 'folder'>,
  env: Readonly<Record<string, string>> = {},
): Promise<{ program: Program; port: number }> {
  const port = await freePort()
  const program = startProgram(new URL('dist/server.js', folder), { PORT: String(port), ...env })
  await program.prints(/listening on .*\n/)
  return { program, port }
}

/** Asks on a connection of its own, and resolves to the whole answer. */
export async function askOnce(port: number, path: string): Promise<string> {
  const client = await connectRaw(port)
  client.send(`GET ${path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n`)
  await client.closed
  return client.received
}

/** What every example of a web framework shows. */
export function exampleCases(example: Example): void {
  const { folder, stream } = example

  test('is one file of at most 45 lines that begins with what to watch for and how to trigger it', async () => {
    const lines = (await readFile(new URL('server.ts', folder), 'utf8')).trimEnd().split('\n')
    expect(lines.slice(0, 2)).toEqual([
      expect.stringMatching(/^\/\/ What to watch for: /),
      expect.stringMatching(/^\/\/ How to trigger it: /),
    ])
    expect(lines.length).toBeLessThanOrEqual(45)
  })

  test('routes by a parameter, and answers probes', async () => {
    const { port } = await startExample(example)
    expect(await askOnce(port, '/orders/7')).toMatch(/^HTTP\/1\.1 200 OK\r\n[^]*{"id":"7"}$/)
    expect(await askOnce(port, '/livez')).toMatch(/^HTTP\/1\.1 200 OK\r\n[^]*{"status":"live"}\n$/)
    expect(await askOnce(port, '/readyz')).toMatch(/^HTTP\/1\.1 200 OK\r\n[^]*{"status":"ready","checks":\[\]}\n$/)
  })

  test('answers what is in flight at SIGTERM, ends the stream whole, says that it is not ready, and exits with 0', async () => {
    const { program, port } = await startExample(example)
    const [slow, watcher, probe] = [await connectRaw(port), await connectRaw(port), await connectRaw(port)]
    slow.get('/slow')
    watcher.get(stream.path)
    await watcher.receives(stream.begins)
    probe.send('GET /readyz HTTP/1.1\r\nHost: localhost\r\n')
    // What was sent before this has been read by the server once this is answered.
    await askOnce(port, '/livez')
    expect(slow.received).toBe('')
    program.kill('SIGTERM')
    await program.prints(/shutting down: SIGTERM/)
    probe.send('\r\n')
    await Promise.all([slow.closed, watcher.closed, probe.closed])
    const whole = /^HTTP\/1\.1 200 OK\r\n(?:.+\r\n)*Connection: close\r\n(?:.+\r\n)*\r\nHello world!\n$/
    expect(slow.received).toMatch(whole)
    expect(watcher.received).toMatch(stream.ends)
    expect(watcher.received).toMatch(/\r\n0\r\n\r\n$/)
    const notReady = /^HTTP\/1\.1 503 Service Unavailable\r\n[^]*{"status":"stopping","checks":\[\]}\n$/
    expect(probe.received).toMatch(notReady)
    expect(await program.exit).toMatchObject({ code: 0 })
    expect(program.output).toMatch(
      new RegExp(
        `^starting\nhttp: listening on http://localhost:${port}\nstarted in .*\nshutting down: SIGTERM, up to 5 s\n` +
          'stopped by SIGTERM in .* of 5 s\n  http  █+ +\\d.* 3 requests finished, 0 cut\n$',
      ),
    )
  })
}
