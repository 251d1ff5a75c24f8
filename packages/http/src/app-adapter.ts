import { EventEmitter } from 'node:events'
import { createServer, type RequestListener, type Server } from 'node:http'
import { expectOptions, type OptionNames } from '@lastcall/core'
import type { FrameworkTexts } from './framework-texts.ts'
import type { HttpServer } from './server.ts'
import { passedOptions, ServerAdapter, type ServerAdapterOptions } from './server-adapter.ts'

export interface AppAdapterOptions<S extends HttpServer = Server> extends Omit<
  ServerAdapterOptions,
  keyof FrameworkTexts
> {
  /**
   * The server to drain, as for HTTPS. One without a listener for requests gets the application as its listener, any other is
   * left as it is. Default: one of node:http, made for the application.
   */
  readonly server?: S | undefined
}

const optionNames: OptionNames<AppAdapterOptions> = { ...passedOptions, server: true }

/** For authors of adapters: an application, with what its framework knows of requests. */
export interface App extends FrameworkTexts {
  /** Passes a request to the application. */
  readonly listener: RequestListener
  /**
   * What to write where the application listens by a server of its own, which the adapter does not know:
   * `fancyAdapter(app, { server: app.listen(8089) })`. Default: the application has no function that makes a server.
   */
  readonly withServer?: string | undefined
}

/**
 * For authors of adapters: makes a hook that drains the server of an application, with the options of `serverAdapter`.
 *
 * @throws as `serverAdapter` does.
 */
export function appAdapter<S extends HttpServer>(
  app: App,
  options: AppAdapterOptions<S> & { readonly server: S },
): ServerAdapter<S>
export function appAdapter(app: App, options?: AppAdapterOptions): ServerAdapter<Server>
export function appAdapter(app: App, options?: AppAdapterOptions<HttpServer>): ServerAdapter
export function appAdapter(
  { listener, route, target, withServer }: App,
  options: AppAdapterOptions<HttpServer> = {},
): ServerAdapter {
  expectOptions(options, optionNames)
  const { server = createServer(), ...adapterOptions } = options
  // The adapter may listen as well.
  const isBare = server instanceof EventEmitter && server.listenerCount('request') === 0
  const isOwn = options.server === undefined && options.listen === undefined
  const advice = isOwn && withServer !== undefined ? `Pass the server that listens: \`${withServer}\`` : undefined
  const adapter = new ServerAdapter(server, { ...adapterOptions, route, target }, advice)
  if (isBare) server.on('request', listener)
  return adapter
}
