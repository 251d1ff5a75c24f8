import { setTimeout } from 'node:timers/promises'
import { freePort } from '@lastcall/testkit/free-port'
import { Haproxy, type InstalledHaproxy } from './haproxy.ts'
import type { Manner } from './haproxy-configuration.ts'
import type { HaproxyStatistics } from './haproxy-statistics.ts'
import { Load } from './load.ts'
import { type Ending, Replica, type Version } from './replica.ts'
import { failed, poolNames, type Tally } from './tally.ts'

export const replicaCount = 3
/** How long everything is left alone before a replica is restarted, and after the last one, in ms. */
const calm = 300

export interface TrialOptions {
  readonly haproxy: InstalledHaproxy
  readonly version: Version
  readonly rounds: number
  readonly manner: Manner
  /** Is told of each round that has ended. */
  readonly onRound: (round: number, tally: Tally, endings: readonly Ending[]) => void
}

/** What was seen of replicas that were restarted one after the other under load. */
export interface Observation {
  readonly tally: Tally
  readonly endings: readonly Ending[]
  readonly statistics: HaproxyStatistics
}

/** Puts a load on replicas behind HAProxy, and restarts each of them in turn, again and again. */
export async function observe(options: TrialOptions): Promise<Observation> {
  const replicas: Replica[] = []
  try {
    for (let number = 1; number <= replicaCount; number += 1) {
      const replica = new Replica(`replica-${number}`, await freePort(), options.version)
      replicas.push(replica)
      await replica.start()
    }
    const port = await freePort()
    const haproxy = await Haproxy.start(options.haproxy, { port, replicas, manner: options.manner })
    try {
      return await underLoad(haproxy, port, replicas, options)
    } finally {
      await haproxy.end()
    }
  } finally {
    await Promise.all(replicas.map((replica) => replica.kill()))
  }
}

async function underLoad(
  haproxy: Haproxy,
  port: number,
  replicas: readonly Replica[],
  { rounds, onRound }: TrialOptions,
): Promise<Observation> {
  const load = await Load.start(port)
  try {
    const endings: Ending[] = []
    for (let round = 1; round <= rounds; round += 1) {
      for (const replica of replicas) {
        await setTimeout(calm)
        endings.push(await replica.stop())
        await replica.start()
        await haproxy.seesUp(replica.name)
      }
      onRound(round, await load.tally(), endings.slice(-replicas.length))
    }
    await setTimeout(calm)
    const tally = await load.end()
    expectAll(tally)
    return { tally, endings, statistics: await haproxy.statistics() }
  } finally {
    load.hangUp()
  }
}

/** Throws when there is a request of which it is not known what became of it. */
function expectAll(tally: Tally): void {
  for (const name of poolNames) {
    const { requests, answered } = tally[name]
    const known = answered + failed(tally[name])
    if (known !== requests) throw new Error(`Expected the end of ${requests} requests (${name}), got that of ${known}`)
  }
}
