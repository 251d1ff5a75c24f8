/** Makes a listener that says on which of many emitters it was called: one function serves all of them. */
export function listenerOf<T>(called: (emitter: T) => void): (this: T) => void {
  return function () {
    called(this)
  }
}
