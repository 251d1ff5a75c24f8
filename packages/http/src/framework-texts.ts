import type { IncomingMessage } from 'node:http'
import type { ServerHttp2Stream } from 'node:http2'

/** Says what a framework knows of a request, which is known by its stream over HTTP/2; `undefined` where it knows nothing. */
export type FrameworkText = (request: IncomingMessage | ServerHttp2Stream) => string | undefined

/** What a framework knows of requests. */
export interface FrameworkTexts {
  /** Which route it has matched. */
  readonly route?: FrameworkText | undefined
  /** The target as it stood in the request. */
  readonly target?: FrameworkText | undefined
}
