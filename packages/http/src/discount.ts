import { answerTo } from './request-query.ts'

/**
 * For authors of adapters: says that a request is no traffic, as a probe, so that it does not keep an adaptive `stopDelay` from its
 * quiet. To be said when the request has just come.
 */
export function discount(request: object): void {
  answerTo(request)?.discount()
}
