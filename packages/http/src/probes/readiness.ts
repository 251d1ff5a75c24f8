import type { CheckReport, Lifecycle } from '@lastcall/core'

interface ReadinessOptions {
  /** How long a result is used again, in ms. */
  readonly cache: number
  /** The time for each check, in ms; `undefined` for the lifecycle's default. */
  readonly timeout: number | undefined
}

/** Whether a lifecycle takes work, by its checks: one run of them serves all who ask meanwhile, and for a while after. */
export class Readiness {
  readonly #lifecycle: Lifecycle
  readonly #options: ReadinessOptions
  #underWay: Promise<CheckReport> | undefined
  #latest: { readonly report: CheckReport; readonly usedUntil: number } | undefined

  constructor(lifecycle: Lifecycle, options: ReadinessOptions) {
    this.#lifecycle = lifecycle
    this.#options = options
  }

  /** Resolves to what the checks say; to `undefined`, without a check, while the lifecycle has not started or is stopping. */
  async ask(): Promise<CheckReport | undefined> {
    if (!this.#lifecycle.started) return undefined
    const report = await this.#report()
    // Stopping may have begun meanwhile.
    return this.#lifecycle.started ? report : undefined
  }

  #report(): CheckReport | Promise<CheckReport> {
    if (this.#latest !== undefined && performance.now() < this.#latest.usedUntil) return this.#latest.report
    this.#underWay ??= this.#check()
    return this.#underWay
  }

  async #check(): Promise<CheckReport> {
    const { cache, timeout } = this.#options
    // Whoever waits for a check is answered when stopping begins, and no timer of a check holds the process.
    const report = await this.#lifecycle.check({ timeout, signal: this.#lifecycle.stopping })
    this.#latest = { report, usedUntil: performance.now() + cache }
    this.#underWay = undefined
    return report
  }
}
