// Uses what @lastcall/koa exports, as TypeScript programs do, with both majors of Koa.
import type { Server } from 'node:http'
import { createSecureServer, type Http2SecureServer } from 'node:http2'
import { Lifecycle } from '@lastcall/core'
import {
  type DrainableContext,
  draining,
  koaAdapter,
  type KoaAdapterOptions,
  type KoaApp,
  koaProbes,
  onDrain,
  type ProbeMiddleware,
  probeServer,
  type ServerAdapter,
} from '@lastcall/koa'
import Koa2 from 'koa2'
import Koa3 from 'koa3'

const lifecycle = new Lifecycle({ timeout: 5_000 })
const options: KoaAdapterOptions = { listen: { port: 0 }, lateRequests: 'serve' }
const middleware: ProbeMiddleware = koaProbes(lifecycle, { verbose: true })

const app2 = new Koa2()
app2.use(middleware)
app2.use((context) => {
  context.body = String(draining(context).aborted)
})
const app3 = new Koa3<{ user: string }>()
app3.use(koaProbes(lifecycle))
app3.use((context) => {
  context.body = context.state.user + String(draining(context).aborted)
})

export const subscribe = (context: DrainableContext): Disposable => onDrain(context, () => {})

export const apps: KoaApp[] = [app2, app3]
export const adapter2: ServerAdapter<Server> = lifecycle.register(koaAdapter(app2, options))
export const adapter3: ServerAdapter<Server> = lifecycle.register(koaAdapter(app3))
export const secure: ServerAdapter<Http2SecureServer> = koaAdapter(app3, { server: createSecureServer() })
export const own = probeServer(lifecycle, { port: 0 })

// @ts-expect-error -- without a server, the adapter's is one of node:http
export const refused: ServerAdapter<Http2SecureServer> = koaAdapter(app3)
