// The server of examples/node-http, stopped by nothing but `server.close()`.
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout } from 'node:timers/promises'

const server = createServer(async (request, response) => {
  if (request.url === '/slow') await setTimeout(1_000)
  response.end('Hello world!\n')
})
server.listen(Number(process.env['PORT']), () => {
  const { port } = server.address() as AddressInfo
  console.log(`listening on http://localhost:${port}`)
})
process.on('SIGTERM', () => {
  console.log('SIGTERM: server.close()')
  server.close(() => console.log('closed'))
})
