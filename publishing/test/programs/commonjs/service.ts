// A service in TypeScript that its compiler turns into CommonJS.
import { createServer } from 'node:http'
import { Lifecycle } from '@lastcall/core'
import { expressAdapter } from '@lastcall/express'
import { draining, serverAdapter } from '@lastcall/http'
import * as koa from '@lastcall/koa'
import express5 = require('express5')
import Koa3 = require('koa3')
import serving = require('../serve.cjs')

type Create = Parameters<typeof serving.serve>[1]

const options = { listen: { port: 0, host: '127.0.0.1' } }
const servers: Readonly<Record<string, Create>> = {
  http: (answer) => {
    const server = createServer((request, response) => {
      void answer(draining(request)).then((text) => response.end(text))
    })
    return serverAdapter(server, options)
  },
  express5: (answer) => {
    const app = express5().get('/', (request, response) => {
      void answer(draining(request)).then((text) => response.send(text))
    })
    return expressAdapter(app, options)
  },
  koa3: (answer) => {
    const app = new Koa3().use(async (context) => {
      context.body = await answer(koa.draining(context))
    })
    return koa.koaAdapter(app, options)
  },
}

async function main(): Promise<void> {
  const served = Object.entries(servers).map(async ([name, create]) => [
    name,
    await serving.serve(new Lifecycle(), create),
  ])
  process.stdout.write(JSON.stringify(Object.fromEntries(await Promise.all(served))))
}

void main()
