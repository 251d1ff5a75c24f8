import type { DrainReport } from '@lastcall/http'
import type { StopReport } from '@lastcall/core'
import { expect, vi } from 'vitest'
import { drainOf, listenerClosed, passTurns, type Service } from './service.ts'

/** How the adapters here are set: with these, the instants of {@link instant} lie in their stages. */
export const settings = { stopDelay: 100, closeIdleAfter: 200, closeSilentAfter: 500, stopTimeout: 60_000 } as const

/** Instants in ms, counted from the beginning of the stop. */
export const instant = {
  'long before the stop': -1_000,
  'just before the stop': -50,
  'in the announce stage': 50,
  'after the listener closed': 120,
  'right before the force': 59_999,
} as const

export type Stage = keyof typeof instant

/** When the listener closes, and when the stop is forced. */
export const closing: number = settings.stopDelay
export const deadline: number = settings.stopTimeout

const begin = instant['long before the stop']

/** The stop of a service on a clock that stands still between two instants. */
export class Timeline {
  readonly #service: Service
  #now: number = begin
  #report: Promise<StopReport> | undefined

  constructor(service: Service) {
    this.#service = service
  }

  /** Goes on to an instant, and through the beginning of the stop and the closing of the listener when they lie before it. */
  async at(when: number): Promise<void> {
    if (this.#now < 0 && when >= 0) {
      await this.#pass(0)
      this.#report = this.#service.lifecycle.stop()
      await passTurns()
    }
    if (this.#now < closing && when >= closing) {
      await this.#pass(closing - 1)
      expectState(this.#service, { listening: true })
      await this.#pass(closing)
      await listenerClosed(this.#service)
    }
    await this.#pass(when)
  }

  /**
   * Expects the stop to end at an instant, no millisecond earlier or later.
   *
   * @param left - How many connections are closed then, and not before. Default 1.
   */
  async endsAt(when: number, left = 1): Promise<DrainReport> {
    if (when > Math.max(this.#now, closing)) {
      await this.at(when - 1)
      expectState(this.#service, { connections: left })
    }
    await this.at(when)
    const report = await this.#report
    if (report === undefined) throw new Error('Expected the stop to have begun')
    expectEnd(report, when)
    expectState(this.#service, { connections: 0, inFlight: 0 })
    return drainOf(report)
  }

  async #pass(when: number): Promise<void> {
    vi.advanceTimersByTime(when - this.#now)
    this.#now = when
    await passTurns()
  }
}

function expectState({ server, adapter }: Service, state: object): void {
  const { connections, inFlight } = adapter
  expect({ listening: server.listening, connections, inFlight }).toMatchObject(state)
}

function expectEnd(report: StopReport, when: number): void {
  const forced = when === deadline
  expect(report).toMatchObject({ ok: !forced, duration: when, hooks: [{ outcome: forced ? 'aborted' : 'stopped' }] })
}
