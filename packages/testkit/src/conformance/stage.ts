import { vi } from 'vitest'
import { passTurns, type Service } from './service.ts'

/** The time between the announcement of a stop and the end of the listener, on a clock that is held still. */
export class Stage {
  readonly #service: Service
  readonly #begin = performance.now()

  /** Begins now. */
  constructor(service: Service) {
    this.#service = service
  }

  /** Lets the clock reach so many milliseconds from the beginning on, and everything happen that is due. */
  async reaches(milliseconds: number): Promise<void> {
    // What has been called may not have begun yet.
    await passTurns()
    vi.advanceTimersByTime(this.#begin + milliseconds - performance.now())
    await passTurns()
  }

  /** Lets the clock reach the millisecond before that, and then that; says whether the listener was open until there and no longer. */
  async lasts(milliseconds: number): Promise<boolean> {
    const { server } = this.#service
    if (milliseconds > 0) await this.reaches(milliseconds - 1)
    const open = milliseconds === 0 || server.listening
    await this.reaches(milliseconds)
    return open && !server.listening
  }
}
