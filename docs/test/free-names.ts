/** Declarations of what the programs of a page use and the page does not define: the reader's own, by page. */
export const freeNames: Readonly<Record<string, string>> = {
  '2-http.md': `import type { Lifecycle } from '@lastcall/core'
import type { ProbeHandler } from '@lastcall/http'
import type { IncomingMessage, ServerResponse } from 'node:http'
declare global {
  const app: { use(handler: ProbeHandler): unknown }
  const lifecycle: Lifecycle
  const handler: (request: IncomingMessage, response: ServerResponse) => void
}
`,
  '5-moving.md': `import type { IncomingMessage, Server, ServerResponse } from 'node:http'
declare global {
  const createServer: typeof import('node:http').createServer
  const server: Server
  const handler: (request: IncomingMessage, response: ServerResponse) => void
  const pool: { query(statement: string): Promise<unknown>; end(): Promise<void> }
  const work: (options: { signal: AbortSignal }) => Promise<void>
}
`,
}
