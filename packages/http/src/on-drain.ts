import { describe } from '@lastcall/core'
import { type DrainableRequest, expectRequest } from './expect-request.ts'
import { answerTo } from './request-query.ts'

/**
 * Calls a listener when the listener of the request's server closes: an endless response ends itself by it, wherever its handler is
 * written.
 *
 * For a request that comes later, it is called in the next tick, when the handler has returned or waits. It is called once at most,
 * and not at all when the response has ended before, or where the server has no adapter, as in a test of a handler. What it throws
 * becomes an uncaught error, as of any listener of an event, and the other listeners are called.
 *
 * @param request - As for {@link draining}.
 * @returns An object that unsubscribes the listener by `[Symbol.dispose]()`; the end of the request does so as well.
 * @throws TypeError when `request` is no request, as `draining` does, or `listener` is no function.
 *
 * @example
 * response.writeHead(200, { 'Content-Type': 'text/event-stream' })
 * const timer = setInterval(() => response.write(`data: ${Date.now()}\n\n`), 1_000)
 * response.on('close', () => clearInterval(timer))
 * onDrain(request, () => response.end())
 */
export function onDrain(request: DrainableRequest, listener: () => void): Disposable {
  expectRequest('onDrain', request)
  if (typeof listener !== 'function') {
    throw new TypeError(`Expected \`listener\` to be a function, got ${describe(listener)}`)
  }
  const answer = answerTo(request)
  const closers = answer?.closersOf(request) ?? []
  if (answer === undefined || closers.length === 0) return { [Symbol.dispose]: () => {} }
  const dispose = (): void => {
    unsubscribe()
    for (const closer of closers) closer.off('close', dispose)
  }
  const unsubscribe = answer.onDrain(() => {
    dispose()
    // What the listener writes would be an error.
    if (!closers.some(({ writableEnded }) => writableEnded)) listener()
  })
  for (const closer of closers) closer.on('close', dispose)
  return { [Symbol.dispose]: dispose }
}
