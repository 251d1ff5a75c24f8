/** Looks at something again after a time. */
export class SecondLook {
  #cancel: (() => void) | undefined

  /** Calls `look` when what has arrived by now has been read, in place of what was to be called before. */
  next(look: () => void): void {
    this.cancel()
    const immediate = setImmediate(() => {
      this.#cancel = undefined
      look()
    })
    this.#cancel = () => clearImmediate(immediate)
  }

  /** Calls `look` after so many milliseconds, in place of what was to be called before. */
  in(milliseconds: number, look: () => void): void {
    this.cancel()
    // After a turn that took long, timers come before what has arrived meanwhile is read.
    const timer = setTimeout(() => this.next(look), milliseconds)
    this.#cancel = () => clearTimeout(timer)
  }

  cancel(): void {
    this.#cancel?.()
    this.#cancel = undefined
  }
}
