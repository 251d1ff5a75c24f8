import { chooseCores } from './choose-cores.ts'
import { compareIdle, type IdleCosts } from './compare-idle.ts'
import { Child } from './child.ts'
import { compareRequests, type Contender, type RequestCosts } from './compare-requests.ts'
import type { Range, Ratios } from './ratios.ts'
import type { ServerKind } from './server-program.ts'

/** What the adapter may cost. */
const targets = { rate: 0.99, time: 1.01, stop: 1.2, memory: 200 }
/** How far the two servers without the adapter may differ, if what is measured is to be trusted. */
const noise = 0.005
const repetitions = { launches: 14, rounds: 20 }
/** The control differs from the bare server in nothing: how far these two differ says how exact the figures are. */
const contenders = [contender('bare', 'bare'), contender('adapter', 'adapter'), contender('control', 'bare')]
/** How long all of it may take, in ms. */
const timeLimit = 600_000

/** Whether a target is met: unclear where the median misses it, and what is likely does not wholly. */
type Verdict = 'met' | 'missed' | 'unclear'

/** One line of what is printed. */
interface Row {
  readonly name: string
  readonly value?: string
  readonly spread?: string
  readonly target?: string
  readonly verdict?: Verdict
}

/** Prints what the adapter costs, against the same server without, and says whether it costs as little as it should. */
export async function benchHttp(): Promise<boolean> {
  const timer = setTimeout(() => process.exit(1), timeLimit)
  const cores = chooseCores()
  const where =
    cores.server === undefined
      ? 'on any core: there is no taskset, or one core alone'
      : `the servers on core ${cores.server}, their clients on core ${cores.client}`
  console.log(`Node.js ${process.version}; ${where}; this takes three minutes\n`)
  const requests = await compareRequests(contenders, cores, repetitions)
  const requestsMeet = print(requestRows(requests))
  warn(requests)
  const idleMeets = print(idleRows(await compareIdle(cores)))
  clearTimeout(timer)
  return requestsMeet && idleMeets
}

function contender(name: string, kind: ServerKind): Contender {
  return { name, launch: (core) => new Child('server-program', { core, parameters: [kind, 0] }) }
}

function requestRows({ fareOf }: RequestCosts): Row[] {
  const adapter = fareOf('adapter')
  const control = fareOf('control')
  return [
    { name: 'with the adapter, against without', value: 'median', spread: '95 % within      quartiles' },
    {
      ...ratioRow('  requests per second', adapter.rate),
      target: `at least ${targets.rate}`,
      verdict: verdictOf(adapter.rate.median >= targets.rate, adapter.rate.interval.high >= targets.rate),
    },
    {
      ...ratioRow('  processor time per request', adapter.time),
      target: `at most ${targets.time}`,
      verdict: verdictOf(adapter.time.median <= targets.time, adapter.time.interval.low <= targets.time),
    },
    { name: 'without, against without' },
    ratioRow('  requests per second', control.rate),
    ratioRow('  processor time per request', control.time),
  ]
}

function idleRows({ connections, rounds, adapter, bare }: IdleCosts): Row[] {
  const stop = adapter.stop / bare.stop
  const memory = adapter.memory - bare.memory
  return [
    { name: `${connections.toLocaleString('en')} idle connections`, spread: `medians of ${rounds} rounds` },
    {
      name: '  time to close all, against a loop',
      value: stop.toFixed(2),
      spread: `${adapter.stop.toFixed(0)} ms : ${bare.stop.toFixed(0)} ms`,
      target: `at most ${targets.stop}`,
      verdict: verdictOf(stop <= targets.stop),
    },
    {
      name: '  memory of each, in bytes',
      value: memory.toFixed(0),
      spread: `${adapter.memory.toFixed(0)} − ${bare.memory.toFixed(0)}`,
      target: `at most ${targets.memory}`,
      verdict: verdictOf(memory <= targets.memory),
    },
  ]
}

function verdictOf(met: boolean, likely = met): Verdict {
  if (met) return 'met'
  return likely ? 'unclear' : 'missed'
}

function ratioRow(name: string, ratios: Ratios): Row {
  const spread = `${rangeText(ratios.interval)}  ${rangeText(ratios.quartiles)}`
  return { name, value: ratios.median.toFixed(3), spread }
}

function rangeText({ low, high }: Range): string {
  return `${low.toFixed(3)} – ${high.toFixed(3)}`
}

/** Prints rows, and says whether no target among them is missed. */
function print(rows: readonly Row[]): boolean {
  for (const { name, value = '', spread = '', target = '', verdict = '' } of rows) {
    console.log(
      `${name.padEnd(36)}${value.padStart(7)}   ${spread.padEnd(33)} ${target.padEnd(14)} ${verdict}`.trimEnd(),
    )
  }
  console.log()
  return rows.every(({ verdict }) => verdict !== 'missed')
}

/** Says how far the figures can be trusted. */
function warn({ fareOf, busy }: RequestCosts): void {
  const control = fareOf('control')
  const differs = Math.max(Math.abs(control.rate.median - 1), Math.abs(control.time.median - 1))
  if (differs > noise) {
    console.log(`Two equal servers differ by ${(differs * 100).toFixed(1)} %: so inexact are the figures above.`)
  }
  console.log(`The servers had their core for ${(busy * 100).toFixed(0)} % of the time.\n`)
}
