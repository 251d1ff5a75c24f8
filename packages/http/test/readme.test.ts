import { compileProgram, connectRaw, firstProgram, freePort, startProgram } from '@lastcall/testkit'
import { expect, test } from 'vitest'

const readme = new URL('../README.md', import.meta.url)

test('the program of the README compiles, and ends its stream whole at SIGTERM', async () => {
  const port = await freePort()
  const file = new URL('../dist/readme.js', import.meta.url)
  await compileProgram((await firstProgram(readme)).replace('8089', String(port)), file)
  const running = startProgram(file)
  await running.prints(new RegExp(`http: listening on http://localhost:${port}\n`))
  const [hello, probe, events] = [await connectRaw(port), await connectRaw(port), await connectRaw(port)]
  hello.get('/')
  await hello.receives(/\r\n\r\nHello world!\n$/)
  probe.get('/readyz')
  await probe.receives(/{"status":"ready","checks":\[\]}\n$/)
  events.get('/events')
  await events.receives(/data: hello\n\n/)
  running.kill('SIGTERM')
  expect(await running.exit).toMatchObject({ code: 0 })
  await events.closed
  expect(events.received).toMatch(/\r\n0\r\n\r\n$/)
  expect(running.output).toMatch(/1 request finished, 0 cut/)
})
