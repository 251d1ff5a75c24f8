import { cases } from '../matrix/cases.ts'
import { freshCase, keepAliveCase } from '../matrix/load-cases.ts'
import type { Verdict } from '../matrix/case.ts'
import { type TableRow, writeTable } from './markdown-table.ts'
import type { PeerResults, Results } from './results.ts'
import { idleConnections } from './stop-with-idle.ts'

/** The heads of the columns of the figures, which the comparison in the README is made from. */
export const column = {
  peer: 'peer',
  version: 'version',
  cases: 'cases that hold',
  keepAliveLosses: 'lost by 200 keep-alive clients, 5 stops',
  freshLosses: 'lost by 50 fresh clients, 5 stops',
  timeToExit: 'last byte to exit',
  stopWithIdle: 'exit with 5,000 idle connections',
  processorTime: 'processor time per request',
  rate: 'requests per second',
  timeToImport: 'import',
  installed: 'installed',
} as const

/** Tells all that was measured, in Markdown. */
export function resultsText(results: Results): string {
  return `# Peers side by side

Written by \`${results.command}\` on ${results.date}, with Node.js ${results.node} on ${results.machine}. Not to be edited by hand:
the comparison in the README is made from this file.

Every peer stops the same small service, in a process of its own, on SIGTERM. What it takes for that is in
[\`bench/src/peers/recipes\`](src/peers/recipes): what its own README says. Each that takes a limit of time is given one of 3 s. What "plain
Node.js" does is \`server.close()\`.

## Figures

${writeTable(results.peers.map(figuresOf))}

- Processor time and requests per second are ratios to plain Node.js, medians of alternating rounds, of an answer that costs nothing
  else; two services of plain Node.js differ by ${(results.noise * 100).toFixed(1)} % in their processor time. fastify is a whole framework: its routing is in the ratio.
- Last byte to exit: a request is in flight at SIGTERM, on a connection that is kept alive. Median of turns.
- ${idleConnections.toLocaleString('en')} idle connections: from SIGTERM to the end of the process. Median of turns.
- Import: of its packages, in a new process that has node:http already. Median of turns. Installed: the files of its packages, and of all
  that they depend on. Lastcall is packed for both as it is published.

## Cases

✓ holds, ✗ does not, – is not claimed: a server of HTTP/2. What happened instead is below.

${writeTable(cases.map(({ name }) => caseRow(name, results.peers)))}

## What happened

${results.peers.map(happenedTo).join('\n\n')}
`
}

function figuresOf(of: PeerResults): TableRow {
  const { peer, installed } = of
  const judged = judgedOf(of)
  return {
    [column.peer]: peer.name,
    [column.version]: installed.version,
    [column.cases]: `${judged.filter(([, { holds }]) => holds).length} of ${judged.length}`,
    [column.keepAliveLosses]: lossesOf(of, keepAliveCase.name),
    [column.freshLosses]: lossesOf(of, freshCase.name),
    [column.timeToExit]: durationText(of.timeToExit),
    [column.stopWithIdle]: durationText(of.stopWithIdle),
    [column.processorTime]: of.processorTime.median.toFixed(2),
    [column.rate]: of.rate.median.toFixed(2),
    [column.timeToImport]: peer.packages.length > 0 ? `${(of.timeToImport ?? Number.NaN).toFixed(1)} ms` : '',
    [column.installed]: installedText(installed),
  }
}

/** The verdicts that count, by the name of the case: those on what a peer claims to do. */
function judgedOf({ peer, verdicts }: PeerResults): [string, Verdict][] {
  return cases.flatMap(({ name, http2 }) => {
    const verdict = verdicts.get(name)
    return verdict && (peer.http2 || !http2) ? [[name, verdict]] : []
  })
}

function lossesOf({ verdicts }: PeerResults, name: string): string {
  return (verdicts.get(name)?.happened ?? '').replace(' lost', '')
}

function caseRow(name: string, results: readonly PeerResults[]): TableRow {
  const cells = results.map((each) => {
    const verdict = judgedOf(each).find(([judged]) => judged === name)?.[1]
    return [each.peer.name, verdict ? (verdict.holds ? '✓' : '✗') : '–'] as const
  })
  return { case: name, ...Object.fromEntries(cells) }
}

function happenedTo(results: PeerResults): string {
  const told = judgedOf(results).filter(([, { happened }]) => happened !== '')
  const lines = told.map(([name, { holds, happened }]) => `- ${holds ? '✓' : '✗'} ${name}: **${happened}**`)
  return [`### ${results.peer.name}`, lines.join('\n')].join('\n\n')
}

function durationText(milliseconds: number | undefined): string {
  if (milliseconds === undefined) return 'not within 10 s'
  return milliseconds < 1_000 ? `${milliseconds.toFixed(0)} ms` : `${(milliseconds / 1_000).toFixed(1)} s`
}

function installedText({ packages, bytes }: PeerResults['installed']): string {
  if (packages === 0) return ''
  const size = bytes < 1_000_000 ? `${(bytes / 1_000).toFixed(0)} kB` : `${(bytes / 1_000_000).toFixed(1)} MB`
  return `${size}, ${packages} ${packages === 1 ? 'package' : 'packages'}`
}
