import { createSecureServer, createServer as createHttp2Server } from 'node:http2'
import { createServer as createHttpsServer } from 'node:https'
import { certificate, conformance, type Handler } from '@lastcall/testkit'
import Koa2 from 'koa2'
import Koa3 from 'koa3'
import { koaAdapter } from '../src/index.ts'

/** An application that leaves a request to a handler, as Koa's documentation of `ctx.respond` says. */
function createApp(Koa: typeof Koa2 | typeof Koa3, handler: Handler): Koa2 | Koa3 {
  const app = new Koa()
  // What a client does to its connection is an error to Koa, which it would print.
  app.silent = true
  return app.use(async (context) => {
    context.respond = false
    context.res.statusCode = 200
    handler(context.req as never, context.res as never)
  })
}

for (const [name, Koa] of Object.entries({ 'Koa 2': Koa2, 'Koa 3': Koa3 })) {
  conformance({
    name: `${name} over http`,
    protocols: ['HTTP/1'],
    create: (handler, options) => {
      const adapter = koaAdapter(createApp(Koa, handler), options)
      return { server: adapter.server, adapter }
    },
  })

  conformance({
    name: `${name} over https`,
    secure: true,
    protocols: ['HTTP/1'],
    create: (handler, options) => {
      const adapter = koaAdapter(createApp(Koa, handler), { ...options, server: createHttpsServer(certificate) })
      return { server: adapter.server, adapter }
    },
  })

  conformance({
    name: `${name} over http2 over TLS`,
    secure: true,
    protocols: ['HTTP/2'],
    create: (handler, options) => {
      const server = createSecureServer(certificate)
      return { server, adapter: koaAdapter(createApp(Koa, handler), { ...options, server }) }
    },
  })

  conformance({
    name: `${name} over http2 in cleartext`,
    protocols: ['HTTP/2'],
    create: (handler, options) => {
      const server = createHttp2Server()
      return { server, adapter: koaAdapter(createApp(Koa, handler), { ...options, server }) }
    },
  })
}
