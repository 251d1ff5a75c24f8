import type { Kind } from './kind.ts'
import type { Service } from './service.ts'
import { type Visit, welcome } from './visitor.ts'

/** Clients that have connected while the event loop stood still: they wait in the queue of the system to be accepted. */
export class Crowd {
  /** What came of the visits. */
  readonly visits: Promise<readonly Visit[]>
  readonly #gathered: Promise<void>

  constructor(kind: Kind, service: Service, size: number) {
    // Each of them listens for its own handshake.
    service.server.setMaxListeners(0)
    const visitors = Array.from({ length: size }, () => welcome(kind, service))
    this.visits = Promise.all(visitors.map(async (visitor) => (await visitor).visit('/')))
    // Node asks the system for a connection in the next tick, and the system establishes it at once.
    this.#gathered = new Promise((resolve) => {
      process.nextTick(resolve)
    })
  }

  /** Resolves when they are connected, in the same turn of the event loop: nobody has been accepted yet. */
  async gathered(): Promise<void> {
    await this.#gathered
    blockFor(5)
  }
}

/** Keeps the event loop from turning for so many real milliseconds. */
function blockFor(milliseconds: number): void {
  // It needs no clock: on Deno, `process.hrtime` stands still with the others.
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, milliseconds)
}
