// pnpm bench core: what it costs to register and to stop n hooks.
// pnpm bench http: what the adapter costs a server.
import { benchCore } from './core.ts'
import { benchHttp } from './http.ts'

const benches: Readonly<Record<string, () => Promise<boolean>>> = { core: benchCore, http: benchHttp }

const [name = ''] = process.argv.slice(2)
const bench = benches[name]
if (bench) {
  process.exitCode = (await bench()) ? 0 : 1
} else {
  console.error(`Expected the name of a bench, one of ${Object.keys(benches).join(', ')}, got "${name}"`)
  process.exitCode = 2
}
