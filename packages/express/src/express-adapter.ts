import { describe } from '@lastcall/core'
import { appAdapter, type AppAdapterOptions, type HttpServer, type ServerAdapter } from '@lastcall/http'
import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import { routeOf, targetOf } from './routed.ts'

/** What is needed of an application of Express 4 or 5. */
export interface ExpressApp {
  // oxlint-disable-next-line typescript/no-explicit-any -- as the types of Express declare it
  (request: IncomingMessage, response: ServerResponse): any
  enabled(setting: string): boolean
  listen(port: number): unknown
}

/** What `serverAdapter` takes, and a server to drain in place of one of node:http. */
export type ExpressAdapterOptions<S extends HttpServer = Server> = AppAdapterOptions<S>

/**
 * Makes a hook that drains an application of Express 4 or 5: nothing that it has accepted is lost.
 *
 * The server is made here and is the adapter's `server`, unless one is given. Nothing of the application is changed. A request
 * that is named in the report is named by the route that it had reached, `GET /orders/:id`, with the mounts that its router is
 * behind as they stood in its URL; by its path where it had reached none, or was on its way out of one.
 *
 * @throws TypeError when `app` is no application of Express, and as `serverAdapter` does.
 *
 * @example
 * const app = express()
 * lifecycle.register(expressAdapter(app, { listen: { port: 8089 } }))
 */
export function expressAdapter<S extends HttpServer>(
  app: ExpressApp,
  options: ExpressAdapterOptions<S> & { readonly server: S },
): ServerAdapter<S>
export function expressAdapter(app: ExpressApp, options?: ExpressAdapterOptions): ServerAdapter<Server>
export function expressAdapter(app: ExpressApp, options?: ExpressAdapterOptions<HttpServer>): ServerAdapter
export function expressAdapter(app: ExpressApp, options: ExpressAdapterOptions<HttpServer> = {}): ServerAdapter {
  expectExpressApp(app)
  const withServer = 'expressAdapter(app, { server: app.listen(8089) })'
  return appAdapter({ listener: app, route: routeOf, target: targetOf, withServer }, options)
}

function expectExpressApp(app: unknown): asserts app is ExpressApp {
  const { enabled, listen } = (typeof app === 'function' ? app : {}) as Partial<ExpressApp>
  if (typeof enabled === 'function' && typeof listen === 'function') return
  throw new TypeError(
    `Expected \`app\` to be an application of Express, as \`express()\` makes it, got ${describe(app)}`,
  )
}
