// Uses what @lastcall/express exports, as TypeScript programs do, with both majors of Express.
import type { Server } from 'node:http'
import { createServer as createHttpsServer, type Server as HttpsServer } from 'node:https'
import { Lifecycle } from '@lastcall/core'
import {
  draining,
  type DrainReport,
  expressAdapter,
  type ExpressAdapterOptions,
  type ExpressApp,
  onDrain,
  type ProbeServer,
  probes,
  probeServer,
  type ServerAdapter,
} from '@lastcall/express'
import express4 from 'express4'
import express5 from 'express5'

const lifecycle = new Lifecycle({ timeout: 5_000 })
const options: ExpressAdapterOptions = { listen: { port: 0 }, stopDelay: { quiet: 100, max: 500 } }

const app4 = express4()
app4.use(probes(lifecycle))
app4.get('/events', (request, response) => {
  draining(request).addEventListener('abort', () => response.end())
})
const app5 = express5()
app5.use('/health', probes(lifecycle, { readyz: '/ready' }))
app5.get('/events', (request, response) => {
  onDrain(request, () => response.end())
})

export const apps: ExpressApp[] = [app4, app5]
export const adapter4: ServerAdapter<Server> = lifecycle.register(expressAdapter(app4, options))
export const adapter5: ServerAdapter<Server> = lifecycle.register(expressAdapter(app5))
export const secure: ServerAdapter<HttpsServer> = expressAdapter(app5, { server: createHttpsServer() })
export const own: ProbeServer = probeServer(lifecycle, { port: 0 })
export const report = async (): Promise<DrainReport> => adapter5.stop({ signal: lifecycle.stopping })

// @ts-expect-error -- a router is no application
export const refused = expressAdapter(express5.Router())
