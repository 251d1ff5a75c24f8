// The program of the README, but for its port.
import { createServer } from 'node:http'
import { Lifecycle, run } from '@lastcall/core'
import { serverAdapter } from '@lastcall/http'

const server = createServer((_request, response) => response.end('Hello world!\n'))
const lifecycle = new Lifecycle({ timeout: 5_000 })
lifecycle.register(serverAdapter(server, { listen: { port: 0 } }))
lifecycle.on('state', ({ state }) => {
  if (state === 'running') process.kill(process.pid, 'SIGTERM')
})
await run(lifecycle, { logger: console })
