import { connectRaw, startProgram } from '@lastcall/testkit'
import { expect, test } from 'vitest'

test.each(['/exception', '/rejection'])(
  'a crash by %s lets the requests in flight finish, and is told once',
  async (crash) => {
    const program = startProgram(new URL('fixtures/crashing.js', import.meta.url))
    const [, port] = await program.prints(/listening on http:\/\/127\.0\.0\.1:(\d+)\n/)
    const slow = await connectRaw(Number(port))
    slow.get('/slow')
    const crashing = await connectRaw(Number(port))
    crashing.get(crash)
    await Promise.all([slow.closed, crashing.closed])
    for (const [client, path] of [
      [slow, '/slow'],
      [crashing, crash],
    ] as const) {
      expect(client.received).toMatch(/^HTTP\/1\.1 200 OK\r\n(?:.+\r\n)*Connection: close\r\n/)
      expect(client.received.endsWith(`the answer to ${path}\n`)).toBe(true)
    }
    expect(await program.exit).toMatchObject({ code: 1, signal: null })
    expect(program.output.match(/Error: boom\n +at /g)).toHaveLength(1)
    expect(program.output).toContain('shutting down: Error: boom, up to 9 s')
    expect(program.output).toMatch(/database closed\nstopped by "Error: boom" in [^]*2 requests finished, 0 cut/)
  },
)
