import type { IncomingMessage, RequestListener } from 'node:http'
import type { Socket } from 'node:net'
import { Desk } from './desk.ts'
import type { Kind } from './kind.ts'
import { type Service, serve } from './service.ts'
import { settings } from './timeline.ts'

/** More than the system takes in for a client that does not read. */
const large = 8 * 1024 * 1024

/** An application with a path for each thing that a connection can be busy with, and upgrades that their client ends. */
export class StageApp {
  readonly desk: Desk = new Desk()

  readonly handler: RequestListener = (request, response) => {
    if (request.url === '/desk') this.desk.handler(request, response)
    else if (request.url === '/sent') {
      response.write('first')
      this.desk.handler(request, response)
    } else if (request.url === '/upload') {
      request.setEncoding('utf8')
      let body = ''
      request.on('data', (text) => (body += String(text)))
      request.on('end', () => response.end(`got ${body}`))
    } else if (request.url === '/large') response.end(`${'x'.repeat(large)}whole`)
    else response.end('hi')
  }

  async serve(kind: Kind): Promise<Service> {
    const service = await serve(kind, this.handler, settings)
    service.server.on('upgrade', (_request: IncomingMessage, socket: Socket) => {
      socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: test\r\n\r\n')
      socket.resume().on('error', () => {})
      socket.once('end', () => socket.end())
    })
    return service
  }
}
