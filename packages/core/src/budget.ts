const longestForceWindow = 250
const forceWindowShare = 0.05
const highestFloor = 1_000

/** The time after its limit in which a hook may still give up cleanly: min(250 ms, 5 % of the timeout). */
export function forceWindow(timeout: number): number {
  return Math.min(longestForceWindow, timeout * forceWindowShare)
}

/**
 * Shares one deadline among steps that run one after the other, so that none can take the time set aside for those behind it.
 *
 * A step's set-aside time is the one it declares, or else the floor. Where they add up to more than the whole, the declared
 * ones are scaled down together. Time that a step does not use flows on to the next.
 */
export class Budget {
  /** The length of the force window, in ms. */
  readonly forceWindow: number
  /** What declared times were multiplied with to fit: 1 when they did. */
  readonly scale: number
  /** The time set aside for each step, in ms. */
  readonly shares: readonly number[]
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
    this.forceWindow = forceWindow(timeout)
    this.#deadline = begin + timeout
    const floor = Math.min(highestFloor, timeout / (2 * steps.length))
    const declares = steps.map((times) => times.some((time) => time !== undefined))
    const wanted = steps.map((times) => times.reduce<number>((longest, time) => Math.max(longest, time ?? floor), 0))
    const declared = sum(wanted.filter((_, index) => declares[index]))
    const floors = floor * declares.filter((isDeclared) => !isDeclared).length
    this.scale = declared + floors > timeout ? (timeout - floors) / declared : 1
    this.shares = wanted.map((time, index) => (declares[index] ? time * this.scale : time))
    this.#behind = sum(this.shares)
  }

  /** Begins the next step: from here on its set-aside time is its own to use. */
  next(share: number): void {
    this.#current = share
    this.#behind = Math.max(0, this.#behind - share)
  }

  /**
   * The instant at which the signals of the present step abort.
   *
   * Its force window is over before the time of the steps behind it begins; that of the last step comes after the deadline.
   */
  get limit(): number {
    return this.#behind > 0 ? this.#deadline - this.#behind - this.forceWindow : this.#deadline
  }

  /** The instant at which a call of the present step with this limit is abandoned. */
  abandonAt(limit: number): number {
    const end = limit + this.forceWindow
    return this.#forced === undefined ? end : Math.min(end, this.#forced.end - this.#behind * this.#forced.share)
  }

  /**
   * Ends the time: the present step and those behind it have one force window together, shared as their time was.
   *
   * @param instant - The instant at which the stop was forced.
   * @param window - The force window, in ms, where it is not this budget's own.
   */
  force(instant: number, window: number = this.forceWindow): void {
    this.#deadline = Math.min(this.#deadline, instant)
    const remaining = this.#current + this.#behind
    this.#forced = { end: instant + window, share: remaining > 0 ? window / remaining : 0 }
  }
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0)
}
