import { setTimeout } from 'node:timers/promises'
import { Child } from './child.ts'
import type { ClientOrder } from './client-program.ts'
import type { Cores } from './choose-cores.ts'
import { quantile } from './ratios.ts'
import type { ServerKind } from './server-program.ts'

const wanted = 10_000
/** Files that a process needs besides its connections. */
const otherFiles = 100
const rounds = 5
/** Longer than the adapter's `closeIdleAfter`, so that every connection is long idle. */
const idleTime = 400

/** What idle connections cost one server. */
interface IdleCost {
  /** Until all are closed, in ms. */
  readonly stop: number
  /** In bytes, for each. */
  readonly memory: number
}

/** What idle connections cost with the adapter and without: medians of {@link rounds} rounds. */
export interface IdleCosts {
  readonly connections: number
  readonly rounds: number
  readonly adapter: IdleCost
  readonly bare: IdleCost
}

/** Measures in new processes each time, with the adapter and without in turn. */
export async function compareIdle(cores: Cores): Promise<IdleCosts> {
  const connections = Math.min(wanted, openFilesLimit() - otherFiles)
  const costs: Record<ServerKind, IdleCost[]> = { adapter: [], bare: [] }
  for (let round = 0; round < rounds; round += 1) {
    const kinds: ServerKind[] = round % 2 === 0 ? ['adapter', 'bare'] : ['bare', 'adapter']
    for (const kind of kinds) costs[kind].push(await measure(kind, connections, cores))
  }
  return { connections, rounds, adapter: medianCost(costs.adapter), bare: medianCost(costs.bare) }
}

async function measure(kind: ServerKind, connections: number, cores: Cores): Promise<IdleCost> {
  const server = new Child('server-program', { core: cores.server, parameters: [kind, connections] })
  const clients = new Child('client-program', { core: cores.client })
  try {
    const port = await server.ask<number>('port')
    const before = await server.ask<number>('memory')
    await clients.ask({ open: connections, port } satisfies ClientOrder)
    await setTimeout(idleTime)
    const memory = ((await server.ask<number>('memory')) - before) / connections
    return { memory, stop: await server.ask<number>('stop') }
  } finally {
    await Promise.all([server.end(), clients.end()])
  }
}

/** How many files a process may open: Node.js raises its soft limit to the hard one when it starts. */
function openFilesLimit(): number {
  const { userLimits } = process.report.getReport() as { userLimits?: { open_files?: { soft: number | 'unlimited' } } }
  const limit = userLimits?.open_files?.soft
  return typeof limit === 'number' ? limit : Number.POSITIVE_INFINITY
}

function medianCost(costs: readonly IdleCost[]): IdleCost {
  return {
    stop: quantile(
      costs.map(({ stop }) => stop),
      0.5,
    ),
    memory: quantile(
      costs.map(({ memory }) => memory),
      0.5,
    ),
  }
}
