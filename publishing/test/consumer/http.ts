// Uses what @lastcall/http exports, as TypeScript programs do.
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { createSecureServer, type Http2SecureServer, type Http2ServerRequest, type ServerHttp2Stream } from 'node:http2'
import { createServer as createHttpsServer } from 'node:https'
import { Lifecycle } from '@lastcall/core'
import {
  type AdaptiveDelay,
  type App,
  appAdapter,
  type AppAdapterOptions,
  type CutRequest,
  discount,
  type DrainableRequest,
  draining,
  type DrainReport,
  type EventStreams,
  type FrameworkText,
  type FrameworkTexts,
  type HttpServer,
  type LateRequests,
  type Listen,
  type ListenObject,
  onDrain,
  type ProbeAnswer,
  type ProbeHandler,
  type ProbeListener,
  type ProbeOptions,
  type ProbeRequest,
  ProbeResponder,
  type ProbeResponse,
  type ProbeServer,
  probeServer,
  type ProbeServerOptions,
  probes,
  type ProbesOptions,
  routeSuits,
  type ServerAdapter,
  serverAdapter,
  type ServerAdapterOptions,
  type WebSocketLike,
  type WebSocketServerLike,
} from '@lastcall/http'

const lifecycle = new Lifecycle()
const listenObject: ListenObject = { port: 0, host: '127.0.0.1' }
const listen: Listen = listenObject
const stopDelay: AdaptiveDelay = { min: undefined, quiet: 100, max: 500 }
const lateRequests: LateRequests = 'refuse'
const eventStreams: EventStreams = 'end'
const sockets: WebSocketLike[] = []
const webSockets: WebSocketServerLike = { clients: sockets, on: () => {}, off: () => {} }
const options: ServerAdapterOptions = {
  name: 'api',
  listen,
  stopDelay,
  lateRequests,
  eventStreams,
  webSockets: [webSockets],
  timeout: undefined,
}

const adapter: ServerAdapter<Server> = lifecycle.register(serverAdapter(createServer(), options))
const secure: ServerAdapter<Http2SecureServer> = serverAdapter(createSecureServer())
const any: HttpServer[] = [adapter.server, secure.server, createHttpsServer()]

export async function stopped(): Promise<readonly CutRequest[]> {
  const report: DrainReport = await adapter.stop({ signal: AbortSignal.timeout(5) })
  return report.cutRequests
}

export const figures: number[] = [adapter.inFlight, adapter.connections, any.length]
export const signals: AbortSignal[] = [
  adapter.draining,
  draining({} as IncomingMessage),
  draining({} as Http2ServerRequest),
]
const drainable: DrainableRequest = {} as ServerHttp2Stream
export const subscription: Disposable = onDrain(drainable, () => {})

const handler: ProbeListener<IncomingMessage, ServerResponse> = (_request, response) => void response.end('hi')
const probesOptions: ProbesOptions = { handler, livez: ['/livez'], readyz: '/readyz', verbose: true }
export const server: Server = createServer(probes(lifecycle, probesOptions))
export const middleware: ProbeHandler = probes(lifecycle)
export const answered = (request: ProbeRequest, response: ProbeResponse): void => middleware(request, response)

const probeOptions: ProbeOptions = { cache: 0, timeout: 100 }
const probeServerOptions: ProbeServerOptions = { port: 0, host: 'localhost', ...probeOptions }
export const own: ProbeServer = lifecycle.register(probeServer(lifecycle, probeServerOptions))

const route: FrameworkText = (request) => ('headers' in request ? '/:id' : undefined)
const texts: FrameworkTexts = { route, target: undefined }
const app: App = { listener: (_request, response) => response.end('hi'), ...texts }
const appOptions: AppAdapterOptions<Http2SecureServer> = { server: createSecureServer() }
export const framework: ServerAdapter<Server> = appAdapter(app, { listen })
export const frameworkOverHttp2: ServerAdapter<Http2SecureServer> = appAdapter(app, { server: createSecureServer() })
export const frameworkOverAny: ServerAdapter = appAdapter(app, appOptions)

export async function probed(request: IncomingMessage): Promise<ProbeAnswer | undefined> {
  discount(request)
  return routeSuits('/livez', '/livez')
    ? new ProbeResponder(lifecycle, probeOptions).respond('GET', '/livez')
    : undefined
}

// @ts-expect-error -- there is no such way
export const refused = serverAdapter(createServer(), { lateRequests: 'drop' })
