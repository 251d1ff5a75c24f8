import { createServer as createHttpServer, type RequestListener, type Server, type ServerResponse } from 'node:http'
import { createSecureServer as createHttp2Server } from 'node:http2'
import { createServer as createHttpsServer } from 'node:https'
import type { Duplex } from 'node:stream'
import { stopLimit } from './stop-limit.ts'

/** What a service speaks. */
export type Protocol = 'http' | 'https' | 'http2'

/** How a service is to be made. */
export interface ApplicationOptions {
  readonly protocol: Protocol
  /** For https and http2. */
  readonly certificate: { readonly key: string; readonly cert: string } | undefined
  /** Whether its database never closes, though nothing keeps the process alive for it. */
  readonly stalls: boolean
  /** How long each answer to `/` keeps the processor, in ms. */
  readonly work: number
  /** How long a connection may be idle, in ms. */
  readonly keepAliveTimeout: number
}

/** How long an answer is on its way that is not given at once, in ms. */
const delay = 400
const largeSize = 32 * 1024 * 1024

/** The same small service for every peer: some routes, and a database that is needed until the last request has been answered. */
export class Application {
  readonly limit: number = stopLimit
  readonly #options: ApplicationOptions
  #database: 'open' | 'closed' = 'open'

  constructor(options: ApplicationOptions) {
    this.#options = options
  }

  /** Makes a server of the protocol that is asked for, which answers by our routes or by a listener. */
  createServer(listener: RequestListener = this.listener): Server {
    const server = this.#create(listener)
    server.keepAliveTimeout = this.#options.keepAliveTimeout
    server.on('upgrade', (_request, socket: Duplex) => {
      socket.on('error', () => {})
      socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: test\r\n\r\n')
    })
    return server
  }

  /** Closes the database, and says so. */
  readonly closeDatabase = async (): Promise<void> => {
    this.#database = 'closed'
    console.log('the database is closed')
    if (this.#options.stalls) await new Promise<never>(() => {})
  }

  /** Answers by routes: `/` at once; what `/slow`, `/stream` and the others do is below. */
  readonly listener: RequestListener = (request, response) => {
    const { url = '' } = request
    if (url === '/') {
      waste(this.#options.work)
      response.end('hi')
      return
    }
    if (url === '/upload') request.resume().once('end', () => response.end('got it'))
    else this.#routes[url]?.(response)
    console.log(`asked for ${url}`)
  }

  readonly #routes: Readonly<Record<string, (response: ServerResponse) => void>> = {
    '/slow': (response) => void setTimeout(() => response.end('done'), delay),
    '/stream': (response) => {
      response.write('first')
      setTimeout(() => response.end('last'), delay)
    },
    '/query': (response) => void setTimeout(() => this.#query(response), delay),
    '/large': (response) =>
      void response.writeHead(200, { 'Content-Length': largeSize }).end(Buffer.alloc(largeSize, 'x')),
    '/endless': (response) => {
      const send = (): void => void response.write('tick')
      const timer = setInterval(send, delay)
      response.once('close', () => clearInterval(timer))
      send()
    },
    '/never': () => {},
    '/crash': () => {
      setImmediate(() => {
        throw new Error('a crash')
      })
    },
  }

  #create(listener: RequestListener): Server {
    const { protocol, certificate = {} } = this.#options
    if (protocol === 'http') return createHttpServer(listener)
    if (protocol === 'https') return createHttpsServer(certificate, listener)
    // Its requests and responses have what the routes use.
    return createHttp2Server(certificate, listener as never) as unknown as Server
  }

  #query(response: ServerResponse): void {
    response.statusCode = this.#database === 'open' ? 200 : 500
    response.end(`the database is ${this.#database}`)
  }
}

/** Keeps the processor for so many ms. */
function waste(milliseconds: number): void {
  if (milliseconds === 0) return
  const end = performance.now() + milliseconds
  while (performance.now() < end);
}
