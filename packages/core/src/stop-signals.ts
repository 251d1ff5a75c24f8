import { constants } from 'node:os'
import { now } from './clock.ts'
import { describe } from './expect.ts'

/** What no process can listen to (signal(7)). */
const uncatchable: ReadonlySet<string> = new Set(['SIGKILL', 'SIGSTOP'])

/** npm passes a Ctrl-C on to the process that the terminal has already sent it to, unless a shell is in between. */
const samePress = 250

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

/** Counts how often somebody has asked for the stop: what a signal delivers again at once is the same press. */
export class SignalPresses {
  #latest: { readonly signal: NodeJS.Signals; readonly at: number } | undefined
  #count = 0

  /** How many presses there have been, this one included; `undefined` where a delivery belongs to the press before. */
  count(signal: NodeJS.Signals): number | undefined {
    if (this.#latest?.signal === signal && this.remaining > 0) return undefined
    this.#latest = { signal, at: now() }
    this.#count += 1
    return this.#count
  }

  /** How long a delivery can still belong to the latest press, in ms. */
  get remaining(): number {
    return this.#latest === undefined ? 0 : Math.max(0, this.#latest.at + samePress - now())
  }
}
