// Background work as services have it. A clean stop of each ends with exit code 0.
import type { Program } from '@lastcall/testkit'
import { describe, expect, test } from 'vitest'
import { startRedis } from './redis.ts'
import { type Cleanup, count, named, programMissing, start } from './start.ts'

const noRedis = programMissing('redis-server')

async function stopped(fixture: string, cleanup: Cleanup, env: Record<string, string> = {}): Promise<Program> {
  const program = start(fixture, cleanup, { env })
  await program.prints(/running: \d+\n/)
  program.kill('SIGTERM')
  await program.exit
  return program
}

async function expectClean(program: Program): Promise<void> {
  const exit = await program.exit
  expect(program.output).not.toMatch(/rror: |uncaught|unhandled|failed|aborted|abandoned|not clean/i)
  expect(program.output).toContain('database: closed\n')
  expect(exit).toMatchObject({ code: 0, signal: null })
}

describe('work that is offered during the stop is refused, and the refusal is no crash', () => {
  test.concurrent('for a poller', async (context) => {
    const program = await stopped('poller', context)
    await expectClean(program)
    // It has polled during the stop.
    expect(Number(/poller: polled (\d+) times/.exec(program.output)?.[1])).toBeGreaterThan(5)
  })

  test.concurrent.for(['plain', 'async', 'chained'])('for a consumer with a %s listener', async (HANDLER, context) => {
    const program = start('consumer', context, { env: { HANDLER } })
    await program.prints(/running: \d+\n[^]*handling messages\n/)
    program.kill('SIGTERM')
    await expectClean(program)
    const [, offered, handled] = /channel: closed after (\d+) messages, (\d+) handled/.exec(program.output) ?? []
    expect(Number(offered)).toBeGreaterThan(Number(handled) + 5)
  })
})

describe('a task that gives up by a signal has not failed', () => {
  test.concurrent('by `lifecycle.stopping`', async (context) => {
    const program = await stopped('sleeping-task', context)
    await expectClean(program)
    expect(program.output).toMatch(/jobs .*4 tasks finished, 0 left\n/)
  })

  test.concurrent.for(['stopping', 'both'])('in a fetch with its signal "%s"', async (SIGNAL, context) => {
    const program = await stopped('fetching-task', context, { SIGNAL })
    await expectClean(program)
    expect(program.output).toMatch(/jobs .*1 task finished, 0 left\n/)
  })

  // The limit of its hook has passed, so the stop is not clean, but there is no crash and no failed task.
  test.concurrent('at the limit of its tracker, in a fetch with the signal of the task', async (context) => {
    const program = await stopped('fetching-task', context, { SIGNAL: 'task' })
    expect(program.output).toMatch(/jobs .* aborted/)
    expect(program.output).not.toMatch(/uncaught|unhandled|failed|abandoned|\n +at /i)
    expect(program.output).toContain('database: closed\n')
  })

  test.concurrent('in an interval', async (context) => {
    const program = start('interval-until-stopping', context)
    await program.prints(/a job has begun\n/)
    await program.prints(/running: \d+\n/)
    program.kill('SIGTERM')
    await expectClean(program)
    expect(program.output).toMatch(/jobs .*1 task finished, 0 left\n/)
  })
})

test.concurrent('a fetch with the signal of the task gets its answer during the stop', async (context) => {
  const program = await stopped('fetching-task', context, { SIGNAL: 'answered' })
  await expectClean(program)
  expect(program.output).toContain('the answer\n')
})

test.concurrent('an interval ends with the stop, and the job in flight is finished', async (context) => {
  const program = start('interval', context)
  await program.prints(/a job has begun\n/)
  program.kill('SIGTERM')
  await expectClean(program)
  expect(program.output).not.toContain('during the stop')
  expect(program.output).toMatch(/jobs: 0 unfinished of \d+\n/)
})

test.concurrent('a task that fails is logged once, counted, and makes the stop unclean', async (context) => {
  const program = await stopped('failing-task', context)
  expect(await program.exit).toMatchObject({ code: 1, signal: null })
  expect(program.output).toMatch(/^jobs: a task failed: Error: the mail server is gone\n +at sendMail /m)
  expect(count(program.output, /the mail server is gone\n +at /g)).toBe(1)
  expect(program.output).toMatch(/jobs .*2 tasks finished, 1 failed, 0 left\n/)
  expect(program.output).toContain('database: closed\n')
})

describe('a BullMQ worker', () => {
  test.skipIf(noRedis)(named('finishes its job, and leaves the others in the queue', noRedis), async (context) => {
    const program = start('bullmq-worker', context, { env: { REDIS_URL: await startRedis(context) } })
    await program.prints(/mail 1: sending\n/)
    await program.prints(/running: \d+\n/)
    program.kill('SIGTERM')
    await expectClean(program)
    expect(program.output).toContain('mail 1: sent\n')
    expect(program.output).toContain('queue: 0 active, 2 waiting, 1 completed\n')
  })

  test('is refused as a hook, by an error that names `close`', async (context) => {
    const program = start('registers-a-bullmq-worker', context)
    await program.exit
    expect(program.output).toMatch(/^TypeError: .*\bclose\b/)
  })
})
