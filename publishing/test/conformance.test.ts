// What is published is another file than the one that every other test runs: it passes the cases of every adapter too.
import { createServer } from 'node:http'
import { createSecureServer } from 'node:http2'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import type * as http from '@lastcall/http'
import { certificate, conformance } from '@lastcall/testkit'
import { inject } from 'vitest'

const module = pathToFileURL(join(inject('consumer'), 'node_modules/@lastcall/http/dist/index.mjs'))
const { serverAdapter } = (await import(module.href)) as typeof http

conformance({
  name: 'http, as it is published',
  protocols: ['HTTP/1'],
  create: (handler, options) => {
    const server = createServer(handler)
    return { server, adapter: serverAdapter(server, options) }
  },
})

conformance({
  name: 'http2 over TLS, with HTTP/1 as its fallback, as it is published',
  secure: true,
  protocols: ['HTTP/1', 'HTTP/2'],
  create: (handler, options) => {
    const server = createSecureServer({ ...certificate, allowHTTP1: true }, handler)
    return { server, adapter: serverAdapter(server, options) }
  },
})
