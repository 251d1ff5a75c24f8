// For applications.
export type { LateRequests } from './drain/admission.ts'
export type { CutRequest, DrainReport } from './drain/drain-report.ts'
export type { EventStreams } from './drain/event-streams.ts'
export { draining } from './draining.ts'
export type { DrainableRequest } from './expect-request.ts'
export type { Listen, ListenObject } from './listen.ts'
export { onDrain } from './on-drain.ts'
export type { ProbeOptions } from './probes/probe-options.ts'
export { type ProbeServer, type ProbeServerOptions, probeServer } from './probes/probe-server.ts'
export {
  type ProbeHandler,
  type ProbeListener,
  type ProbeRequest,
  type ProbeResponse,
  probes,
  type ProbesOptions,
} from './probes/probes.ts'
export type { HttpServer } from './server.ts'
export { type ServerAdapter, type ServerAdapterOptions, serverAdapter } from './server-adapter.ts'
export type { AdaptiveDelay } from './drain/stop-delay.ts'
export type { WebSocketLike, WebSocketServerLike } from './drain/web-sockets.ts'

// For authors of adapters.
export { type App, appAdapter, type AppAdapterOptions } from './app-adapter.ts'
export { discount } from './discount.ts'
export type { FrameworkText, FrameworkTexts } from './framework-texts.ts'
export { routeSuits } from './route-suits.ts'
export type { ProbeAnswer } from './probes/probe-answer.ts'
export { ProbeResponder } from './probes/probe-responder.ts'
