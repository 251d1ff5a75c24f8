import { type EventLoopUtilization, performance } from 'node:perf_hooks'

/** What a process had to do over a time. */
export interface Usage {
  /** Over how long, in ms. */
  readonly wall: number
  /** Time on a processor, in the program and in the system for it, in ms. */
  readonly cpu: number
  /** The share of the time in which the event loop was not waiting, 0 to 1. */
  readonly utilisation: number
}

/** Measures what this process has to do from now on. */
export class UsageMeter {
  readonly #at = performance.now()
  readonly #cpu = process.cpuUsage()
  readonly #loop: EventLoopUtilization = performance.eventLoopUtilization()

  read(): Usage {
    const { user, system } = process.cpuUsage(this.#cpu)
    return {
      wall: performance.now() - this.#at,
      cpu: (user + system) / 1_000,
      utilisation: performance.eventLoopUtilization(this.#loop).utilization,
    }
  }
}
