import { describe } from '@lastcall/core'
import { Server as Http1Server } from 'node:http'
import type { Http2SecureServer, Http2Server } from 'node:http2'
import type { Server as HttpsServer } from 'node:https'
import { Server as NetServer } from 'node:net'

/** A server as node:http, node:https and node:http2 make them. */
export type HttpServer = Http1Server | HttpsServer | Http2Server | Http2SecureServer

/** @throws TypeError when a value is no server of HTTP. */
export function expectHttpServer(server: unknown): asserts server is HttpServer {
  if (server instanceof Http1Server || (server instanceof NetServer && speaksHttp(server))) return
  throw new TypeError(
    `Expected \`server\` to be a server of node:http, node:https or node:http2, as \`createServer\` makes it, got ${describe(server)}`,
  )
}

/** Whether a server begins each connection with a TLS handshake. */
export function isSecure(server: HttpServer): boolean {
  return has(server, 'setSecureContext')
}

/** Whether a server speaks HTTP/2, over TLS perhaps HTTP/1 as well. */
export function isHttp2(server: object): boolean {
  return has(server, 'updateSettings')
}

/**
 * The classes of node:https and node:http2 cannot all be imported, and a service that does not use those modules would load them for
 * nothing; each has a method that no other server has.
 */
function speaksHttp(server: object): boolean {
  return has(server, 'closeAllConnections') || isHttp2(server)
}

function has(server: object, method: string): boolean {
  return typeof (server as Readonly<Record<string, unknown>>)[method] === 'function'
}
