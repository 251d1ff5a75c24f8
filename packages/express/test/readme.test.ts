import { connectRaw, startReadme, stopWhileWatched } from '@lastcall/testkit'
import { expect, test } from 'vitest'

const readme = new URL('../README.md', import.meta.url)

test.each(['express4', 'express5'])('the program of the README compiles and runs with %s', async (express) => {
  const file = new URL(`../dist/readme-${express}.js`, import.meta.url)
  const program = await startReadme(readme, file, { express })
  const orders = await connectRaw(program.port)
  orders.get('/orders/7')
  await orders.receives(/{"id":"7"}$/)
  expect(await stopWhileWatched(program)).toEqual({
    code: 0,
    stream: expect.stringMatching(/\r\n0\r\n\r\n$/),
    output: expect.stringMatching(/1 request finished, 0 cut/),
  })
})
