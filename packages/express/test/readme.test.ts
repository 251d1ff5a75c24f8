import { compileProgram, connectRaw, firstProgram, freePort, startProgram } from '@lastcall/testkit'
import { expect, test } from 'vitest'

const readme = new URL('../README.md', import.meta.url)

test.each(['express4', 'express5'])('the program of the README compiles and runs with %s', async (express) => {
  const port = await freePort()
  const file = new URL(`../dist/readme-${express}.js`, import.meta.url)
  const program = await firstProgram(readme)
  await compileProgram(program.replace('8089', String(port)).replace(`'express'`, `'${express}'`), file)
  const running = startProgram(file)
  await running.prints(new RegExp(`http: listening on http://localhost:${port}\n`))
  const [orders, events] = [await connectRaw(port), await connectRaw(port)]
  orders.get('/orders/7')
  await orders.receives(/{"id":"7"}$/)
  events.get('/events')
  await events.receives(/data: hello\n\n/)
  running.kill('SIGTERM')
  expect(await running.exit).toMatchObject({ code: 0 })
  await events.closed
  expect(events.received).toMatch(/\r\n0\r\n\r\n$/)
  expect(running.output).toMatch(/1 request finished, 0 cut/)
})
