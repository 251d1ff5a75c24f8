// What to watch for: the slow answer and the stream both arrive whole, and the process ends by itself, with code 0.
// How to trigger it:  curl localhost:8089/slow & curl -N localhost:8089/ticks &  then press Ctrl-C, or send SIGTERM.
import { Readable } from 'node:stream'
import { setTimeout } from 'node:timers/promises'
import { Router } from '@koa/router'
import { Lifecycle, run } from '@lastcall/core'
import { draining, koaAdapter, koaProbes } from '@lastcall/koa'
import Koa from 'koa'

/** A line of JSON a second, until the server drains. */
async function* ticks(signal: AbortSignal): AsyncGenerator<string> {
  for (let tick = 1; !signal.aborted; tick += 1) {
    yield `{"tick":${tick}}\n`
    await setTimeout(1_000, undefined, { signal }).catch(() => {})
  }
  yield '{"goodbye":true}\n'
}

const router = new Router()
router.get('/orders/:id', (ctx) => {
  ctx.body = { id: ctx.params['id'] }
})
router.get('/slow', async (ctx) => {
  await setTimeout(1_000)
  ctx.body = 'Hello world!\n'
})
router.get('/ticks', (ctx) => {
  ctx.type = 'application/x-ndjson'
  ctx.body = Readable.from(ticks(draining(ctx)))
})

const lifecycle = new Lifecycle({ timeout: 5_000 })
const app = new Koa()
app.use(koaProbes(lifecycle)).use(router.routes())
lifecycle.register(koaAdapter(app, { listen: { port: Number(process.env['PORT'] || 8089) } }))
await run(lifecycle, { logger: console })
