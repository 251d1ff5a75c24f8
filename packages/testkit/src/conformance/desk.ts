import type { RequestListener } from 'node:http'
import { Changes } from '../changes.ts'

/** A handler that keeps each response until it is told to answer. */
export class Desk {
  readonly #waiting: ((text: string) => void)[] = []
  readonly #arrivals = new Changes()
  #count = 0

  readonly handler: RequestListener = (_request, response) => {
    this.#waiting.push((text) => response.end(text))
    this.#count += 1
    this.#arrivals.notify()
  }

  /** Resolves when so many requests have arrived altogether. */
  async has(count: number): Promise<void> {
    while (this.#count < count) await this.#arrivals.next()
  }

  /** Answers the oldest request that waits. */
  answer(text: string): void {
    this.#waiting.shift()?.(text)
  }
}
