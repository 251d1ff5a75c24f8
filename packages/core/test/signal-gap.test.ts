import {
  median,
  type Program,
  type SignalSender,
  type SignalsSent,
  startProgram,
  startSignalSender,
} from '@lastcall/testkit'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

/** How far the median of what was achieved may be from the gap that was asked for, in µs. */
const gapTolerance = 100
/** How long a process may take from the first signal to its end, in ms. */
const timeBound = 1_000
/** Hundreds of processes start, maybe on a busy machine. */
const timeout = 120_000

let sender: SignalSender
beforeAll(async () => {
  sender = await startSignalSender()
})
afterAll(() => sender.close())

interface Run {
  readonly sent: SignalsSent
  readonly output: string
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  /** From the first signal to the end, in ms. */
  readonly time: number
}

interface Runs {
  readonly fixture: string
  readonly times: number
  readonly signals: readonly NodeJS.Signals[]
  readonly gap: number
  readonly env?: Readonly<Record<string, string>> | undefined
}

/**
 * Starts a fixture again and again, and sends its signals to it once it runs. Two start at a time, to be quick; then one after
 * the other gets its signals, with nothing else at work: a process that waits for a core sees two signals as one.
 */
async function runs({ fixture, times, signals, gap, env }: Runs): Promise<readonly Run[]> {
  const done: Run[] = []
  while (done.length < times) {
    const programs = await Promise.all([running(fixture, env), running(fixture, env)])
    for (const program of programs) done.push(await hit(program, signals, gap))
  }
  return done
}

async function running(fixture: string, env?: Readonly<Record<string, string>>): Promise<Program> {
  const program = startProgram(new URL(`fixtures/${fixture}.js`, import.meta.url), env)
  await program.prints(/^running$/m)
  return program
}

async function hit(program: Program, signals: readonly NodeJS.Signals[], gap: number): Promise<Run> {
  const from = performance.now()
  const sent = await sender.send({ pid: program.pid, signals, gap })
  const { at, ...exit } = await program.exit
  return { sent, output: program.output, ...exit, time: at - from }
}

const stoppedBy = (signal: string): RegExp =>
  new RegExp(
    `^starting\nkeeper: open\nrunning\nstarted in .*\nshutting down: ${signal}, up to 9 s\n` +
      `server: stopped\nqueue: stopped\ndatabase: stopped\nstopped by ${signal} in .* of 9 s\n` +
      '  server  .*\n  queue  .*\n  database  .*\n  keeper  .*\n$',
  )

describe('two SIGTERMs', () => {
  test.each([0, 100, 400, 1_000])(
    '%i µs apart stop everything, once, in each of 100 runs',
    { timeout },
    async (gap) => {
      const signals = ['SIGTERM', 'SIGTERM'] as const
      const done = await runs({ fixture: 'brief', times: 100, signals, gap })
      expect(done).toHaveLength(100)
      for (const { output, code, signal, time } of done) {
        expect(output).toMatch(stoppedBy('SIGTERM'))
        expect({ code, signal }).toEqual({ code: 0, signal: null })
        expect(time).toBeLessThan(timeBound)
      }
      const gaps = done.flatMap(({ sent }) => sent.gaps)
      expect(gaps.length).toBeGreaterThan(90)
      expect(median(gaps)).toBeGreaterThanOrEqual(gap)
      expect(median(gaps)).toBeLessThan(gap + gapTolerance)
    },
  )

  // As close-with-grace and exit-hook listen: between the call and the end of its listener, nothing handles the signal.
  test('400 µs apart kill a process that listens with `once`, before any hook has run', { timeout }, async () => {
    const killed: Run[] = []
    // Most are killed at the first try; where the processes wait for a core, they see two signals as one, and it takes more.
    for (let tries = 0; killed.length < 10 && tries < 160; tries += 20) {
      const done = await runs({ fixture: 'brief-once', times: 20, signals: ['SIGTERM', 'SIGTERM'], gap: 400 })
      killed.push(...done.filter(({ signal, output }) => signal === 'SIGTERM' && output === 'running\n'))
    }
    expect(killed.length).toBeGreaterThanOrEqual(10)
  })
})

describe('SIGTERM and SIGINT at once', () => {
  // Of two signals that wait together the kernel delivers the one with the lower number first.
  test('stop everything, once: the one that is delivered second joins', { timeout }, async () => {
    const signals = ['SIGTERM', 'SIGINT'] as const
    const done = await runs({ fixture: 'brief', times: 25, signals, gap: 0, env: { SERVER_STOP: '100' } })
    for (const { output, code, signal, time } of done) {
      const first = /^shutting down: (SIGTERM|SIGINT), /m.exec(output)?.[1] ?? ''
      const second = first === 'SIGTERM' ? 'SIGINT' : 'SIGTERM'
      expect({ code, signal }).toEqual({ code: 0, signal: null })
      expect(output.replace(`${second}: the stop is already under way\n`, '')).toMatch(stoppedBy(first))
      expect(output).toContain(`${second}: the stop is already under way\n`)
      expect(time).toBeLessThan(timeBound)
    }
  })
})
