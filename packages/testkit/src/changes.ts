/** Tells whoever waits that something has changed, so that they look again. */
export class Changes {
  #waiting: (() => void)[] = []

  /** Resolves at the next change. */
  next(): Promise<void> {
    return new Promise((resolve) => {
      this.#waiting.push(resolve)
    })
  }

  notify(): void {
    for (const resolve of this.#waiting.splice(0)) resolve()
  }
}
