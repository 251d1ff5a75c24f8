import { setTimeout as later } from 'node:timers/promises'
import { Child } from '../child.ts'
import type { ClientOrder } from '../client-program.ts'
import { startMeasured } from './measured-service.ts'
import type { Peer } from './peers.ts'

export const idleConnections = 5_000
/** Longer than any peer may take. */
const keepAliveTimeout = 600_000
/** How long the connections have been idle, in ms. */
const idleTime = 400

/** Stops a service to which many idle connections lead, and resolves to how long the process takes to end, in ms. */
export async function stopWithIdle({ recipe }: Peer): Promise<number | undefined> {
  const service = await startMeasured(recipe, keepAliveTimeout)
  const clients = new Child('client-program')
  try {
    await clients.ask({ open: idleConnections, port: service.port } satisfies ClientOrder)
    await later(idleTime)
    const { begin, end } = await service.stop()
    return end === undefined ? undefined : end - begin
  } finally {
    await clients.end()
  }
}
