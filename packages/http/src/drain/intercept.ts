import type { EventEmitter } from 'node:events'

/** Gets the arguments of an event before any listener, and `pass`, which hands them on to the listeners. */
export type Interceptor = (args: readonly never[], pass: () => void) => void

/**
 * Puts interceptors in front of the listeners of an emitter, those that are added meanwhile too, by an `emit` of its own.
 *
 * @returns How to end it: from then on, everything goes to the listeners at once.
 */
export function intercept(emitter: EventEmitter, interceptors: ReadonlyMap<string | symbol, Interceptor>): () => void {
  const own = Object.getOwnPropertyDescriptor(emitter, 'emit')
  const original = emitter.emit.bind(emitter)
  let ended = false
  const emit: EventEmitter['emit'] = (event, ...args) => {
    const pass = (): boolean => original(event, ...args)
    const interceptor = ended ? undefined : interceptors.get(event)
    if (interceptor === undefined) return pass()
    interceptor(args as never[], pass)
    return true
  }
  emitter.emit = emit
  return () => {
    ended = true
    // Whoever has put an `emit` of theirs on top keeps it.
    if (emitter.emit !== emit) return
    if (own) Object.defineProperty(emitter, 'emit', own)
    else Reflect.deleteProperty(emitter, 'emit')
  }
}
