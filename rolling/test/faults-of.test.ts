import { expect, test } from 'vitest'
import { faultsOf } from '../src/faults-of.ts'
import { HaproxyStatistics } from '../src/haproxy-statistics.ts'
import { emptyTally } from '../src/tally.ts'
import type { Observation } from '../src/trial.ts'

const counters = {
  req_tot: 20,
  hrsp_1xx: 0,
  hrsp_2xx: 20,
  hrsp_3xx: 0,
  hrsp_4xx: 0,
  hrsp_5xx: 0,
  hrsp_other: 0,
  wretr: 0,
  wredis: 0,
  econ: 0,
  eresp: 0,
  srv_abrt: 0,
}

interface Seen {
  readonly failures?: Record<string, number>
  readonly code?: string
  readonly counted?: Partial<typeof counters>
}

function observation({ failures = {}, code = '0', counted = {} }: Seen): Observation {
  const all = { ...counters, ...counted }
  const line = (name: string): string => [name, ...Object.values(all)].join(',')
  const csv = `# svname,${Object.keys(all).join(',')}\n${line('FRONTEND')}\n${line('BACKEND')}\n`
  const tally = emptyTally()
  Object.assign(tally['keep-alive'], { requests: 20, answered: 20, failures })
  return { tally, endings: [{ code, duration: 1 }], statistics: new HaproxyStatistics(csv) }
}

test('of what went well there are no faults', () => {
  expect(faultsOf(observation({}), 'http')).toEqual([])
})

test('over TCP HAProxy counts no requests, and that is no fault', () => {
  expect(faultsOf(observation({ counted: { req_tot: 0, hrsp_2xx: 0 } }), 'tcp')).toEqual([])
})

test.each<[string, Seen]>([
  ['3 requests failed', { failures: { '503': 2, ECONNRESET: 1 } }],
  ['1 replicas ended otherwise than with exit code 0', { code: 'SIGKILL' }],
  ['1 tried again by HAProxy', { counted: { wretr: 1 } }],
  ['1 sent elsewhere by HAProxy', { counted: { wredis: 1 } }],
  ['1 connections refused by a replica', { counted: { econ: 1 } }],
  ['1 answers of a replica missing or cut', { counted: { eresp: 1 } }],
  ['1 aborted by a replica', { counted: { srv_abrt: 1 } }],
  ['2 answers 5xx', { counted: { hrsp_5xx: 2, hrsp_2xx: 18 } }],
  ['1 requests more at HAProxy than the clients made', { counted: { req_tot: 21, hrsp_2xx: 21 } }],
  ['1 requests without an answer by HAProxy', { counted: { hrsp_2xx: 19 } }],
])('a fault is named: %s', (fault, seen) => {
  expect(faultsOf(observation(seen), 'http')).toEqual([fault])
})
