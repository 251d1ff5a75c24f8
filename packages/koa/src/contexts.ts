import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'
import type { Http2ServerRequest, ServerHttp2Stream } from 'node:http2'
import type { KoaContext } from './route-of.ts'

/** The parts of an application that Koa's own `callback` uses. */
interface Application {
  callback(): RequestListener
  createContext(request: IncomingMessage, response: ServerResponse): KoaContext
  handleRequest(...args: unknown[]): unknown
  on(...args: unknown[]): unknown
}

/** The contexts that Koa makes of requests, each kept as long as its request is. */
export class Contexts {
  readonly #app: Application
  readonly #contexts = new WeakMap<IncomingMessage | ServerHttp2Stream, KoaContext>()
  #listener: RequestListener | undefined

  constructor(app: object) {
    this.#app = app as Application
  }

  /** Passes a request to the application, and keeps its context. */
  readonly listener: RequestListener = (request, response) => {
    // Not before there is a request: Koa adds its listener for errors then, if the application has none.
    this.#listener ??= this.#callback()
    return this.#listener(request, response)
  }

  /** The context of a request, which is known by its stream over HTTP/2. */
  of(request: IncomingMessage | ServerHttp2Stream): KoaContext | undefined {
    return this.#contexts.get(request)
  }

  /** The application's own callback, where it cannot be derived: then no context is known. */
  #callback(): RequestListener {
    try {
      return this.#derive().callback()
    } catch {
      return this.#app.callback()
    }
  }

  /** An application that reads as the one it is derived from, and whose `callback` makes contexts that are kept. */
  #derive(): Application {
    const app = this.#app
    const createContext: Application['createContext'] = (request, response) => {
      const context = app.createContext(request, response)
      this.#contexts.set(keyOf(request), context)
      return context
    }
    // What would write, or is the application's own, goes to the application itself: it has state that is not inherited.
    const handleRequest: Application['handleRequest'] = (...args) => app.handleRequest(...args)
    const on: Application['on'] = (...args) => app.on(...args)
    return Object.assign(Object.create(app) as Application, { createContext, handleRequest, on })
  }
}

function keyOf(request: IncomingMessage | Http2ServerRequest): IncomingMessage | ServerHttp2Stream {
  return 'stream' in request ? request.stream : request
}
