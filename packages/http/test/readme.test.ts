import { connectRaw, startReadme } from '@lastcall/testkit'
import { expect, test } from 'vitest'

test('the program of the README compiles, and ends its stream whole at SIGTERM', async () => {
  const readme = new URL('../README.md', import.meta.url)
  const { program, port } = await startReadme(readme, new URL('../dist/readme.js', import.meta.url))
  const [hello, probe, events] = [await connectRaw(port), await connectRaw(port), await connectRaw(port)]
  hello.get('/')
  await hello.receives(/\r\n\r\nHello world!\n$/)
  probe.get('/readyz')
  await probe.receives(/{"status":"ready","checks":\[\]}\n$/)
  events.get('/events')
  await events.receives(/data: hello\n\n/)
  program.kill('SIGTERM')
  expect(await program.exit).toMatchObject({ code: 0 })
  await events.closed
  expect(events.received).toMatch(/\r\n0\r\n\r\n$/)
  expect(program.output).toMatch(/1 request finished, 0 cut/)
})
