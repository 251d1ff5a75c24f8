import type { Duplex } from 'node:stream'
import type { HttpServer } from '../server.ts'

/**
 * Tells which sockets of a server are between two requests, of those that have had one: not even a part of the head of the next
 * has come on them. Node alone knows, and shows it only in what `closeIdleConnections` would destroy: for as long as that call
 * takes, each socket is kept from it.
 *
 * @param sockets - Every socket of the server: one that is missing may be destroyed.
 * @returns `undefined` where the server has no such method.
 */
export function socketsBetweenRequests(server: HttpServer, sockets: Iterable<Duplex>): Set<Duplex> | undefined {
  if (!('closeIdleConnections' in server)) return undefined
  const between = new Set<Duplex>()
  const restore: (() => void)[] = []
  for (const socket of sockets) {
    const own = Object.getOwnPropertyDescriptor(socket, 'destroy')
    socket.destroy = () => {
      between.add(socket)
      return socket
    }
    restore.push(() => {
      if (own) Object.defineProperty(socket, 'destroy', own)
      else Reflect.deleteProperty(socket, 'destroy')
    })
  }
  try {
    server.closeIdleConnections()
  } finally {
    for (const back of restore) back()
  }
  return between
}
