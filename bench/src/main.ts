// pnpm bench: every peer, side by side; pnpm bench readme: the comparison in the README, from what that has written.
// pnpm bench core: what it costs to register and to stop n hooks. pnpm bench http: what the adapter costs a server.
import { benchCore } from './core.ts'
import { benchHttp } from './http.ts'
import { benchPeers } from './peers/bench-peers.ts'
import { benchReadme } from './peers/bench-readme.ts'

const benches: Readonly<Record<string, () => Promise<boolean>>> = {
  peers: benchPeers,
  readme: benchReadme,
  core: benchCore,
  http: benchHttp,
}

// Whoever ends this ends all that it has started.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => process.exit(1))

const [name = 'peers'] = process.argv.slice(2)
const bench = benches[name]
if (bench) {
  process.exitCode = (await bench()) ? 0 : 1
} else {
  console.error(`Expected the name of a bench, one of ${Object.keys(benches).join(', ')}, or none, got "${name}"`)
  process.exitCode = 2
}
