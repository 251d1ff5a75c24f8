/** How many references are kept at least before those to objects that are gone are looked for. */
const smallest = 64

/** Objects that can be walked, and are not kept by it. */
export class IterableWeakSet<T extends object> implements Iterable<T> {
  #references: WeakRef<T>[] = []
  #sweepAt = smallest

  /** Whether nothing has ever been added. */
  get isUntouched(): boolean {
    return this.#references.length === 0
  }

  add(value: T): void {
    // Swept whenever it has doubled, so that an addition costs the same however many there are.
    if (this.#references.length === this.#sweepAt) this.#sweep()
    this.#references.push(new WeakRef(value))
  }

  *[Symbol.iterator](): Generator<T, undefined> {
    for (const reference of this.#references) {
      const value = reference.deref()
      if (value !== undefined) yield value
    }
  }

  #sweep(): void {
    this.#references = this.#references.filter((reference) => reference.deref() !== undefined)
    this.#sweepAt = Math.max(smallest, 2 * this.#references.length)
  }
}
