// The routes of examples/express, stopped by nothing but `server.close()`: not ready from SIGTERM on, closed at once, or after a delay.
import { setTimeout } from 'node:timers/promises'
import express from 'express'

const { HOST = '127.0.0.1', PORT, STOP_DELAY } = process.env
let stopping = false

const app = express()
app.get('/readyz', (_request, response) => {
  response.status(stopping ? 503 : 200).json({ status: stopping ? 'stopping' : 'ready' })
})
app.get('/orders/:id', (request, response) => {
  response.json({ id: request.params.id })
})
app.get('/slow', async (_request, response) => {
  await setTimeout(1_000)
  response.send('Hello world!\n')
})

const server = app.listen(Number(PORT), HOST, () => {
  console.log(`listening on http://${HOST}:${PORT}`)
})
process.once('SIGTERM', async () => {
  stopping = true
  const delay = Number(STOP_DELAY || 0)
  if (delay > 0) await setTimeout(delay)
  server.close(() => console.log('closed'))
})
