import { draining } from '@lastcall/express'
import express, { type Express } from 'express'
import type { OrderWorker } from './order-worker.ts'
import type { Order, Orders } from './orders.ts'

/** The longest number that surely fits the column. */
const idPattern = /^\d{1,9}$/

/** Takes orders, and tells of them. */
export function createApp(orders: Orders, worker: OrderWorker): Express {
  const app = express()

  app.post('/orders', express.json(), async (request, response) => {
    const { item } = (request.body ?? {}) as { readonly item?: unknown }
    if (typeof item !== 'string' || item === '') {
      response.status(400).json({ error: 'Expected `item` to be a text that is not empty' })
      return
    }
    // 201 is a promise: it is made once the order is in the database.
    const order = await orders.add(item)
    response.status(201).location(`/orders/${order.id}`).json(order)
  })

  app.get('/orders/stream', (request, response) => {
    response.writeHead(200, { 'Content-Type': 'text/event-stream', 'Cache-Control': 'no-store' }).flushHeaders()
    const send = (order: Order): boolean => response.write(`data: ${JSON.stringify(order)}\n\n`)
    const end = (): unknown => response.end()
    const signal = draining(request)
    worker.on('done', send)
    signal.addEventListener('abort', end)
    response.once('close', () => {
      worker.off('done', send)
      signal.removeEventListener('abort', end)
    })
    // A request that comes during the drain finds that its moment has passed.
    if (signal.aborted) end()
  })

  app.get('/orders/:id', async (request, response) => {
    const { id } = request.params
    const order = idPattern.test(id) ? await orders.find(Number(id)) : undefined
    if (order) response.json(order)
    else response.status(404).json({ error: `There is no order ${id}` })
  })

  return app
}
