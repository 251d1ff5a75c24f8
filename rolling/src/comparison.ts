import { formatDuration } from '@lastcall/core'
import type { Screen } from '@lastcall/demo/screen'
import type { Mode } from './haproxy-configuration.ts'
import { failed, type PoolName, poolNames } from './tally.ts'
import type { Observation } from './trial.ts'
import type { NamedVersion } from './versions.ts'

const nameWidth = 26
const cellWidth = 18

/** One version, and what was seen of it. */
export interface Candidate {
  readonly version: NamedVersion
  readonly observation: Observation
}

/** A line of the table: a heading where there is no value. */
interface Row {
  readonly name: string
  readonly value?: (observation: Observation) => string | number
  /** What the value has to be, where that is known. */
  readonly wanted?: number
}

/** Prints what was seen of each version, side by side. */
export function compare(screen: Screen, mode: Mode, candidates: readonly Candidate[]): void {
  const head = (texts: string[]): void =>
    screen.print(screen.style('bold', `${' '.repeat(nameWidth)}${texts.map(pad).join('')}`.trimEnd()))
  head(candidates.map(({ version }) => version.title))
  head(candidates.map(({ version }) => version.delay))
  const observations = candidates.map(({ observation }) => observation)
  const rows = [
    ...poolNames.flatMap((name) => poolRows(name, observations)),
    ...replicaRows(observations),
    ...haproxyRows[mode],
  ]
  for (const { name, value, wanted } of rows) {
    const cells = value === undefined ? [] : observations.map((observation) => cell(screen, value(observation), wanted))
    screen.print(`  ${name.padEnd(nameWidth - 2)}${cells.join('')}`.trimEnd())
  }
}

function cell(screen: Screen, value: string | number, wanted: number | undefined): string {
  const text = pad(typeof value === 'number' ? value.toLocaleString('en') : value)
  return wanted === undefined ? text : screen.style(value === wanted ? 'green' : 'red', text)
}

function pad(text: string): string {
  return text.padStart(cellWidth - 2).padEnd(cellWidth)
}

function poolRows(name: PoolName, observations: readonly Observation[]): Row[] {
  const kinds = new Set(observations.flatMap(({ tally }) => Object.keys(tally[name].failures)))
  return [
    { name: name === 'fresh' ? 'a connection each' : 'keep-alive connections' },
    { name: '  requests', value: ({ tally }) => tally[name].requests },
    { name: '  answered whole', value: ({ tally }) => tally[name].answered },
    { name: '  failed', value: ({ tally }) => failed(tally[name]), wanted: 0 },
    ...[...kinds].toSorted().map((kind) => ({
      name: `    ${kind}`,
      value: ({ tally }: Observation): number => tally[name].failures[kind] ?? 0,
    })),
  ]
}

function replicaRows(observations: readonly Observation[]): Row[] {
  const codes = new Set(observations.flatMap(({ endings }) => endings.map(({ code }) => code)))
  return [
    { name: 'replicas' },
    { name: '  restarts', value: ({ endings }) => endings.length },
    ...[...codes].toSorted().map((code) => ({
      name: /^\d+$/.test(code) ? `  exit code ${code}` : `  ended by ${code}`,
      value: ({ endings }: Observation): number => endings.filter((ending) => ending.code === code).length,
    })),
    { name: '  slowest stop', value: ({ endings }) => slowestStop(endings) },
  ]
}

/** What goes wrong between HAProxy and the replicas. */
const faultRows: readonly Row[] = [
  { name: '  connections refused', value: ({ statistics }) => statistics.backend('econ'), wanted: 0 },
  { name: '  answers missing or cut', value: ({ statistics }) => statistics.backend('eresp'), wanted: 0 },
  { name: '  aborted by a replica', value: ({ statistics }) => statistics.backend('srv_abrt'), wanted: 0 },
  { name: '  retries', value: ({ statistics }) => statistics.backend('wretr'), wanted: 0 },
  { name: '  sent elsewhere', value: ({ statistics }) => statistics.backend('wredis'), wanted: 0 },
]

const downRow: Row = { name: '  replicas seen down', value: ({ statistics }) => statistics.servers('chkdown') }

/** Of requests HAProxy knows over HTTP alone. */
const haproxyRows: Readonly<Record<Mode, readonly Row[]>> = {
  http: [
    { name: 'HAProxy' },
    { name: '  requests', value: ({ statistics }) => statistics.requests },
    { name: '  answers 2xx', value: ({ statistics }) => statistics.backend('hrsp_2xx') },
    { name: '  answers 5xx', value: ({ statistics }) => statistics.backend('hrsp_5xx'), wanted: 0 },
    { name: '  no answer', value: ({ statistics }) => statistics.unanswered, wanted: 0 },
    ...faultRows,
    { name: '  connections opened', value: ({ statistics }) => statistics.backend('connect') },
    { name: '  connections reused', value: ({ statistics }) => statistics.backend('reuse') },
    downRow,
  ],
  tcp: [
    { name: 'HAProxy' },
    { name: '  connections', value: ({ statistics }) => statistics.backend('stot') },
    ...faultRows,
    downRow,
  ],
}

/** The longest time from SIGTERM to the end of a process. */
export function slowestStop(endings: Observation['endings']): string {
  return formatDuration(Math.max(...endings.map(({ duration }) => duration)))
}
