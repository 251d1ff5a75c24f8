// For applications.
export type { CutRequest, DrainReport } from './drain-report.ts'
export type { Listen } from './listen.ts'
export { type ServerAdapter, type ServerAdapterOptions, serverAdapter } from './server-adapter.ts'
