import type { Lifecycle } from '@lastcall/core'
import { discount, type ProbeAnswer, type ProbeOptions, ProbeResponder } from '@lastcall/http'

/** What probes need of a context of Koa. */
export interface ProbeContext {
  readonly method: string
  readonly url: string
  readonly req: object
  status: number
  body: unknown
  set(headers: Record<string, string>): void
}

/** Middleware for Koa that answers probes. */
export type ProbeMiddleware = (context: ProbeContext, next: () => Promise<unknown>) => Promise<unknown>

/**
 * Makes middleware for Koa that answers probes as `probes` of @lastcall/http does, and leaves every other request to the next.
 *
 * Use it before what writes logs, asks for credentials, or takes long: whoever probes has none, and does not wait.
 *
 * @throws TypeError or RangeError when an argument is not what it should be.
 *
 * @example
 * app.use(koaProbes(lifecycle))
 */
export function koaProbes(lifecycle: Lifecycle, options: ProbeOptions = {}): ProbeMiddleware {
  const responder = new ProbeResponder(lifecycle, options)
  return (context, next) => {
    const answer = responder.respond(context.method, context.url)
    if (answer === undefined) return next()
    discount(context.req)
    return send(context, answer)
  }
}

async function send(context: ProbeContext, answer: Promise<ProbeAnswer>): Promise<void> {
  const { status, headers, body } = await answer
  context.status = status
  context.body = body
  // Behind the body, for which Koa sets headers of its own.
  context.set(headers)
}
