import { describe, expectOptions, type OptionNames } from '@lastcall/core'
import { once } from 'node:events'
import { type HttpServer, isSecure } from './server.ts'
import type { ListenOptions } from 'node:net'

/** An object that `server.listen` takes (Node API, `net`). */
export interface ListenObject extends ListenOptions {
  /** A file descriptor that listens already, as systemd passes it. */
  readonly fd?: number | undefined
  /** Whether other processes may listen on the same port, where the system distributes connections; from Node 22.12 on. */
  readonly reusePort?: boolean | undefined
}

/** What `server.listen` takes: a port, the path of a pipe, or an object. */
export type Listen = number | string | ListenObject

const listenNames: OptionNames<ListenObject> = {
  port: true,
  host: true,
  path: true,
  fd: true,
  backlog: true,
  exclusive: true,
  readableAll: true,
  writableAll: true,
  ipv6Only: true,
  reusePort: true,
  signal: true,
}

/** @throws TypeError when a value is nothing that `server.listen` could take, or has a key that it does not know. */
export function expectListen(value: unknown): void {
  if (typeof value === 'number' || typeof value === 'string') return
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
    expectOptions<ListenObject>(value, listenNames, 'listen')
    return
  }
  throw new TypeError(`Expected \`listen\` to be a port, the path of a pipe, or an object, got ${describe(value)}`)
}

/** Binds a server and says where it listens. Rejects when it cannot, or when `signal` aborts first. */
export async function listen(server: HttpServer, where: Listen, signal: AbortSignal): Promise<string> {
  signal.throwIfAborted()
  server.listen(where as ListenObject)
  try {
    await once(server, 'listening', { signal })
  } catch (error) {
    if (signal.aborted) abandon(server)
    throw error
  }
  return `listening on ${addressText(server)}`
}

/** A host name may still be looked up: whatever comes of it, nothing is left open, and nobody is disturbed. */
function abandon(server: HttpServer): void {
  const close = (): void => {
    server.off('listening', close).off('error', close)
    if (server.listening) server.close()
  }
  server.on('listening', close).on('error', close)
}

function addressText(server: HttpServer): string {
  const address = server.address()
  if (typeof address !== 'object' || address === null) return String(address)
  const anywhere = address.address === '::' || address.address === '0.0.0.0'
  const host = anywhere ? 'localhost' : address.address.includes(':') ? `[${address.address}]` : address.address
  return `${isSecure(server) ? 'https' : 'http'}://${host}:${address.port}`
}
