// For applications.
export type { LateRequests } from './drain/admission.ts'
export type { CutRequest, DrainReport } from './drain/drain-report.ts'
export type { Listen } from './listen.ts'
export type { HttpServer } from './server.ts'
export { type ServerAdapter, type ServerAdapterOptions, serverAdapter } from './server-adapter.ts'
export type { AdaptiveDelay } from './drain/stop-delay.ts'
export type { WebSocketLike, WebSocketServerLike } from './drain/web-sockets.ts'
