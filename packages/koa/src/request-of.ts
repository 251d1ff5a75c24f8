import { describe } from '@lastcall/core'
import type { IncomingMessage } from 'node:http'
import type { Http2ServerRequest } from 'node:http2'

/** What is needed of Koa's context of a request, or of its `request`. */
export interface DrainableContext {
  readonly req: IncomingMessage | Http2ServerRequest
}

/**
 * Returns the request of a context.
 *
 * @param call - The name of the function that it was given to.
 * @throws TypeError when it has none.
 */
export function requestOf(call: string, context: DrainableContext): DrainableContext['req'] {
  const { req } = (context ?? {}) as Partial<DrainableContext>
  if (typeof req === 'object') return req
  throw new TypeError(
    `Expected \`context\` of \`${call}\` to be Koa's context, got ${describe(context)}. Write \`${call}(ctx)\``,
  )
}
