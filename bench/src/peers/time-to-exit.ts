import { once } from 'node:events'
import { connect } from 'node:net'
import { RawClient } from '@lastcall/testkit'
import { startMeasured } from './measured-service.ts'
import type { Peer } from './peers.ts'

/** As it is by default. */
const keepAliveTimeout = 5_000

/** Stops a service with one request in flight, and resolves to how long after the last byte of its answer the process ends, in ms. */
export async function timeToExit({ recipe }: Peer): Promise<number | undefined> {
  const service = await startMeasured(recipe, keepAliveTimeout)
  const socket = connect({ port: service.port, host: '127.0.0.1', noDelay: true })
  await once(socket, 'connect')
  const client = new RawClient(socket)
  client.get('/slow')
  await service.prints('asked for /slow')
  const { end } = await service.stop()
  client.destroy()
  return end === undefined ? undefined : end - client.lastByteAt
}
