// Supervisors repeat and mix signals. A signal of a program never makes the stop faster; only a repeated Ctrl-C does.
import { setTimeout as later } from 'node:timers/promises'
import type { Program } from '@lastcall/testkit'
import { describe, expect, test } from 'vitest'
import { type Cleanup, count, start } from './start.ts'

/** A signal, and the time after the signal before it, in ms. */
type Delivery = readonly [signal: NodeJS.Signals, after: number]

async function startJob(context: Cleanup, env: Record<string, string> = {}): Promise<Program> {
  const program = start('job-in-flight', context, { env })
  await program.prints(/running: \d+\n/)
  return program
}

async function send(program: Program, deliveries: readonly Delivery[]): Promise<void> {
  for (const [signal, after] of deliveries) {
    if (after > 0) await later(after)
    program.kill(signal)
  }
}

function expectFinished(program: Program): void {
  expect(program.output).toContain('worker: the job is finished\n')
  expect(program.output).toContain('database: closed\n')
  expect(program.output).not.toMatch(/forcing|aborted|abandoned|not clean/)
}

describe('the job in flight is finished, and the exit code is 0, after', () => {
  const mixes: readonly (readonly [string, Delivery, ...Delivery[]])[] = [
    ['SIGINT and SIGTERM 20 ms later', ['SIGINT', 0], ['SIGTERM', 20]],
    ['SIGINT and SIGTERM 600 ms later, as Foreman sends them', ['SIGINT', 0], ['SIGTERM', 600]],
    ['SIGTERM and SIGTERM 300 ms later', ['SIGTERM', 0], ['SIGTERM', 300]],
    ['SIGTERM and SIGTERM 1 s later', ['SIGTERM', 0], ['SIGTERM', 1_000]],
    ['four SIGTERMs in 1 s', ['SIGTERM', 0], ['SIGTERM', 300], ['SIGTERM', 300], ['SIGTERM', 300]],
    ['SIGTERM and SIGHUP at once', ['SIGTERM', 0], ['SIGHUP', 0]],
    ['SIGHUP and SIGHUP 600 ms later', ['SIGHUP', 0], ['SIGHUP', 600]],
    ['SIGTERM and SIGINT 600 ms later', ['SIGTERM', 0], ['SIGINT', 600]],
    ['two SIGINTs within 250 ms', ['SIGINT', 0], ['SIGINT', 100]],
  ]
  test.concurrent.for(mixes)('%s', async ([, first, ...others], context) => {
    const program = await startJob(context)
    await send(program, [first])
    await program.prints(/worker: stopping\n/)
    await send(program, others)
    expect(await program.exit).toMatchObject({ code: 0, signal: null })
    expectFinished(program)
  })

  test.concurrent('SIGTERM and SIGTERM 5 s later', async (context) => {
    const program = await startJob(context, { JOB: '6000' })
    await send(program, [
      ['SIGTERM', 0],
      ['SIGTERM', 5_000],
    ])
    expect(await program.exit).toMatchObject({ code: 0, signal: null })
    expectFinished(program)
  })

  test.concurrent.for([
    ['SIGTERM', 'on'],
    ['SIGTERM', 'once'],
    ['SIGINT', 'on'],
    ['SIGINT', 'once'],
  ] as const)('%s that a framework, which listens by `%s`, sends to its own process again', async (how, context) => {
    const [signal] = how
    const program = start('sends-the-signal-again', context, { env: { SIGNAL: signal, HOW: how[1] } })
    await program.prints(/running: \d+\n/)
    program.kill(signal)
    expect(await program.exit).toMatchObject({ code: 0, signal: null })
    expect(program.output).toContain('framework: its hooks are done\n')
    expectFinished(program)
  })
})

describe('a signal that joins a stop', () => {
  test.concurrent.for(['SIGTERM', 'SIGHUP', 'SIGINT'] as const)('%s is logged, once', async (signal, context) => {
    const program = await startJob(context)
    await send(program, [[signal === 'SIGTERM' ? 'SIGHUP' : 'SIGTERM', 0]])
    await program.prints(/worker: stopping\n/)
    await send(program, [[signal, 300]])
    await program.exit
    expect(count(program.output, `${signal}: the stop is already under way\n`)).toBe(1)
    expect(count(program.output, 'shutting down')).toBe(1)
  })
})

describe('a repeated Ctrl-C', () => {
  test.concurrent('forces the stop: a warning, and exit code 130', async (context) => {
    const program = await startJob(context, { JOB: '60000' })
    await send(program, [['SIGINT', 0]])
    await program.prints(/worker: stopping\n/)
    await later(400)
    const sent = program.kill('SIGINT')
    const { code, at } = await program.exit
    expect(code).toBe(130)
    expect(at - sent).toBeLessThan(2_000)
    expect(count(program.output, 'SIGINT again: forcing the stop\n')).toBe(1)
    expect(program.output).toMatch(/worker .* aborted/)
    expect(program.output).toContain('database: closed\n')
  })

  test.concurrent('forces the stop that a SIGTERM has begun', async (context) => {
    const program = await startJob(context, { JOB: '60000' })
    await send(program, [
      ['SIGTERM', 0],
      ['SIGINT', 1_000],
    ])
    await program.prints(/SIGINT: the stop is already under way\n/)
    await send(program, [['SIGINT', 1_000]])
    expect(await program.exit).toMatchObject({ code: 130 })
    expect(count(program.output, 'SIGINT again: forcing the stop\n')).toBe(1)
    expect(program.output).toContain('database: closed\n')
  })

  test.concurrent('forces although a SIGTERM came between', async (context) => {
    const program = await startJob(context, { JOB: '60000' })
    await send(program, [
      ['SIGINT', 0],
      ['SIGTERM', 400],
      ['SIGINT', 400],
    ])
    expect(await program.exit).toMatchObject({ code: 130 })
    expect(program.output).toContain('SIGTERM: the stop is already under way\n')
  })

  // The forced stop has ended by then, so the third may also have its default effect: a shell shows 130 for both.
  test.concurrent('for the third time exits at once', async (context) => {
    const program = start('kept-open-when-forced', context)
    await program.prints(/running: \d+\n/)
    await send(program, [['SIGINT', 0]])
    await program.prints(/deaf: stopping\n/)
    await send(program, [['SIGINT', 400]])
    await later(400)
    const sent = program.kill('SIGINT')
    const { at, code, signal } = await program.exit
    expect(code === 130 || signal === 'SIGINT').toBe(true)
    expect(at - sent).toBeLessThan(1_000)
  })
})

describe('the option `force`', () => {
  test.concurrent('names the signals that force when they are repeated', async (context) => {
    const program = await startJob(context, { JOB: '60000', FORCE: 'SIGTERM' })
    await send(program, [
      ['SIGTERM', 0],
      ['SIGINT', 400],
      ['SIGINT', 400],
    ])
    await later(300)
    expect(program.output).not.toContain('forcing')
    program.kill('SIGTERM')
    expect(await program.exit).toMatchObject({ code: 143 })
    expect(program.output).toContain('SIGTERM again: forcing the stop\n')
  })

  test.concurrent('can be empty: then every signal joins', async (context) => {
    const program = await startJob(context, { FORCE: 'none' })
    await send(program, [
      ['SIGINT', 0],
      ['SIGINT', 400],
      ['SIGTERM', 100],
      ['SIGTERM', 300],
    ])
    expect(await program.exit).toMatchObject({ code: 0 })
    expectFinished(program)
  })
})

test.concurrent('in a pipe, the line of the stop has no hint for a person', async (context) => {
  const program = await startJob(context)
  program.kill('SIGINT')
  await program.exit
  expect(program.output).toContain('\nshutting down: SIGINT, up to 9 s\n')
})
