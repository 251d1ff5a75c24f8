import type { IncomingMessage, ServerResponse } from 'node:http'
import { describe, expectOptions, type Lifecycle, type OptionNames } from '@lastcall/core'
import { discount } from '../discount.ts'
import type { ProbeAnswer } from './probe-answer.ts'
import { probeOptionNames, type ProbeOptions } from './probe-options.ts'
import { ProbeResponder } from './probe-responder.ts'

/** What probes need of a request: one of node:http, of node:http2, or of a framework that hands those on. */
export interface ProbeRequest {
  readonly method?: string | undefined
  readonly url?: string | undefined
}

/** What probes need of a response. */
export interface ProbeResponse {
  readonly headersSent: boolean
  writeHead(status: number, headers: Readonly<Record<string, string>>): unknown
  end(body: string): unknown
  destroy?(): unknown
}

/** Takes the requests of a server. */
export type ProbeListener<Request, Response> = (request: Request, response: Response) => void

/** Answers probes, and hands every other request to `next` where there is one. */
export type ProbeHandler<Request = ProbeRequest, Response = ProbeResponse> = (
  request: Request,
  response: Response,
  next?: (error?: unknown) => void,
) => void

export interface ProbesOptions<Request = IncomingMessage, Response = ServerResponse> extends ProbeOptions {
  /**
   * Takes the requests that are no probes, where there is no `next`. Default: they are answered 404, and those for the path of a
   * probe by another method 405.
   */
  readonly handler?: ProbeListener<Request, Response> | undefined
}

const optionNames: OptionNames<ProbesOptions> = { ...probeOptionNames, handler: true }

/**
 * Makes a handler that answers the probes of a load balancer or of Kubernetes, for GET and HEAD, in JSON.
 *
 * `/livez` is answered 200 for as long as the process can. `/readyz`, or `/healthz`, is answered 200 when every hook's `check`
 * passes, and 503 when one fails, before everything has started, and from the moment stopping begins; each check is named. What
 * checks return or throw stays in the process, unless `verbose` is set. Where no hook has a `start`, everything has started
 * without a call of `lifecycle.start()`.
 *
 * It is middleware for Express and connect as it is, at the root or under a path; for a server of node:http or node:http2, give it
 * the server's own handler.
 *
 * @throws TypeError or RangeError when an argument is not what it should be.
 *
 * @example
 * app.use(probes(lifecycle))
 *
 * @example
 * const server = createServer(probes(lifecycle, { handler: (request, response) => response.end('Hello world!\n') }))
 */
export function probes(lifecycle: Lifecycle, options?: ProbeOptions & { readonly handler?: undefined }): ProbeHandler
export function probes<Request extends ProbeRequest = IncomingMessage, Response extends ProbeResponse = ServerResponse>(
  lifecycle: Lifecycle,
  options: ProbesOptions<NoInfer<Request>, NoInfer<Response>>,
): ProbeHandler<Request, Response>
export function probes(lifecycle: Lifecycle, options: ProbesOptions<ProbeRequest, ProbeResponse> = {}): ProbeHandler {
  expectOptions(options, optionNames)
  const { handler, ...probeOptions } = options
  const responder = new ProbeResponder(lifecycle, probeOptions)
  if (handler !== undefined && typeof handler !== 'function') {
    throw new TypeError(`Expected \`handler\` to be a function, got ${describe(handler)}`)
  }
  return (request, response, next) => {
    const { method = '', url = '' } = request
    const answer = responder.respond(method, url)
    if (answer) {
      discount(request)
      void sendWhenKnown(response, answer, next)
    } else if (next) return next()
    else if (handler) return handler(request, response)
    else send(response, responder.refuse(method, url))
  }
}

/** What goes wrong is the application's to handle, where it has a way, and no crash of a probe. */
async function sendWhenKnown(
  response: ProbeResponse,
  answer: Promise<ProbeAnswer>,
  next: ((error?: unknown) => void) | undefined,
): Promise<void> {
  try {
    send(response, await answer)
  } catch (error) {
    if (next) next(error)
    else response.destroy?.()
  }
}

function send(response: ProbeResponse, { status, headers, body }: ProbeAnswer): void {
  // While the checks were under way, somebody else may have given up waiting.
  if (response.headersSent) return
  response.writeHead(status, headers)
  response.end(body)
}
