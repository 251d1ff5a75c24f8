import { copyFile, rm, writeFile } from 'node:fs/promises'
import { cpus, type as system } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Child } from '../child.ts'
import { chooseCores } from '../choose-cores.ts'
import { compareRequests, type Contender } from '../compare-requests.ts'
import { cases } from '../matrix/cases.ts'
import { runMatrix, type Verdicts } from '../matrix/run-matrix.ts'
import { benchReadme } from './bench-readme.ts'
import { installedSize, type InstalledSize } from './installed-size.ts'
import { packLastcall } from './pack-lastcall.ts'
import { type Peer, peers } from './peers.ts'
import type { PeerResults, Results } from './results.ts'
import { resultsText } from './results-text.ts'
import { stopWithIdle } from './stop-with-idle.ts'
import { takeTurns } from './take-turns.ts'
import { timeToExit } from './time-to-exit.ts'
import { timeToImport } from './time-to-import.ts'

const base = 'plain Node.js'
/** A second service of plain Node.js: how far the two differ says how exact the ratios are. */
const control = 'control'
const turns = { timeToExit: 5, stopWithIdle: 3, timeToImport: 15 }
const repetitions = { launches: 6, rounds: 12 }
const file = new URL('../../RESULTS.md', import.meta.url)
const importProgram = 'import-program.js'
/** What the cases are tried on besides, so that each is seen to be able to fail. */
const saboteurs = ['abrupt', 'deaf', 'cutting']

/** Measures every peer, writes what came of it to RESULTS.md, and says whether every case holds for Lastcall. */
export async function benchPeers(): Promise<boolean> {
  console.log(`Node.js ${process.version}; ${peers.length} peers; this takes some 15 minutes\n`)
  say('what is installed, and import time')
  const { installed, imported } = await measurePackages()
  say('processor time per request')
  const costs = await compareRequests(contenders(), chooseCores(), repetitions)
  say('from the last byte to the exit')
  const exited = await takeTurns(turns.timeToExit, timeToExit)
  say('idle connections')
  const idle = await takeTurns(turns.stopWithIdle, stopWithIdle)
  say(`${cases.length} cases`)
  const matrix = await runMatrix([...peers.map(({ recipe }) => recipe), ...saboteurs])

  const results: Results = {
    date: new Date().toISOString().slice(0, 10),
    command: 'npx -y pnpm@12 bench',
    node: process.version,
    machine: `${system()}, ${cpus().length} cores`,
    noise: Math.abs(costs.fareOf(control).time.median - 1),
    peers: peers.map((peer, index) => {
      const fare = costs.fareOf(peer.name)
      return {
        peer,
        processorTime: fare.time,
        rate: fare.rate,
        timeToExit: exited.get(peer.name),
        stopWithIdle: idle.get(peer.name),
        timeToImport: imported.get(peer.name),
        installed: installed[index] ?? { packages: 0, bytes: 0, version: '' },
        verdicts: matrix.get(peer.recipe) ?? new Map(),
      } satisfies PeerResults
    }),
  }
  await writeFile(file, resultsText(results))
  say(`written: ${fileURLToPath(file)}`)
  await benchReadme()
  expectSabotage(matrix)
  return [...(matrix.get('lastcall')?.values() ?? [])].every(({ holds }) => holds)
}

/** Measures what a user of each peer installs: of Lastcall that is not what lies in this repository. */
async function measurePackages(): Promise<{
  readonly installed: readonly InstalledSize[]
  readonly imported: ReadonlyMap<string, number | undefined>
}> {
  const here = fileURLToPath(new URL('.', import.meta.url))
  const packed = await packLastcall()
  const folderOf = ({ recipe }: Peer): string => (recipe === 'lastcall' ? packed : here)
  try {
    const installed = await Promise.all(peers.map((peer) => installedSize(peer, folderOf(peer))))
    await copyFile(join(here, importProgram), join(packed, importProgram))
    const imported = await takeTurns(turns.timeToImport, (peer) =>
      timeToImport(peer, join(folderOf(peer), importProgram)),
    )
    return { installed, imported }
  } finally {
    await rm(packed, { recursive: true })
  }
}

function say(what: string): void {
  console.log(`${new Date().toISOString().slice(11, 19)}  ${what}`)
}

/** Plain Node.js is the first, which the others are measured against. */
function contenders(): Contender[] {
  const plain = peers.filter(({ name }) => name === base)
  const others = peers.filter(({ name }) => name !== base)
  const again = plain.map((peer) => ({ ...peer, name: control }))
  return [...plain, ...others, ...again].map(({ name, recipe }) => ({
    name,
    launch: (core) => new Child('peers/service-program', { core, env: { RECIPE: recipe, KEEP_ALIVE: '600000' } }),
  }))
}

function expectSabotage(matrix: ReadonlyMap<string, Verdicts>): void {
  const blind = cases.filter(({ name }) => saboteurs.every((recipe) => matrix.get(recipe)?.get(name)?.holds))
  if (blind.length > 0)
    throw new Error(`Expected cases that can fail, got: ${blind.map(({ name }) => name).join('; ')}`)
}
