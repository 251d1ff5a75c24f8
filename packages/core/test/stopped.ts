import { afterEach, beforeEach, expect, vi } from 'vitest'
import type { Lifecycle, StopOptions, StopReport } from '../src/index.ts'

/** Runs each test of a file on fake timers, and expects it to leave none behind. */
export function fakeTime(): void {
  beforeEach(() => {
    vi.useFakeTimers()
  })
  afterEach(() => {
    expect(vi.getTimerCount()).toBe(0)
    vi.useRealTimers()
  })
}

/** Stops a lifecycle and lets the time pass that this takes. */
export async function stopped(lifecycle: Lifecycle, options?: StopOptions): Promise<StopReport> {
  const report = lifecycle.stop(options)
  await vi.runAllTimersAsync()
  return report
}

/** The outcomes of a report by the names of the hooks, in the order in which they stopped. */
export function outcomes({ hooks }: StopReport): Record<string, string> {
  return Object.fromEntries(hooks.map(({ name, outcome }) => [name, outcome]))
}

/** Resolves to a number of ms when these have passed. */
export function after(milliseconds: number): Promise<number> {
  return new Promise((resolve) => {
    setTimeout(resolve, milliseconds, milliseconds)
  })
}
