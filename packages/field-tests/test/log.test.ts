// The lines of the log, under the loggers that applications use.
import { setTimeout as later } from 'node:timers/promises'
import { type Program, startInTerminal, terminalMissing } from '@lastcall/testkit'
import { describe, expect, test } from 'vitest'
import { type Cleanup, count, fixturePath, named, start, startCommand } from './start.ts'

const loggers = ['console', 'pino', 'winston'] as const

/** The messages that a logger has printed, in their order. */
function messages(output: string, logger: (typeof loggers)[number]): string {
  if (logger === 'console') return output
  const lines = output.split('\n').filter((line) => line.startsWith('{'))
  const records = lines.map((line) => JSON.parse(line) as { msg?: unknown; message?: unknown })
  return records.map(({ msg, message }) => `${String(msg ?? message)}\n`).join('')
}

async function stopped(
  cleanup: Cleanup,
  env: Record<string, string>,
): Promise<{ code: number | null; output: string }> {
  const program = start('logs', cleanup, { env })
  await program.prints(/running: \d+\n/)
  program.kill('SIGTERM')
  const { code } = await program.exit
  return { code, output: program.output }
}

describe.each(loggers)('with %s', (LOGGER) => {
  test.concurrent('one line has the time of the start', async (context) => {
    const { code, output } = await stopped(context, { LOGGER })
    expect(code).toBe(0)
    const logged = messages(output, LOGGER)
    expect(count(logged, /^started in (?:0\.[3-9]\d|[1-5]\.\d\d) s$/gm)).toBe(1)
    expect(logged).toMatch(/database: started\n[^]*started in [^]*shutting down: SIGTERM/)
    expect(logged).toMatch(/stopped by SIGTERM in [^]* {2}database /)
  })

  test.concurrent('the error of a failed start comes first, once, with its stack', async (context) => {
    const program = start('logs', context, { env: { LOGGER, FAIL: 'start' } })
    expect(await program.exit).toMatchObject({ code: 1 })
    const logged = messages(program.output, LOGGER)
    const failed = /^database: start failed: Error(?: \[ENOCABLE\])?: cannot reach the server\n +at .*reachServer /gm
    expect(count(logged, failed)).toBe(1)
    expect(count(logged, /cannot reach the server\n +at /g)).toBe(1)
    expect(logged).toContain('ENOCABLE')
    expect(logged).toMatch(/the cable is cut\n +at /)
    expect(logged.search(failed)).toBeLessThan(logged.indexOf('shutting down: failed start of database, up to 2 s'))
    expect(logged).not.toContain('started in')
  })

  test.concurrent.for(['stop', 'beforeStop'])('the error of a failed %s names the hook', async (FAIL, context) => {
    const { code, output } = await stopped(context, { LOGGER, FAIL })
    expect(code).toBe(1)
    const logged = messages(output, LOGGER)
    expect(
      count(
        logged,
        /^database: (?:stop|beforeStop) failed: Error(?: \[ENOCABLE\])?: cannot reach the server\n +at .*reachServer /gm,
      ),
    ).toBe(1)
    expect(logged).toContain(`database: ${FAIL} failed: `)
    expect(logged).toMatch(/the cable is cut\n +at /)
  })
})

test.concurrent.for(['start', 'stop'])('a logger gets strings alone (failed %s)', async (FAIL, context) => {
  const program = start('logs', context, { env: { LOGGER: 'recorder', FAIL } })
  if (FAIL === 'stop') {
    await program.prints(/running: \d+\n/)
    program.kill('SIGTERM')
  }
  await program.exit
  const types = [...program.output.matchAll(/^(?:info|warn|error) got: ([a-z ]*):/gm)].map(([, type]) => type)
  expect(types.length).toBeGreaterThan(4)
  expect(new Set(types)).toEqual(new Set(['string']))
  expect(program.output).toMatch(new RegExp(`^error got: string: database: ${FAIL} failed: Error\\b`, 'm'))
})

test.concurrent("every line of winston's format.json() has a message", async (context) => {
  const { output } = await stopped(context, { LOGGER: 'winston', FAIL: 'stop' })
  const lines = output.split('\n').filter((line) => line.startsWith('{'))
  expect(lines.length).toBeGreaterThan(4)
  for (const line of lines) expect(JSON.parse(line)).toMatchObject({ message: expect.stringMatching(/\S/) as string })
})

/** Sends a signal once a program runs, and each other one 400 ms later; resolves to the output. */
async function levels(program: Program, ...signals: readonly NodeJS.Signals[]): Promise<string> {
  for (const signal of signals) {
    await program.prints(/running: \d+\n/)
    program.kill(signal)
    await later(400)
  }
  await program.exit
  return program.output
}

describe('the level', () => {
  test.concurrent('of a signal that joins is info, of one that forces warn', async (context) => {
    const program = start('job-in-flight', context, { env: { LEVELS: 'yes', JOB: '60000' } })
    const output = await levels(program, 'SIGTERM', 'SIGINT', 'SIGINT')
    expect(output).toMatch(/^info: SIGINT: the stop is already under way$/m)
    expect(output).toMatch(/^warn: SIGINT again: forcing the stop$/m)
  })

  test.concurrent('of a slow start is warn, of its error error', async (context) => {
    const output = await levels(start('hangs-at-the-start', context, { env: { LEVELS: 'yes' } }))
    expect(output).toMatch(/^warn: database: still starting after /m)
    expect(output).toMatch(/^error: database: start failed: /m)
  })

  test.concurrent('of other listeners is warn', async (context) => {
    const program = start('listens-for-stop-signals', context, { env: { LEVELS: 'yes', WHEN: 'before' } })
    expect(await levels(program, 'SIGTERM')).toMatch(/^warn: other code listens for stop signals/m)
  })

  test.concurrent('of process.exit by other code is warn', async (context) => {
    const output = await levels(start('exits-while-serving', context, { env: { LEVELS: 'yes', WHEN: 'running' } }))
    expect(output).toMatch(/^warn: process\.exit\(0\) was called at /m)
  })

  test.concurrent('of a failed task and of an unhandled rejection is error', async (context) => {
    const failing = start('failing-task', context, { env: { LEVELS: 'yes' } })
    expect(await levels(failing, 'SIGTERM')).toMatch(/^error: jobs: a task failed: /m)
    const rejecting = start('rejects-while-serving', context, { env: { LEVELS: 'yes' } })
    expect(await levels(rejecting)).toMatch(/^error: unhandled rejection: Error: boom$/m)
  })
})

describe('where a hook ends the logger, the report goes to stderr', () => {
  test.concurrent.for(['winston', 'pino, destination', 'pino, transport'])('of %s', async (LOGGER, context) => {
    for (const FAIL of ['', 'yes']) {
      // The shell drops stdout, and with it all that the logger prints there.
      const words = ['-c', 'exec "$0" "$1" >/dev/null', process.execPath, fixturePath('ends-its-logger')]
      const program = startCommand(['sh', ...words], context, { LOGGER, FAIL })
      await program.prints(/ready on stderr\n/)
      program.kill('SIGTERM')
      const { code } = await program.exit
      expect(program.output).toMatch(/stopped by SIGTERM in /)
      expect(program.output).toMatch(/^ {2}logger /m)
      expect(program.output).not.toMatch(/write after end|has exited|destroyed|uncaught/i)
      if (FAIL) expect(program.output).toMatch(/queue .* failed/)
      expect(code).toBe(FAIL ? 1 : 0)
    }
  })
})

describe('the line about a process that is kept open', () => {
  const missing = terminalMissing()
  test.skipIf(missing)(named('does not name the terminal that the process has printed to', missing), async () => {
    const terminal = startInTerminal(`${process.execPath} ${fixturePath('kept-open-on-a-terminal')}`, { cwd: '/' })
    await terminal.prints(/running: \d+/)
    terminal.type('\x03')
    expect(await terminal.exit).toMatchObject({ code: 0 })
    expect(terminal.output).toMatch(/held open by 1 timer: exiting/)
    expect(terminal.output).not.toMatch(/\d terminal/)
  })

  test.skipIf(missing)(named('is missing where only the terminal is left', missing), async () => {
    const terminal = startInTerminal(`${process.execPath} ${fixturePath('ends-by-itself')}`, { cwd: '/' })
    await terminal.prints(/running: \d+/)
    terminal.type('\x03')
    expect(await terminal.exit).toMatchObject({ code: 0 })
    expect(terminal.output).not.toContain('held open')
  })
})
