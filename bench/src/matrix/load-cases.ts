import { setTimeout as later } from 'node:timers/promises'
import { type LoadOptions, startLoad } from '@lastcall/testkit'
import type { Case, Verdict } from './case.ts'
import type { Launch } from './service.ts'

/** How often each service is stopped. */
const stops = 5
/** How long the load has been under way when the service is stopped, in ms. */
const moment = 100

/** 200 clients that keep their connections, of which none has to lose a request. */
export const keepAliveCase: Case = {
  group: 'Nothing accepted is lost',
  name: '200 keep-alive clients under load lose no request',
  run: (launch) => loseAtMost(0, launch, { clients: 200, connections: 'keep-alive', work: 0 }),
}

/** 50 clients with a connection for each request: between the last accept and the close of a listener there is always a window. */
export const freshCase: Case = {
  group: 'Nothing accepted is lost',
  name: '50 clients with a connection for each request, near saturation, lose at most one a stop',
  run: (launch) => loseAtMost(1, launch, { clients: 50, connections: 'fresh', work: 0.3 }),
}

interface Crowd extends Pick<LoadOptions, 'clients' | 'connections'> {
  /** How long each request keeps the service's processor, in ms. */
  readonly work: number
}

async function loseAtMost(allowed: number, launch: Launch, { work, ...crowd }: Crowd): Promise<Verdict> {
  const losses: number[] = []
  for (let stop = 0; stop < stops; stop += 1) {
    const service = await launch({ work })
    const load = await startLoad({ port: service.port, ...crowd })
    await later(moment)
    service.stop()
    await service.ends()
    // The clients of one that does not end would go on.
    service.program.kill('SIGKILL')
    losses.push((await load.tally()).lost)
  }
  return { holds: losses.every((lost) => lost <= allowed), happened: `${losses.join(', ')} lost` }
}
