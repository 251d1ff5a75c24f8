// Runs a lifecycle of the required package by the imported `run`, or the other way round.
// usage: run-other.mjs imported|required     whose `run` it is
import { createServer } from 'node:http'
import { createRequire } from 'node:module'
import * as importedCore from '@lastcall/core'
import * as importedHttp from '@lastcall/http'

const require = createRequire(import.meta.url)
/** @type {typeof importedCore} */
const requiredCore = require('@lastcall/core')
/** @type {typeof importedHttp} */
const requiredHttp = require('@lastcall/http')
const [runner, core, http] =
  process.argv[2] === 'imported'
    ? [importedCore, requiredCore, importedHttp]
    : [requiredCore, importedCore, requiredHttp]

const lifecycle = new core.Lifecycle({ timeout: 5_000 })
const server = createServer(http.probes(lifecycle))
lifecycle.register(http.serverAdapter(server, { listen: { port: 0 } }))
lifecycle.on('state', ({ state }) => {
  if (state === 'running') process.kill(process.pid, 'SIGTERM')
})
const report = await runner.run(lifecycle, { logger: console })
const known = report instanceof core.StopReport && report instanceof runner.StopReport
process.stdout.write(`StopReport: ${known}\n`)
