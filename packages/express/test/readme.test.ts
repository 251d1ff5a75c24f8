import { connectRaw, startReadme } from '@lastcall/testkit'
import { expect, test } from 'vitest'

const readme = new URL('../README.md', import.meta.url)

test.each(['express4', 'express5'])('the program of the README compiles and runs with %s', async (express) => {
  const file = new URL(`../dist/readme-${express}.js`, import.meta.url)
  const { program, port } = await startReadme(readme, file, { express })
  const [orders, events] = [await connectRaw(port), await connectRaw(port)]
  orders.get('/orders/7')
  await orders.receives(/{"id":"7"}$/)
  events.get('/events')
  await events.receives(/data: hello\n\n/)
  program.kill('SIGTERM')
  expect(await program.exit).toMatchObject({ code: 0 })
  await events.closed
  expect(events.received).toMatch(/\r\n0\r\n\r\n$/)
  expect(program.output).toMatch(/1 request finished, 0 cut/)
})
