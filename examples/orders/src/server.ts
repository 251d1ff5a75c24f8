// What to watch for: every order that was answered 201 is there after a restart, and none is delivered twice.
// How to trigger it:  curl -N localhost:8089/orders/stream &  then post a few orders, and press Ctrl-C while they are done.
import { fileURLToPath } from 'node:url'
import { Lifecycle, run } from '@lastcall/core'
import { expressAdapter, probes } from '@lastcall/express'
import { createApp } from './app.ts'
import { OrderWorker } from './order-worker.ts'
import { Orders } from './orders.ts'
import { PgliteStorage } from './pglite-storage.ts'
import { PostgresStorage } from './postgres-storage.ts'

const { PORT, ORDER_TIME, DATABASE_URL, DATA_DIR } = process.env
const folder = DATA_DIR || fileURLToPath(new URL('../data', import.meta.url))
const orders = new Orders(DATABASE_URL ? new PostgresStorage(DATABASE_URL) : new PgliteStorage(folder))
const worker = new OrderWorker(orders, Number(ORDER_TIME || 200))
const app = createApp(orders, worker)
const lifecycle = new Lifecycle()
// /readyz asks the database, once a second at most.
app.use(probes(lifecycle))

// Each needs those above it: the server stops first, then the worker, and the database when nobody uses it any more.
lifecycle.register(orders)
lifecycle.register(worker)
lifecycle.register(expressAdapter(app, { listen: { port: Number(PORT || 8089) } }))
await run(lifecycle, { logger: console })
