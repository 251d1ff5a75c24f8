import { once } from 'node:events'
import type { Server } from 'node:http'
import type { ListenOptions } from 'node:net'

/** What `server.listen` takes: a port, the path of a pipe, or an object. */
export type Listen = number | string | ListenOptions

/** Binds a server and says where it listens. Rejects when it cannot, or when `signal` aborts first. */
export async function listen(server: Server, where: Listen, signal: AbortSignal): Promise<string> {
  signal.throwIfAborted()
  server.listen(where as ListenOptions)
  try {
    await once(server, 'listening', { signal })
  } catch (error) {
    // A host name may still be looked up: what comes of it must not be left open.
    if (signal.aborted) server.once('listening', () => server.close())
    throw error
  }
  return `listening on ${addressText(server.address())}`
}

function addressText(address: ReturnType<Server['address']>): string {
  if (typeof address !== 'object' || address === null) return String(address)
  const anywhere = address.address === '::' || address.address === '0.0.0.0'
  const host = anywhere ? 'localhost' : address.address.includes(':') ? `[${address.address}]` : address.address
  return `http://${host}:${address.port}`
}
