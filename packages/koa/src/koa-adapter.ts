import { describe } from '@lastcall/core'
import {
  appAdapter,
  type AppAdapterOptions,
  type FrameworkText,
  type HttpServer,
  type ServerAdapter,
} from '@lastcall/http'
import type { Server } from 'node:http'
import { Contexts } from './contexts.ts'
import { routeOf } from './route-of.ts'

/** What is needed of an application of Koa 2 or 3. */
export interface KoaApp {
  // oxlint-disable-next-line typescript/no-explicit-any -- as the types of Koa declare it
  callback(): (request: any, response: any) => Promise<void>
  readonly middleware: readonly Function[]
}

/** What `serverAdapter` takes, and a server to drain in place of one of node:http. */
export type KoaAdapterOptions<S extends HttpServer = Server> = AppAdapterOptions<S>

/**
 * Makes a hook that drains an application of Koa 2 or 3: nothing that it has accepted is lost.
 *
 * The server is made here and is the adapter's `server`, unless one is given. Nothing of the application is changed. A request
 * that is named in the report is named by the route of `@koa/router` that it had reached, `GET /orders/:id`, and by its path
 * where it had reached none, or where the server was given with a listener of its own, of whose contexts nothing is known.
 *
 * @throws TypeError when `app` is no application of Koa, and as `serverAdapter` does.
 *
 * @example
 * const app = new Koa()
 * lifecycle.register(koaAdapter(app, { listen: { port: 8089 } }))
 */
export function koaAdapter<S extends HttpServer>(
  app: KoaApp,
  options: KoaAdapterOptions<S> & { readonly server: S },
): ServerAdapter<S>
export function koaAdapter(app: KoaApp, options?: KoaAdapterOptions): ServerAdapter<Server>
export function koaAdapter(app: KoaApp, options?: KoaAdapterOptions<HttpServer>): ServerAdapter
export function koaAdapter(app: KoaApp, options: KoaAdapterOptions<HttpServer> = {}): ServerAdapter {
  expectKoaApp(app)
  const contexts = new Contexts(app)
  const route: FrameworkText = (request) => routeOf(contexts.of(request))
  const target: FrameworkText = (request) => contexts.of(request)?.originalUrl
  const withServer = 'koaAdapter(app, { server: app.listen(8089) })'
  return appAdapter({ listener: contexts.listener, route, target, withServer }, options)
}

function expectKoaApp(app: unknown): asserts app is KoaApp {
  const { callback, middleware } = (app ?? {}) as Partial<KoaApp>
  if (typeof callback === 'function' && Array.isArray(middleware)) return
  throw new TypeError(`Expected \`app\` to be an application of Koa, as \`new Koa()\` makes it, got ${describe(app)}`)
}
