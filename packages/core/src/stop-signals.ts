import { constants } from 'node:os'
import { now } from './clock.ts'
import { describe } from './expect.ts'

/** What no process can listen to (signal(7)). */
const uncatchable: ReadonlySet<string> = new Set(['SIGKILL', 'SIGSTOP'])

/** npm passes a Ctrl-C on to the process that the terminal has already sent it to, unless a shell is in between. In ms. */
const duplicateWindow = 250

/**
 * Checks the names of the signals that stop a process, and returns each once.
 *
 * @throws TypeError when `signals` is no array, or one of them is none that this platform knows and a process can listen to.
 */
export function expectSignals(signals: unknown): ReadonlySet<NodeJS.Signals> {
  if (!Array.isArray(signals)) {
    throw new TypeError(`Expected \`signals\` to be an array of signal names, got ${describe(signals)}`)
  }
  for (const signal of signals as unknown[]) {
    if (typeof signal !== 'string' || !Object.hasOwn(constants.signals, signal) || uncatchable.has(signal)) {
      throw new TypeError(
        `Expected \`signals\` to name signals that this platform knows and a process can listen to, got ${describe(signal)}`,
      )
    }
  }
  return new Set(signals as NodeJS.Signals[])
}

/** The number of a signal. */
export function signalNumber(signal: NodeJS.Signals): number {
  return constants.signals[signal]
}

/**
 * Checks the names of the signals that force a stop when they are repeated, and returns each once.
 *
 * @param signals - Those that stop: only they are listened to.
 * @throws TypeError when `force` is no array, or has a signal that is not among `signals`.
 */
export function expectForce(force: unknown, signals: ReadonlySet<NodeJS.Signals>): ReadonlySet<NodeJS.Signals> {
  if (!Array.isArray(force)) {
    throw new TypeError(`Expected \`force\` to be an array of signal names, got ${describe(force)}`)
  }
  for (const signal of force as NodeJS.Signals[]) {
    if (!signals.has(signal)) {
      throw new TypeError(`Expected \`force\` to name signals of \`signals\`, got ${describe(signal)}`)
    }
  }
  return new Set(force as NodeJS.Signals[])
}

/** Counts how often each signal has come. What a signal delivers again at once counts once: npm delivers a Ctrl-C twice. */
export class SignalCounter {
  readonly #latest = new Map<NodeJS.Signals, number>()
  readonly #counts = new Map<NodeJS.Signals, number>()
  readonly #others = new Map<NodeJS.Signals, number>()

  /** How many other listeners a signal has. One that is gone at the next signal may send it again, to the process itself. */
  note(signal: NodeJS.Signals, others: number): void {
    this.#others.set(signal, others)
  }

  /**
   * How often a signal has come, this time included; `undefined` for a duplicate of the time before.
   *
   * @param others - How many other listeners it has. Where one has gone since the time before, one time does not count: libraries that
   * listen by themselves send the signal again when they are done (Nest, Apollo Server), and take their listener off before.
   */
  count(signal: NodeJS.Signals, others = 0): number | undefined {
    const [before = -Infinity, at] = [this.#latest.get(signal), now()]
    if (at - before < duplicateWindow) return undefined
    this.#latest.set(signal, at)
    const hasGone = others < (this.#others.get(signal) ?? 0)
    this.note(signal, others)
    const count = (this.#counts.get(signal) ?? 0) + (hasGone ? 0 : 1)
    this.#counts.set(signal, count)
    return count
  }

  /** How long a duplicate of a signal can still come, in ms. */
  get remaining(): number {
    const latest = Math.max(-Infinity, ...this.#latest.values())
    return Math.max(0, latest + duplicateWindow - now())
  }
}
