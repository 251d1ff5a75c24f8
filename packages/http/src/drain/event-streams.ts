import { ServerResponse } from 'node:http'
import type { ServerHttp2Stream } from 'node:http2'
import { describe } from '@lastcall/core'

/** What happens to responses of `text/event-stream` when the listener has closed. */
export type EventStreams = 'leave' | 'end'

type Response = ServerResponse | ServerHttp2Stream
type AnyFunction = (...args: unknown[]) => unknown

const eventStream = /^\s*text\/event-stream\s*(?:;|$)/i
const eventStreamHeader = /^content-type:[ \t]*text\/event-stream[ \t]*(?:;|$)/im

/** @throws TypeError when a value is neither `'leave'` nor `'end'`. */
export function expectEventStreams(value: unknown): EventStreams {
  if (value === 'leave' || value === 'end') return value
  throw new TypeError(`Expected \`eventStreams\` to be 'leave' or 'end', got ${describe(value)}`)
}

/** Ends a response if it is an event stream, or when it becomes one: its head may still be unsent. */
export function endEventStream(response: Response): void {
  if (response.headersSent) {
    // What the application writes in the same turn, as the time after which to connect again, is still sent.
    if (isEventStream(response)) setImmediate(() => end(response))
    return
  }
  // Every head passes through this method, also when the application leaves it to Node.
  afterCall(response, response instanceof ServerResponse ? 'writeHead' : 'respond', () => endEventStream(response))
}

/** Calls back once when a method of an object has returned. */
function afterCall(object: object, method: string, called: () => void): void {
  const methods = object as Record<string, AnyFunction>
  const own = Object.getOwnPropertyDescriptor(object, method)
  const original = methods[method] as AnyFunction
  const wrapper: AnyFunction = (...args) => {
    const result = original.apply(object, args)
    // A wrapper that was added later stays.
    if (methods[method] === wrapper) restore(object, method, own)
    called()
    return result
  }
  methods[method] = wrapper
}

function restore(object: object, method: string, own: PropertyDescriptor | undefined): void {
  if (own) Object.defineProperty(object, method, own)
  else Reflect.deleteProperty(object, method)
}

/** Whether a response with a sent head is an event stream, however the application has set the header. */
function isEventStream(response: Response): boolean {
  if (!(response instanceof ServerResponse)) return isEventStreamOf(response.sentHeaders)
  // Headers that are given to `writeHead` alone are in the text of the head, and nowhere else.
  const { _header: head } = response as { readonly _header?: unknown }
  /* v8 ignore else -- on Bun alone a response has no such text */
  if (typeof head === 'string') return eventStreamHeader.test(head)
  else return isEventStreamOf({ 'content-type': response.getHeader('Content-Type') })
}

function isEventStreamOf(headers: Readonly<Record<string, unknown>>): boolean {
  return Object.entries(headers).some(
    ([name, value]) => name.toLowerCase() === 'content-type' && eventStream.test(String(value)),
  )
}

/** Ends a response with its terminating chunk or END_STREAM. */
function end(response: Response): void {
  if (response.writableEnded || response.destroyed) return
  response.end()
  dropWrites(response)
}

/**
 * Makes a response drop what is written, as a response whose client has left does. The application writes until it gets `'close'`, and
 * a write after the end is an error that ends the process.
 */
function dropWrites(response: Response): void {
  const endAgain: AnyFunction = (...args) => {
    const callback = callbackOf(args)
    if (callback) process.nextTick(callback)
    return response
  }
  Object.assign(response, { write: dropWrite, end: endAgain })
}

function dropWrite(...args: readonly unknown[]): boolean {
  const callback = callbackOf(args)
  if (callback) process.nextTick(callback, new EventStreamEndedError())
  return false
}

function callbackOf(args: readonly unknown[]): AnyFunction | undefined {
  return args.find((arg): arg is AnyFunction => typeof arg === 'function')
}

/** The error of a write after a stream has been destroyed, as Node has it. */
class EventStreamEndedError extends Error {
  readonly code = 'ERR_STREAM_DESTROYED'

  constructor() {
    super('Cannot write to the event stream: it has been ended because the server stops')
  }
}
