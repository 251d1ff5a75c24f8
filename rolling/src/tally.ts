/** Whether a client keeps its connection, or opens one for each request. */
export type PoolName = 'keep-alive' | 'fresh'

/** What became of the requests of one pool of clients. */
export interface PoolTally {
  requests: number
  /** Answered whole, by status 200 and what was asked for. */
  answered: number
  /** How many failed in which way: `503`, `ECONNRESET`. */
  failures: Record<string, number>
}

export type Tally = Readonly<Record<PoolName, PoolTally>>

export const poolNames: readonly PoolName[] = ['keep-alive', 'fresh']

export function emptyTally(): Tally {
  return { 'keep-alive': emptyPool(), fresh: emptyPool() }
}

function emptyPool(): PoolTally {
  return { requests: 0, answered: 0, failures: {} }
}

export function failed({ failures }: PoolTally): number {
  return Object.values(failures).reduce((total, count) => total + count, 0)
}

export function totalFailed(tally: Tally): number {
  return poolNames.reduce((total, name) => total + failed(tally[name]), 0)
}

export function totalRequests(tally: Tally): number {
  return poolNames.reduce((total, name) => total + tally[name].requests, 0)
}
