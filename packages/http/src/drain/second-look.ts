/** Looks at something again after a time. */
export class SecondLook {
  #cancel: (() => void) | undefined;

  /** Calls `look` after so many milliseconds, in place of what was to be called before. */
  in(milliseconds: number, look: () => void): void {
    this.cancel()
    const timer = setTimeout(() => {
      // After a turn that took long, timers come before what has arrived meanwhile is read.
      const immediate = setImmediate(() => {
        this.#cancel = undefined
        look()
      })
      this.#cancel = () => clearImmediate(immediate)
    }, milliseconds)
    this.#cancel = () => clearTimeout(timer)
  }

  cancel(): void {
    this.#cancel?.()
    this.#cancel = undefined
  }
}
