import { connectRaw, startReadme, stopWhileWatched } from '@lastcall/testkit'
import { expect, test } from 'vitest'

const readme = new URL('../README.md', import.meta.url)

test.each(['koa2', 'koa3'])('the program of the README compiles and runs with %s', async (koa) => {
  const file = new URL(`../dist/readme-${koa}.js`, import.meta.url)
  const program = await startReadme(readme, file, { koa, '@koa/router': 'koa-router15' })
  const orders = await connectRaw(program.port)
  orders.get('/orders/7')
  await orders.receives(/{"id":"7"}$/)
  expect(await stopWhileWatched(program)).toEqual({
    code: 0,
    stream: expect.stringMatching(/\r\n0\r\n\r\n$/),
    output: expect.stringMatching(/1 request finished, 0 cut/),
  })
})
