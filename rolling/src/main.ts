// Three replicas behind HAProxy, restarted in turn by SIGTERM under load: with Lastcall, and with nothing but `server.close()`.
//
//     pnpm rolling [--rounds 10] [--only lastcall,close,delayed-close] [--mode http] [--reuse always]
//
// HAPROXY names another HAProxy than the one in the path. The exit code is 0 when Lastcall lost nothing, 1 when it did or something
// went wrong, 2 for a wrong option or without HAProxy.
import { formatLimit } from '@lastcall/core'
import { Screen } from '@lastcall/demo/screen'
import { type Candidate, compare, slowestStop } from './comparison.ts'
import { faultsOf } from './faults-of.ts'
import { findHaproxy, haproxyMissing, type InstalledHaproxy } from './haproxy.ts'
import type { Manner, Mode } from './haproxy-configuration.ts'
import { loadText } from './load-shape.ts'
import { type Options, readOptions } from './options.ts'
import { stopLimit } from './replica.ts'
import { totalFailed, totalRequests } from './tally.ts'
import { observe, replicaCount } from './trial.ts'
import { type NamedVersion, versions } from './versions.ts'

const screen = new Screen(process.stdout)

async function main(words: readonly string[]): Promise<number> {
  let options: Options
  try {
    options = readOptions(words)
  } catch (error) {
    process.stderr.write(`${(error as Error).message}\n`)
    return 2
  }
  const { HAPROXY } = process.env
  const haproxy = findHaproxy(HAPROXY === undefined ? undefined : [HAPROXY])
  if (haproxy === undefined) {
    process.stderr.write(`Skipped, nothing is shown: ${haproxyMissing}\n`)
    return 2
  }
  introduce(options, haproxy)
  const candidates: Candidate[] = []
  for (const version of options.versions) candidates.push(await candidate(version, options, haproxy))
  compare(screen, options.manner.mode, candidates)
  return judge(candidates, options.manner.mode)
}

function introduce({ rounds, manner }: Options, { version }: InstalledHaproxy): void {
  const times = rounds === 1 ? 'once' : `${rounds} times`
  screen.print(`${replicaCount} replicas on Node.js ${process.version}, behind HAProxy ${version};`)
  screen.print(`  each is restarted ${times} by SIGTERM, one after the other, while the load goes on`)
  screen.print(`The load: ${loadText}`)
  screen.print(`No client asks twice, nor does HAProxy (${mannerText(manner)}).`)
  screen.print(`Who still runs ${formatLimit(stopLimit)} after SIGTERM is killed, as by Docker and Cloud Run.`)
  screen.print()
}

function mannerText({ mode, reuse }: Manner): string {
  return mode === 'http' ? `retries 0, http-reuse ${reuse}` : 'mode tcp, retries 0'
}

async function candidate(version: NamedVersion, options: Options, haproxy: InstalledHaproxy): Promise<Candidate> {
  screen.print(screen.style('bold', `${version.title}, ${version.delay}`))
  screen.print(`  ${version.text}`)
  const observation = await observe({
    ...options,
    haproxy,
    version,
    onRound: (round, tally, endings) => {
      const counts = `${totalRequests(tally).toLocaleString('en')} requests, ${totalFailed(tally).toLocaleString('en')} failed`
      screen.print(`  round ${round} of ${options.rounds}: ${counts}, slowest stop ${slowestStop(endings)}`)
    },
  })
  screen.print()
  return { version, observation }
}

/** Says what went wrong with Lastcall, if anything did, and returns the exit code. */
function judge(candidates: readonly Candidate[], mode: Mode): number {
  const lastcall = candidates.find(({ version }) => version === versions['lastcall'])
  if (lastcall === undefined) return 0
  const faults = faultsOf(lastcall.observation, mode)
  screen.print()
  if (faults.length === 0) screen.print(screen.style('green', 'Lastcall: no request failed, and none was sent twice'))
  for (const fault of faults) screen.print(screen.style('red', `Lastcall: ${fault}`))
  return faults.length === 0 ? 0 : 1
}

// Whoever ends this ends all that it has started.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => process.exit(1))

process.exitCode = await main(process.argv.slice(2))
