import { connect, type Socket } from 'node:net'
import type { LoadContext } from './load-context.ts'

/**
 * Connects a client of a load, as cheaply as Node.js can read.
 *
 * @param onRead - Is told how many bytes have been read into the load's buffer, and says whether to read on.
 */
export function connectLoad({ port, buffer }: LoadContext, onRead: (length: number) => boolean): Socket {
  return connect({ port, host: '127.0.0.1', noDelay: true, onread: { buffer, callback: onRead } })
}
