import { afterEach, beforeEach, expect, vi } from 'vitest'

/** Holds the clock of what is tested still, while sockets go on as ever: time passes with `vi.advanceTimersByTime`. */
export function stillClock(): void {
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval', 'performance', 'Date'] })
  })
  afterEach(() => {
    expect(vi.getTimerCount()).toBe(0)
    vi.useRealTimers()
  })
}
