// One server for each framework, as CommonJS programs make them.
const { createServer } = require('node:http')
const { expressAdapter } = require('@lastcall/express')
const { draining, serverAdapter } = require('@lastcall/http')
const { draining: drainingOf, koaAdapter } = require('@lastcall/koa')
const express4 = require('express4')
const express5 = require('express5')
const Koa2 = require('koa2')
const Koa3 = require('koa3')

const options = { listen: { port: 0, host: '127.0.0.1' } }
/** @type {Readonly<Record<string, Parameters<typeof import('./serve.cjs')['serve']>[1]>>} */
exports.servers = {
  http: (answer) => {
    const server = createServer((request, response) => {
      void answer(draining(request)).then((text) => response.end(text))
    })
    return serverAdapter(server, options)
  },
  express4: (answer) => {
    const app = express4().get('/', (request, response) => {
      void answer(draining(request)).then((text) => response.send(text))
    })
    return expressAdapter(app, options)
  },
  express5: (answer) => {
    const app = express5().get('/', (request, response) => {
      void answer(draining(request)).then((text) => response.send(text))
    })
    return expressAdapter(app, options)
  },
  koa2: (answer) => {
    const app = new Koa2().use(async (context) => {
      context.body = await answer(drainingOf(context))
    })
    return koaAdapter(app, options)
  },
  koa3: (answer) => {
    const app = new Koa3().use(async (context) => {
      context.body = await answer(drainingOf(context))
    })
    return koaAdapter(app, options)
  },
}
