import { createServer } from 'node:http'
import { Lifecycle } from '@lastcall/core'
import { expressAdapter } from '@lastcall/express'
import { draining, serverAdapter } from '@lastcall/http'
import { draining as drainingOf, koaAdapter } from '@lastcall/koa'
import express4 from 'express4'
import express5 from 'express5'
import Koa2 from 'koa2'
import Koa3 from 'koa3'
import { serve } from './serve.cjs'

const options = { listen: { port: 0, host: '127.0.0.1' } }
/** @type {Readonly<Record<string, Parameters<typeof serve>[1]>>} */
const servers = {
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
async function main() {
  const results = Object.entries(servers).map(async ([name, create]) => [name, await serve(new Lifecycle(), create)])
  process.stdout.write(JSON.stringify(Object.fromEntries(await Promise.all(results))))
}

void main()
