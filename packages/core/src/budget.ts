const maxAbortGrace = 250
const abortGraceShare = 0.05
const highestFloor = 1_000
/** What is left of a sum of ms when all its terms are taken away again. */
const roundingError = 1e-6

/** The time after its limit in which a hook may still give up cleanly: min(250 ms, 5 % of the timeout). */
export function abortGrace(timeout: number): number {
  return Math.min(maxAbortGrace, timeout * abortGraceShare)
}

/**
 * Shares one deadline among steps that run one after the other, so that none can take the time set aside for those behind it.
 *
 * A step's set-aside time is the one it declares, or else the floor. Where they add up to more than the whole, the declared
 * ones are scaled down together. Time that a step does not use flows on to the next. The grace period of a step is part of its
 * own time, so that those behind it have theirs whole; only that of the last comes after the deadline.
 */
export class Budget {
  /** The length of the grace period, in ms. */
  readonly abortGrace: number
  /** What declared times were multiplied with to fit: 1 when they did. */
  readonly scale: number
  /** The time set aside for each step, in ms. */
  readonly shares: readonly number[]
  readonly #floor: number
  #deadline: number
  #current = 0
  #behind: number
  #forced: { end: number; share: number } | undefined

  /**
   * @param begin - The instant at which the time begins to run.
   * @param timeout - The time for all steps together, in ms.
   * @param steps - For each step the times that its members declare, in ms, or `undefined`.
   */
  constructor(begin: number, timeout: number, steps: readonly (readonly (number | undefined)[])[]) {
    this.abortGrace = abortGrace(timeout)
    this.#deadline = begin + timeout
    const floor = Math.min(highestFloor, timeout / (2 * steps.length))
    this.#floor = floor
    const declares = steps.map((times) => times.some((time) => time !== undefined))
    const wanted = steps.map((times) => times.reduce<number>((longest, time) => Math.max(longest, time ?? floor), 0))
    const declared = sum(wanted.filter((_, index) => declares[index]))
    const floors = floor * declares.filter((isDeclared) => !isDeclared).length
    this.scale = declared + floors > timeout ? (timeout - floors) / declared : 1
    this.shares = wanted.map((time, index) => (declares[index] ? time * this.scale : time))
    this.#behind = sum(this.shares)
  }

  /**
   * Begins the next step: from here on its set-aside time is its own to use.
   *
   * @param share - The time that was set aside for it, in ms; 0 for one that was not foreseen.
   */
  next(share: number): void {
    this.#current = share || this.#floor
    const behind = this.#behind - share
    this.#behind = behind > roundingError ? behind : 0
  }

  /** The instant at which the signals of the present step abort. */
  get limit(): number {
    if (this.#behind === 0) return this.#deadline
    return this.#end - Math.min(this.abortGrace, this.#current / 2)
  }

  /** The instant at which a call of the present step with this limit is abandoned. */
  abandonAt(limit: number): number {
    if (this.#forced === undefined) return Math.min(limit + this.abortGrace, this.#end)
    return this.#forced.end - this.#behind * this.#forced.share
  }

  /**
   * Ends the time: the present step and those behind it have one grace period together, shared as their time was.
   *
   * @param instant - The instant at which the stop was forced.
   * @param window - The grace period, in ms, where it is not this budget's own.
   */
  force(instant: number, window?: number): void {
    const end = window === undefined ? Math.min(instant, this.#deadline) + this.abortGrace : instant + window
    const remaining = this.#current + this.#behind
    this.#forced = { end, share: remaining > 0 ? (end - instant) / remaining : 0 }
    this.#deadline = Math.min(this.#deadline, instant)
  }

  /** The instant by which the present step has ended or is abandoned. */
  get #end(): number {
    return this.#behind > 0 ? this.#deadline - this.#behind : this.#deadline + this.abortGrace
  }
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0)
}
