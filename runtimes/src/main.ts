// pnpm runtimes: the suite on every Node, the testkit on Bun and Deno.
// pnpm runtimes node24 bun: on some of them.
// pnpm runtimes --others: on all but the Node that runs this, which `pnpm test` has tried.
// pnpm runtimes --write deno: writes the list of what is known to fail there anew.
import { parseArgs } from 'node:util'
import { install } from './install.ts'
import { type Release, releases } from './releases.ts'
import { runSuite } from './run-suite.ts'
import { runTestkit } from './run-testkit.ts'
import { type Row, table } from './table.ts'
import type { Verdict } from './verdict.ts'

/** @throws Error when the arguments ask for something that is not there. */
function readArguments(): { chosen: readonly Release[]; write: boolean } {
  const { positionals, values } = parseArgs({
    allowPositionals: true,
    options: { others: { type: 'boolean', default: false }, write: { type: 'boolean', default: false } },
  })
  const { others, write } = values
  const unknown = positionals.find((name) => !releases.some((release) => release.name === name))
  if (unknown !== undefined) {
    const names = releases.map(({ name }) => name).join(', ')
    throw new Error(`Expected names of runtimes, of ${names}, got "${unknown}"`)
  }
  if (others && positionals.length > 0) {
    throw new Error(`Expected either --others or names, got --others and "${positionals[0]}"`)
  }
  const own = `node${process.versions.node.split('.')[0]}`
  const chosen = releases.filter(({ name }) =>
    positionals.length > 0 ? positionals.includes(name) : !(others && name === own),
  )
  const suite = chosen.find(({ runs }) => runs === 'the suite')
  if (write && suite) {
    throw new Error(
      `Expected --write with runtimes that have a list of known failures, bun and deno, got ${suite.name}`,
    )
  }
  return { chosen, write }
}

async function tryOn(release: Release, write: boolean): Promise<Row> {
  const begin = performance.now()
  let version = release.version
  let verdict: Verdict
  try {
    const runtime = await install(release)
    version = runtime.version
    console.log(`\n${release.name}: ${release.runs} on ${version}`)
    verdict = await (release.runs === 'the suite' ? runSuite(runtime) : runTestkit(runtime, write))
  } catch (error) {
    verdict = { passed: 0, skipped: 0, failed: 0, faults: [String(error)] }
  }
  for (const fault of verdict.faults) console.log(`${release.name}: ${fault}`)
  return { ...verdict, name: release.name, version, seconds: (performance.now() - begin) / 1_000 }
}

// Whoever ends this ends what it has started too.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => process.exit(1))

try {
  const { chosen, write } = readArguments()
  const rows: Row[] = []
  for (const release of chosen) rows.push(await tryOn(release, write))
  console.log(`\n${table(rows)}`)
  process.exitCode = rows.every(({ faults }) => faults.length === 0) ? 0 : 1
} catch (error) {
  console.error((error as Error).message)
  process.exitCode = 2
}
