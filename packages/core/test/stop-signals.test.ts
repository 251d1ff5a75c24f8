import { describe, expect, test, vi } from 'vitest'
import { expectSignals, signalNumber, SignalPresses } from '../src/stop-signals.ts'
import { fakeTime } from './stopped.ts'

fakeTime()

describe('signals', () => {
  test('are taken by their names, each once; there may be none', () => {
    expect([...expectSignals(['SIGTERM', 'SIGUSR2', 'SIGTERM'])]).toEqual(['SIGTERM', 'SIGUSR2'])
    expect([...expectSignals([])]).toEqual([])
    expect(signalNumber('SIGUSR2')).toBeGreaterThan(0)
  })

  test.each<[unknown, string]>([
    ['SIGTERM', 'to be an array of signal names, got the string `"SIGTERM"`'],
    [null, 'to be an array of signal names, got `null`'],
    [['SIGKILL'], 'that this platform knows and a process can listen to, got the string `"SIGKILL"`'],
    [['SIGTERM', 'SIGSTOP'], 'got the string `"SIGSTOP"`'],
    [['SIGFOO'], 'got the string `"SIGFOO"`'],
    [['toString'], 'got the string `"toString"`'],
    [[15], 'got `15`'],
  ])('%j is refused', (signals, message) => {
    expect(() => expectSignals(signals)).toThrow(TypeError)
    expect(() => expectSignals(signals)).toThrow(message)
  })
})

describe('a press', () => {
  test('is one, however often its signal is delivered within 250 ms of its first delivery', () => {
    const presses = new SignalPresses()
    expect(presses.count('SIGINT')).toBe(1)
    vi.advanceTimersByTime(200)
    expect(presses.count('SIGINT')).toBeUndefined()
    vi.advanceTimersByTime(49)
    expect(presses.count('SIGINT')).toBeUndefined()
    vi.advanceTimersByTime(1)
    expect(presses.count('SIGINT')).toBe(2)
    expect(presses.count('SIGINT')).toBeUndefined()
  })

  test('is another one for another signal, at once', () => {
    const presses = new SignalPresses()
    expect(presses.count('SIGINT')).toBe(1)
    expect(presses.count('SIGTERM')).toBe(2)
    expect(presses.count('SIGTERM')).toBeUndefined()
    expect(presses.count('SIGINT')).toBe(3)
  })

  test('says how long a delivery can still belong to it', () => {
    const presses = new SignalPresses()
    expect(presses.remaining).toBe(0)
    presses.count('SIGINT')
    vi.advanceTimersByTime(100)
    expect(presses.remaining).toBe(150)
    vi.advanceTimersByTime(500)
    expect(presses.remaining).toBe(0)
  })
})
