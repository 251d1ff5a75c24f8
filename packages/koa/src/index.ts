export { draining } from './draining.ts'
export { type KoaAdapterOptions, type KoaApp, koaAdapter } from './koa-adapter.ts'
export { koaProbes, type ProbeContext, type ProbeMiddleware } from './koa-probes.ts'
export { onDrain } from './on-drain.ts'
export type { DrainableContext } from './request-of.ts'
export { type ProbeServer, type ProbeServerOptions, probeServer } from '@lastcall/http'
export type {
  AdaptiveDelay,
  CutRequest,
  DrainReport,
  EventStreams,
  HttpServer,
  LateRequests,
  Listen,
  ListenObject,
  ProbeOptions,
  ServerAdapter,
  WebSocketLike,
  WebSocketServerLike,
} from '@lastcall/http'
