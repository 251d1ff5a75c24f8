// What to watch for: the slow answer and the stream both arrive whole, and the process ends by itself, with code 0.
// How to trigger it:  curl localhost:8089/slow & curl -N localhost:8089/events &  then press Ctrl-C, or send SIGTERM.
// Behind a load balancer, STOP_DELAY=10000 goes on serving for 10 s, with 503 on /readyz, before the server closes.
import { addAbortListener } from 'node:events'
import { setTimeout } from 'node:timers/promises'
import { Lifecycle, run } from '@lastcall/core'
import { draining, expressAdapter, probes } from '@lastcall/express'
import express from 'express'

const { HOST, PORT, STOP_DELAY } = process.env
const stopDelay = Number(STOP_DELAY || 0)
const lifecycle = new Lifecycle({ timeout: 5_000 + stopDelay })

const app = express()
app.use(probes(lifecycle))
app.get('/orders/:id', (request, response) => {
  response.json({ id: request.params.id })
})
app.get('/slow', async (_request, response) => {
  await setTimeout(1_000)
  response.send('Hello world!\n')
})
app.get('/events', (request, response) => {
  response.type('text/event-stream').write('data: hello\n\n')
  const timer = setInterval(() => response.write(`data: ${new Date().toISOString()}\n\n`), 1_000)
  const listener = addAbortListener(draining(request), () => {
    clearInterval(timer)
    response.end('data: goodbye\n\n')
  })
  response.on('close', () => {
    clearInterval(timer)
    listener[Symbol.dispose]()
  })
})

lifecycle.register(expressAdapter(app, { listen: { port: Number(PORT || 8089), host: HOST }, stopDelay }))
await run(lifecycle, { logger: console })
