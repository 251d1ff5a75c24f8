import { onDrain as onDrainOf } from '@lastcall/http'
import { type DrainableContext, requestOf } from './request-of.ts'

/**
 * Calls a listener when the listener of the request's server closes, after `stopDelay`: an endless response ends itself by it.
 *
 * For a request that comes later, it is called in the next tick. It is called once at most, and not at all when the response has
 * ended before, or where there is no adapter. What it throws becomes an uncaught error, and the other listeners are called.
 *
 * @param context - Koa's context of a request that is in flight.
 * @returns An object that unsubscribes the listener by `[Symbol.dispose]()`; the end of the request does so as well.
 * @throws TypeError when `context` is no such context, or `listener` is no function.
 *
 * @example
 * const events = new PassThrough()
 * onDrain(ctx, () => events.end())
 * ctx.body = events
 */
export function onDrain(context: DrainableContext, listener: () => void): Disposable {
  return onDrainOf(requestOf('onDrain', context), listener)
}
