import { createServer as createHttpServer } from 'node:http'
import { createSecureServer, createServer as createHttp2Server } from 'node:http2'
import { createServer as createHttpsServer } from 'node:https'
import { certificate, conformance } from '@lastcall/testkit'
import { serverAdapter } from '../src/index.ts'

conformance({
  name: 'http',
  protocols: ['HTTP/1'],
  create: (handler, options) => {
    const server = createHttpServer(handler)
    return { server, adapter: serverAdapter(server, options) }
  },
})

conformance({
  name: 'https',
  secure: true,
  protocols: ['HTTP/1'],
  create: (handler, options) => {
    const server = createHttpsServer(certificate, handler)
    return { server, adapter: serverAdapter(server, options) }
  },
})

conformance({
  name: 'http2 over TLS, with HTTP/1 as its fallback',
  secure: true,
  protocols: ['HTTP/1', 'HTTP/2'],
  create: (handler, options) => {
    const server = createSecureServer({ ...certificate, allowHTTP1: true }, handler)
    return { server, adapter: serverAdapter(server, options) }
  },
})

conformance({
  name: 'http2 in cleartext',
  protocols: ['HTTP/2'],
  create: (handler, options) => {
    const server = createHttp2Server(handler)
    return { server, adapter: serverAdapter(server, options) }
  },
})
