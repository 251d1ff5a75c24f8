// What to watch for: a request in flight is answered, new connections are refused, and the process ends by itself.
// How to trigger it:  curl localhost:8089/slow &  then press Ctrl-C, or send SIGTERM, while curl still waits.
import { createServer } from 'node:http'
import { setTimeout } from 'node:timers/promises'
import { Lifecycle, run } from '@lastcall/core'
import { serverAdapter } from '@lastcall/http'

const server = createServer(async (request, response) => {
  if (request.url === '/slow') await setTimeout(1_000)
  response.end('Hello world!\n')
})
const lifecycle = new Lifecycle({ timeout: 5_000 })
lifecycle.register(serverAdapter(server, { listen: { port: Number(process.env['PORT'] || 8089) } }))
await run(lifecycle, { logger: console })
