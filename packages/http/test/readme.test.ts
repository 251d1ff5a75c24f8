import { connectRaw, startReadme, stopWhileWatched } from '@lastcall/testkit'
import { expect, test } from 'vitest'

test('the program of the README compiles, and ends its stream whole at SIGTERM', async () => {
  const readme = new URL('../README.md', import.meta.url)
  const program = await startReadme(readme, new URL('../dist/readme.js', import.meta.url))
  const [hello, probe] = [await connectRaw(program.port), await connectRaw(program.port)]
  hello.get('/')
  await hello.receives(/\r\n\r\nHello world!\n$/)
  probe.get('/readyz')
  await probe.receives(/{"status":"ready","checks":\[\]}\n$/)
  expect(await stopWhileWatched(program)).toEqual({
    code: 0,
    stream: expect.stringMatching(/\r\n0\r\n\r\n$/),
    output: expect.stringMatching(/1 request finished, 0 cut/),
  })
})
