export { type ExpressAdapterOptions, type ExpressApp, expressAdapter } from './express-adapter.ts'
export {
  type AdaptiveDelay,
  type CutRequest,
  draining,
  type DrainReport,
  type HttpServer,
  type LateRequests,
  type Listen,
  probes,
  type ProbeOptions,
  type ProbeServer,
  type ProbeServerOptions,
  probeServer,
  type ServerAdapter,
  type WebSocketLike,
  type WebSocketServerLike,
} from '@lastcall/http'
