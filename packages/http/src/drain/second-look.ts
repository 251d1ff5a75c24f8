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

  /**
   * Calls `look` when an instant comes, in place of what was to be called before; and where it has come, calls `due`, when what
   * has arrived by now has been read: in a turn that took long, a connection grows old while that waits.
   *
   * @param instant - On the clock of `performance.now()`.
   */
  at(instant: number, look: () => void, due: () => void): void {
    const remaining = instant - performance.now()
    if (remaining > 0) this.in(remaining, look)
    else this.next(due)
  }

  cancel(): void {
    this.#cancel?.()
    this.#cancel = undefined
  }
}
