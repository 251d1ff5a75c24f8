import { describe } from '@lastcall/core'
import { once } from 'node:events'
import { type HttpServer, isSecure } from './server.ts'
import type { ListenOptions } from 'node:net'

/** What `server.listen` takes: a port, the path of a pipe, or an object. */
export type Listen = number | string | ListenOptions

/** @throws TypeError when a value is nothing that `server.listen` could take. */
export function expectListen(value: unknown): void {
  if (typeof value === 'number' || typeof value === 'string' || (typeof value === 'object' && value !== null)) return
  throw new TypeError(`Expected \`listen\` to be a port, the path of a pipe, or an object, got ${describe(value)}`)
}

/** Binds a server and says where it listens. Rejects when it cannot, or when `signal` aborts first. */
export async function listen(server: HttpServer, where: Listen, signal: AbortSignal): Promise<string> {
  signal.throwIfAborted()
  server.listen(where as ListenOptions)
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
