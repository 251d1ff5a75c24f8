import { describe, expect, test, vi } from 'vitest'
import { expectForce, expectSignals, SignalCounter, signalNumber } from '../src/stop-signals.ts'
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

describe('the signals that force', () => {
  const signals = expectSignals(['SIGTERM', 'SIGINT'])

  test('are among those that stop; there may be none', () => {
    expect([...expectForce(['SIGINT', 'SIGINT'], signals)]).toEqual(['SIGINT'])
    expect([...expectForce([], signals)]).toEqual([])
  })

  test.each<[unknown, string]>([
    ['SIGINT', 'Expected `force` to be an array of signal names, got the string `"SIGINT"`'],
    [['SIGHUP'], 'Expected `force` to name signals of `signals`, got the string `"SIGHUP"`'],
    [[2], 'Expected `force` to name signals of `signals`, got `2`'],
  ])('are not %j', (force, message) => {
    expect(() => expectForce(force, signals)).toThrow(new TypeError(message))
  })
})

describe('a signal', () => {
  test('counts once, however often it is delivered within 250 ms of its first delivery', () => {
    const counter = new SignalCounter()
    expect(counter.count('SIGINT')).toBe(1)
    vi.advanceTimersByTime(200)
    expect(counter.count('SIGINT')).toBeUndefined()
    vi.advanceTimersByTime(49)
    expect(counter.count('SIGINT')).toBeUndefined()
    vi.advanceTimersByTime(1)
    expect(counter.count('SIGINT')).toBe(2)
    expect(counter.count('SIGINT')).toBeUndefined()
  })

  test('is counted apart from another, which does not make it come again', () => {
    const counter = new SignalCounter()
    expect(counter.count('SIGINT')).toBe(1)
    expect(counter.count('SIGTERM')).toBe(1)
    expect(counter.count('SIGINT')).toBeUndefined()
    expect(counter.count('SIGTERM')).toBeUndefined()
    vi.advanceTimersByTime(250)
    expect(counter.count('SIGTERM')).toBe(2)
  })

  test('does not count where a listener that has gone may have sent it again', () => {
    const counter = new SignalCounter()
    expect(counter.count('SIGINT', 2)).toBe(1)
    vi.advanceTimersByTime(300)
    expect(counter.count('SIGINT', 1)).toBe(1)
    vi.advanceTimersByTime(300)
    expect(counter.count('SIGINT', 1)).toBe(2)
    vi.advanceTimersByTime(300)
    expect(counter.count('SIGINT', 3)).toBe(3)
  })

  test('does not count at first where a listener has gone already, which listened once', () => {
    const counter = new SignalCounter()
    counter.note('SIGINT', 1)
    expect(counter.count('SIGINT', 0)).toBe(0)
    vi.advanceTimersByTime(300)
    expect(counter.count('SIGINT', 0)).toBe(1)
    vi.advanceTimersByTime(300)
    expect(counter.count('SIGINT', 0)).toBe(2)
  })

  test('can be delivered again for the rest of 250 ms, the latest of them', () => {
    const counter = new SignalCounter()
    expect(counter.remaining).toBe(0)
    counter.count('SIGINT')
    vi.advanceTimersByTime(100)
    expect(counter.remaining).toBe(150)
    counter.count('SIGTERM')
    expect(counter.remaining).toBe(250)
    vi.advanceTimersByTime(500)
    expect(counter.remaining).toBe(0)
  })
})
