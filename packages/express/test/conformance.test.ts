import { createServer } from 'node:https'
import { certificate, conformance, type Handler } from '@lastcall/testkit'
import express4 from 'express4'
import express5 from 'express5'
import { expressAdapter, type ExpressApp } from '../src/index.ts'

type Express = () => ExpressApp & { disable(setting: string): unknown; use(handler: Handler): unknown }

/**
 * An application that leaves a request to a handler, without the header that Express sets before any: with it, Node joins headers
 * that are given to `writeHead` as an array with those that are set, by name, and a response that another listener has answered
 * takes no header any more.
 */
function createApp(express: Express, handler: Handler): ExpressApp {
  const app = express()
  app.disable('x-powered-by')
  app.use(handler)
  return app
}

for (const [name, express] of Object.entries<Express>({ 'Express 4': express4, 'Express 5': express5 })) {
  conformance({
    name: `${name} over http`,
    protocols: ['HTTP/1'],
    create: (handler, options) => {
      const adapter = expressAdapter(createApp(express, handler), options)
      return { server: adapter.server, adapter }
    },
  })

  conformance({
    name: `${name} over https`,
    secure: true,
    protocols: ['HTTP/1'],
    create: (handler, options) => {
      const adapter = expressAdapter(createApp(express, handler), {
        ...options,
        server: createServer(certificate),
      })
      return { server: adapter.server, adapter }
    },
  })
}
