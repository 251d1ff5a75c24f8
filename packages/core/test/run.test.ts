import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, existsSync, openSync } from 'node:fs'
import { setTimeout as later } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { launch } from '@lastcall/testkit/launch'
import { Program, startInTerminal, startProgram, terminalMissing } from '@lastcall/testkit'
import { describe, expect, onTestFinished, test } from 'vitest'

function start(fixture: string, env?: Readonly<Record<string, string>>): Program {
  return startProgram(new URL(`fixtures/${fixture}.js`, import.meta.url), env)
}

async function running(fixture: string, env?: Readonly<Record<string, string>>): Promise<Program> {
  const program = start(fixture, env)
  await program.prints(/keeper: open\n/)
  return program
}

describe('a signal', () => {
  test.each(['SIGTERM', 'SIGINT', 'SIGHUP'] as const)('%s stops everything and exits with 0', async (signal) => {
    const program = await running('clean')
    const sent = program.kill(signal)
    const { at, ...exit } = await program.exit
    expect(exit).toEqual({ code: 0, signal: null })
    expect(at - sent).toBeLessThan(1_000)
    expect(program.output).toMatch(
      new RegExp(
        `^starting\nkeeper: open\nstarted in \\d+ ms\nshutting down: ${signal}, up to 9 s\nstopped by ${signal} in \\d+ ms of 9 s\n` +
          '  worker  .* ms  done\n  keeper  .* ms\nresolved: true\n$',
      ),
    )
  })

  test('without a logger prints nothing', async () => {
    const program = start('silent')
    await program.prints(/ready\n/)
    program.kill('SIGTERM')
    expect(await program.exit).toMatchObject({ code: 0 })
    expect(program.output).toBe('ready\n')
  })

  test('during the start cuts it short, stops what had started, and exits with 0', async () => {
    const program = await running('slow-start')
    program.kill('SIGTERM')
    expect(await program.exit).toMatchObject({ code: 0 })
    expect(program.output).toContain('stopped by SIGTERM')
    expect(program.output).not.toContain('started all the same')
  })

  test('of the option `signals` stops it, and another one has its default effect', async () => {
    const program = await running('handlers', { SIGNALS: 'SIGUSR2' })
    program.kill('SIGUSR2')
    expect(await program.exit).toMatchObject({ signal: 'SIGUSR2' })
    expect(program.output).toContain('running: 1 0 0 1 1 1\n')
    expect(program.output).toContain('stopped by SIGUSR2')
    const other = await running('handlers', { SIGNALS: 'SIGUSR2' })
    other.kill('SIGINT')
    expect(await other.exit).toMatchObject({ code: null, signal: 'SIGINT' })
  })

  test('during the stop joins it, and is logged, however often another than SIGINT comes', async () => {
    const program = await running('slow', { STOP: '1000' })
    program.kill('SIGINT')
    await program.prints(/slow: stopping/)
    program.kill('SIGINT')
    for (const signal of ['SIGTERM', 'SIGHUP', 'SIGTERM'] as const) {
      program.kill(signal)
      await later(300)
    }
    expect(await program.exit).toMatchObject({ code: 0 })
    expect(program.output).toContain('slow: stopped\nstopped by SIGINT in')
    expect(program.output.match(/^\w+: the stop is already under way$/gm)).toEqual([
      'SIGTERM: the stop is already under way',
      'SIGHUP: the stop is already under way',
      'SIGTERM: the stop is already under way',
    ])
  })

  test('of the option `force` forces when it is repeated, and SIGINT does not then', async () => {
    const program = await running('deaf', { FORCE: 'SIGHUP' })
    program.kill('SIGINT')
    await program.prints(/deaf: stopping/)
    await later(300)
    program.kill('SIGINT')
    await program.prints(/SIGINT: the stop is already under way/)
    program.kill('SIGHUP')
    await program.prints(/SIGHUP: the stop is already under way/)
    await later(300)
    program.kill('SIGHUP')
    expect(await program.exit).toMatchObject({ code: 128 + 1 })
  })

  test('SIGINT again after 250 ms forces the stop, and exits with 128 + n', async () => {
    const program = await running('slow')
    program.kill('SIGINT')
    await program.prints(/slow: stopping/)
    await later(300)
    const sent = program.kill('SIGINT')
    const { code, at } = await program.exit
    expect(code).toBe(128 + 2)
    expect(at - sent).toBeLessThan(1_000)
    expect(program.output).toContain('\nSIGINT again: forcing the stop\n')
    expect(program.output).toMatch(/stopped by SIGINT in .*, not clean\n {2}slow .* aborted\n/)
  })

  test('SIGINT a second time after SIGTERM leaves one grace period, and a third time exits at once', async () => {
    const program = await running('deaf', { HELD: 'yes' })
    program.kill('SIGTERM')
    await program.prints(/deaf: stopping/)
    program.kill('SIGINT')
    await program.prints(/SIGINT: the stop is already under way/)
    await later(300)
    program.kill('SIGINT')
    await program.prints(/deaf: aborted/)
    await later(300)
    const sent = program.kill('SIGINT')
    const { code, at } = await program.exit
    expect(code).toBe(128 + 2)
    expect(at - sent).toBeLessThan(300)
    expect(program.output).toMatch(/stopped by SIGTERM in .*, not clean\n {2}deaf .* abandoned\n/)
    expect(program.output).not.toContain('held open')
  })
})

describe('the exit code', () => {
  test('is 1 when a hook stalls with an empty event loop', async () => {
    const program = await running('stalled')
    program.kill('SIGTERM')
    expect(await program.exit).toMatchObject({ code: 1 })
    expect(program.output).toMatch(/stalled with an empty e… .* abandoned/)
  })

  test('is 0 when a hook has unreferenced its own handles, but ends; 1 when it does not', async () => {
    const program = await running('unref')
    program.kill('SIGTERM')
    expect(await program.exit).toMatchObject({ code: 0 })
    expect(program.output).toMatch(/worker finished its job\ndatabase closed\n/)
    const hanging = await running('unref', { HANGS: 'yes' })
    hanging.kill('SIGTERM')
    expect(await hanging.exit).toMatchObject({ code: 1 })
    expect(hanging.output).toMatch(/database closed\n[^]* unref .* abandoned/)
  })

  test('is 1 when a hook fails; the others stop all the same', async () => {
    const program = await running('failing')
    program.kill('SIGTERM')
    expect(await program.exit).toMatchObject({ code: 1 })
    expect(program.output).toContain('database closed')
    expect(program.output).toMatch(/failing .* failed: no/)
  })

  test.each(['0', "'0'", '256', 'undefined'])('is 1 when a hook exits the process itself with %s', async (CODE) => {
    const program = await running('exiting', { CODE })
    program.kill('SIGTERM')
    expect(await program.exit).toMatchObject({ code: 1 })
  })

  test.each([
    { CODE: '3', FAIL: '', code: 3 },
    { CODE: '0', FAIL: 'yes', code: 1 },
    { CODE: '3', FAIL: 'yes', code: 1 },
  ])('set by the application to $CODE with a failing hook "$FAIL" ends as $code', async ({ code, ...env }) => {
    const program = await running('exit-code', env)
    program.kill('SIGTERM')
    expect(await program.exit).toMatchObject({ code })
  })
})

describe('a failed start', () => {
  test('is logged once with its cause, stops what had started, and exits with 1', async () => {
    const program = start('failing-start')
    expect(await program.exit).toMatchObject({ code: 1 })
    expect(program.output).toContain('shutting down: failed start of failing')
    expect(program.output.match(/cannot open/g)).toHaveLength(1)
    expect(program.output).toMatch(/^failing: start failed: Error: cannot open\n +at /m)
    expect(program.output).toMatch(/keeper .* ms\n/)
  })

  test('is one as well when its own signal has cancelled it', async () => {
    const program = start('cancelled-start')
    expect(await program.exit).toMatchObject({ code: 1 })
    expect(program.output).toContain('The start was cut short: too slow')
  })

  test('without a logger is reported by Node', async () => {
    const program = start('failing-start', { LOGGER: 'none' })
    expect(await program.exit).toMatchObject({ code: 1 })
    expect(program.output.match(/Hook "failing" failed to start: cannot open/g)).toHaveLength(1)
  })
})

describe('a crash', () => {
  test.each(['exception', 'rejection'])('by an uncaught %s stops everything and exits with 1', async (CRASH) => {
    const program = start('crashing', { CRASH })
    expect(await program.exit).toMatchObject({ code: 1 })
    expect(program.output).toContain('worker finished its job')
    expect(program.output.match(/Error: boom\n +at /g)).toHaveLength(1)
    expect(program.output).toContain('stopped by "Error: boom"')
  })

  test('without a logger is reported by Node, once, after everything has stopped', async () => {
    const program = start('crashing', { LOGGER: 'none' })
    expect(await program.exit).toMatchObject({ code: 1 })
    expect(program.output).toMatch(/^worker finished its job\n[^]*Error: boom\n +at /)
    expect(program.output.match(/Error: boom/g)).toHaveLength(1)
  })
})

describe('a crash of any value', () => {
  test.each([
    ['undefined', 'uncaught exception: undefined'],
    ['a string', 'uncaught exception: string: no error'],
    ['a revoked proxy', 'uncaught exception: (a value that cannot be printed)'],
    ['an object that cannot be asked', 'Uncaught'],
  ])('stops everything when %s is thrown', async (VALUE, message) => {
    const program = start('odd-crash', { VALUE })
    expect(await program.exit).toMatchObject({ code: 1, signal: null })
    expect(program.output).toContain('database closed')
    expect(program.output).toContain(message)
  })

  test('without end does not keep the stop from its end', async () => {
    const program = start('crash-loop')
    expect(await program.exit).toMatchObject({ code: 1, signal: null })
    expect(program.output).toMatch(/database closed\nrecorded: 99\n/)
  })

  test('that is then forced ends with 128 + n, told or not', async () => {
    for (const LOGGER of ['console', 'none']) {
      const program = start('crash-again', { FIRST: 'yes', LOGGER, HANGS: 'yes' })
      await program.prints(/worker is stopping/)
      program.kill('SIGINT')
      await later(300)
      program.kill('SIGINT')
      expect(await program.exit).toMatchObject({ code: 128 + 2 })
    }
  })
})

describe('a crash during the stop', () => {
  test('does not end the stop, is told once, and is recorded', async () => {
    const program = await running('crash-again')
    program.kill('SIGTERM')
    expect(await program.exit).toMatchObject({ code: 1 })
    expect(program.output).toMatch(/worker finished its job\ndatabase closed\n/)
    expect(program.output).toContain('recorded: Error: second, Error: Uncaught string: no error\n')
    expect(program.output).toContain('stopped by SIGTERM')
    expect(program.output.match(/Error: second\n +at /g)).toHaveLength(1)
  })

  test('that a crash had caused is recorded besides it', async () => {
    const program = start('crash-again', { FIRST: 'yes' })
    expect(await program.exit).toMatchObject({ code: 1 })
    expect(program.output).toMatch(/worker finished its job\ndatabase closed\n/)
    expect(program.output).toContain('stopped by "Error: first"')
    expect(program.output).toContain('recorded: Error: second, Error: Uncaught string: no error\n')
  })

  test('is reported by Node with the first, after everything has stopped, where there is no logger', async () => {
    const program = start('crash-again', { FIRST: 'yes', LOGGER: 'none' })
    expect(await program.exit).toMatchObject({ code: 1 })
    expect(program.output).toMatch(
      /database closed\n[^]*Error: first\n +at [^]*Error: second\n +at [^]*Uncaught string: no error/,
    )
    expect(program.output.match(/Error: (?:first|second)/g)).toHaveLength(3)
  })
})

describe('the end', () => {
  test('comes by itself when the event loop is empty, after everything has stopped', async () => {
    const program = start('empty')
    expect(await program.exit).toMatchObject({ code: 0 })
    expect(program.output).toContain('database closed\nstopped by an empty event loop')
  })

  test('comes when the application stops the lifecycle itself', async () => {
    const program = start('stopped-by-itself')
    expect(await program.exit).toMatchObject({ code: 0 })
    expect(program.output).toContain('stopped by an admin request')
  })

  test('comes when the application stops the lifecycle in the moment in which everything has started', async () => {
    const program = start('stopped-as-it-runs')
    expect(await program.exit).toMatchObject({ code: 0 })
    expect(program.output).toMatch(
      /^starting\nkeeper: open\nstarted in \d+ ms\nshutting down: its first moment, [^]*stopped by its first/,
    )
  })

  test('is forced after the exit timeout, saying what held the process open', async () => {
    const program = await running('held-open', { HELD: 'timer' })
    const sent = program.kill('SIGTERM')
    const { code, at } = await program.exit
    expect(code).toBe(0)
    expect(at - sent).toBeGreaterThanOrEqual(190)
    expect(at - sent).toBeLessThan(1_500)
    expect(program.output).toMatch(/\n200 ms after the stop the process is still held open by 1 timer: exiting\n$/)
  })

  test('is forced also where Node fails to say what holds the process', async () => {
    const program = await running('held-open', { HELD: 'timer', UNTOLD: 'yes' })
    program.kill('SIGTERM')
    expect(await program.exit).toMatchObject({ code: 0 })
    expect(program.output).toMatch(/held open by nothing that Node can name: exiting\n$/)
  })

  test('tells of each socket, server and child process which it is', async () => {
    const program = start('held-open', { HELD: 'everything' })
    const [, server, client, pid] = await program.prints(/ports (\d+) (\d+) pid (\d+)\n/)
    program.kill('SIGTERM')
    expect(await program.exit).toMatchObject({ code: 0 })
    const held = /held open by (.*): exiting\n$/.exec(program.output)?.[1] ?? ''
    expect(held).toContain('1 timer,')
    expect(held).toContain(`1 server (on 127.0.0.1:${server})`)
    expect(held).toMatch(/2 TCP sockets \(/)
    expect(held).toContain(`port ${client} to 127.0.0.1:${server}`)
    expect(held).toContain(`port ${server} to 127.0.0.1:${client}`)
    expect(held).toContain(`1 child process (${process.execPath}, pid ${pid})`)
  })

  test('is not held up by a worker thread that does not answer, which Node has no name for', async () => {
    const program = await running('blocked-worker')
    const sent = program.kill('SIGTERM')
    await program.prints(/held open by nothing that Node can name: exiting\n/)
    expect(performance.now() - sent).toBeLessThan(2_000)
    expect(program.output).toMatch(/slow: still stopping after 0\.[34].* s of .*\n/)
    expect(program.output).toContain('stopped by SIGTERM')
    // `process.exit` itself waits for the thread.
    expect(await program.exit).toMatchObject({ code: 0 })
  })

  test('waits for a listener of beforeExit, also for one that listens once', async () => {
    const program = await running('before-exit')
    program.kill('SIGTERM')
    expect(await program.exit).toMatchObject({ code: 0 })
    expect(program.output).toMatch(/telemetry flushed\n$/)
  })

  test('of a worker of a cluster comes at once', async () => {
    const program = start('cluster')
    await program.prints(/keeper: open/)
    program.kill('SIGUSR2')
    await program.prints(/the worker was gone after \d+ ms\n/)
    expect(Number(/after (\d+) ms/.exec(program.output)?.[1])).toBeLessThan(700)
    expect(program.output).not.toContain('held open')
  })

  test.each(['', 'yes'])('loses nothing of 2 MB written to a pipe (held open: "%s")', async (HELD) => {
    const program = await running('large-output', { HELD })
    program.kill('SIGTERM')
    expect(await program.exit).toMatchObject({ code: 0 })
    expect(written(program)).toBe(2 * 1024 * 1024)
  })
})

describe('after the stop', () => {
  test('the same press once more does not kill the process while it ends', async () => {
    for (let delay = 0; delay < 20; delay += 1) {
      const program = await running('clean')
      const sent = program.kill('SIGTERM')
      while (performance.now() - sent < delay / 2);
      program.kill('SIGTERM')
      expect(await program.exit).toMatchObject({ code: 0, signal: null })
      expect(program.output).toContain('stopped by SIGTERM')
    }
  })

  test('signals have their default effect, once none can belong to the press before; handlers of others stay', async () => {
    const program = await running('handlers')
    program.kill('SIGTERM')
    expect(await program.exit).toMatchObject({ code: null, signal: 'SIGINT' })
    expect(program.output.match(/^(?:running|after|later): .*$/gm)).toEqual([
      'running: 2 1 1 0 1 1',
      'after: 2 1 1 0 0 0',
      'later: 1 0 0 0 0 0',
    ])
    expect(program.output.match(/a handler of the application/g)).toHaveLength(1)
    expect(program.output).not.toContain('still there')
  })

  test('signals have their default effect at once where none had come', async () => {
    const program = start('handlers', { STOP: 'yes' })
    expect(await program.exit).toMatchObject({ signal: 'SIGINT' })
    expect(program.output).toContain('after: 1 0 0 0 0 0')
  })

  test('another signal ends a process that is held open, with its code, and loses no output', async () => {
    const program = await running('large-output', { HELD: 'yes', CODE: '3', EXIT: '10000', AGAIN: 'SIGINT' })
    program.kill('SIGTERM')
    expect(await program.exit).toMatchObject({ code: 3 })
    expect(written(program)).toBe(2 * 1024 * 1024)
    expect(program.output).toMatch(/at a SIGINT after the stop the process is still held open by .*: exiting\n/)
  })

  test('a crash is reported by Node', async () => {
    const program = await running('crash-after', { LOGGER: 'none' })
    program.kill('SIGTERM')
    expect(await program.exit).toMatchObject({ code: 1 })
    expect(program.output).toMatch(/Error: too late\n +at /)
  })

  test.each(['CLEAN', 'UNCLEAN'])('process.exit(0) of the application ends a %s stop with the truth', async (how) => {
    const program = await running('exit-zero', { HOW: how })
    program.kill('SIGTERM')
    expect(await program.exit).toMatchObject({ code: how === 'CLEAN' ? 0 : 1 })
  })
})

describe('a reader that leaves', () => {
  test('is no crash', async () => {
    const program = await running('chatty')
    program.closeOutput()
    await later(200)
    program.kill('SIGTERM')
    expect(await program.exit).toMatchObject({ code: 0, signal: null })
  })
})

describe.runIf(existsSync('/dev/full'))('a full disk (needs /dev/full)', () => {
  test('does not stop what it keeps from printing, and is told once', async () => {
    const file = fileURLToPath(new URL('fixtures/chatty.js', import.meta.url))
    const full = openSync('/dev/full', 'w')
    const child = spawn(process.execPath, [file], { stdio: ['ignore', full, 'pipe'] })
    closeSync(full)
    const program = new Program(child)
    await program.prints(/ENOSPC/)
    await later(300)
    program.kill('SIGTERM')
    expect(await program.exit).toMatchObject({ code: 0, signal: null })
    expect(program.output.match(/Error: ENOSPC/g)).toHaveLength(1)
  })

  test('on which nothing at all can be printed keeps nothing from its end', async () => {
    const file = fileURLToPath(new URL('fixtures/crashing.js', import.meta.url))
    const full = openSync('/dev/full', 'w')
    const child = spawn(process.execPath, [file], { stdio: ['ignore', full, full] })
    closeSync(full)
    expect(await new Program(child).exit).toMatchObject({ code: 1, signal: null })
  })
})

describe('a reader that never reads', () => {
  test.each([
    { HELD: '', EXIT: '100' },
    { HELD: 'yes', EXIT: '100' },
    { HELD: '', EXIT: '10000' },
    { HELD: '', EXIT: '100', OUTPUT: 'stderr' },
  ])('does not hold the exit for more than a second: %j', async (env) => {
    const unread = env.OUTPUT ?? 'stdout'
    const file = fileURLToPath(new URL('fixtures/large-output.js', import.meta.url))
    const child = spawn(process.execPath, [file], {
      env: { ...process.env, ...env },
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    })
    const errors: string[] = []
    const read = unread === 'stdout' ? child.stderr : child.stdout
    read?.setEncoding('utf8').on('data', (text: string) => errors.push(text))
    onTestFinished(() => {
      child.kill('SIGKILL')
    })
    await once(child, 'message')
    const sent = performance.now()
    child.kill('SIGTERM')
    expect(await once(child, 'exit')).toEqual([0, null])
    const time = performance.now() - sent
    expect(time).toBeGreaterThanOrEqual(1_000)
    expect(time).toBeLessThan(1_600)
    const held = new RegExp(`still held open by .*[\\d,]+ bytes of ${unread} that nobody has read: exiting`)
    expect(errors.join('')).toMatch(held)
  })
})

test('a second signal after the stop ends a process whose reader never reads, at once', async () => {
  const file = fileURLToPath(new URL('fixtures/large-output.js', import.meta.url))
  const child = spawn(process.execPath, [file], {
    env: { ...process.env, HELD: 'yes', EXIT: '10000', AGAIN: 'SIGHUP,SIGTERM' },
    stdio: ['ignore', 'pipe', 'ignore', 'ipc'],
  })
  onTestFinished(() => {
    child.kill('SIGKILL')
  })
  await once(child, 'message')
  const sent = performance.now()
  child.kill('SIGINT')
  expect(await once(child, 'exit')).toEqual([0, null])
  expect(performance.now() - sent).toBeLessThan(900)
})

describe('pino', () => {
  test('is a logger as it stands', async () => {
    const program = start('pino')
    await program.prints(/keeper: open/)
    program.kill('SIGTERM')
    expect(await program.exit).toMatchObject({ code: 1 })
    const lines = program.output
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as { level: number; msg: string })
    const [info, warn, error] = [30, 40, 50]
    expect(lines.map(({ level, msg }) => [level, msg.split('\n', 1)[0]])).toEqual([
      [info, 'starting'],
      [info, 'keeper: open'],
      [info, expect.stringMatching(/^started in \d+ ms$/)],
      [info, 'shutting down: SIGTERM, up to 900 ms'],
      [warn, expect.stringMatching(/^slow: still stopping after 0\.\d\d s of \d+ ms/)],
      [error, 'fails: stop failed: Error: no'],
      [warn, expect.stringMatching(/^stopped by SIGTERM in .*, not clean$/)],
    ])
    expect(lines[5]?.msg).toMatch(/^fails: stop failed: Error: no\n +at /)
  })
})

describe('a logger that fails', () => {
  test.each(['throws', 'rejects'])('and %s disturbs nothing, and its lines go to stderr', async (how) => {
    const program = start('bad-logger', { HOW: how })
    await program.prints(/ready\n/)
    program.kill('SIGTERM')
    expect(await program.exit).toMatchObject({ code: 0 })
    for (const line of ['starting\n', 'ready: started\n', 'stopped by SIGTERM']) expect(program.output).toContain(line)
  })

  test('does not keep a crash from stopping everything', async () => {
    const program = start('bad-logger', { HOW: 'throws', CRASH: 'yes' })
    expect(await program.exit).toMatchObject({ code: 1 })
    expect(program.output).toContain('worker stopped\n')
    expect(program.output).toMatch(/unhandled rejection: Error: boom\n +at [^]*\nstopped by "Error: boom"/)
  })
})

describe('a process that is left alone', () => {
  test('has nothing of `run` left, no exit code, and may have several', async () => {
    const program = start('left-alone')
    expect(await program.exit).toMatchObject({ code: 0 })
    const [before = '', ...then] = program.output.match(/(?<=^(?:before|running|after): ).*$/gm) ?? []
    const [signals, rest] = [before.split(' ').slice(0, 3), before.split(' ').slice(3).join(' ')]
    const listening = `${signals.map((count) => Number(count) + 1).join(' ')} ${rest}`
    expect(then).toEqual([listening, listening, before])
    expect(program.output).toContain('first: ok false, exit code undefined\n')
    expect(program.output).toContain('stopped by SIGTERM in')
    expect(program.output).toContain('second: ok false, exit code undefined\n')
    expect(program.output).toContain('rejected: Hook "failing" failed to start: cannot open\n')
    expect(program.output).toMatch(/\ncode 0\n$/)
  })
})

describe('crashes that others listen for', () => {
  test('stop the service all the same, once each', async () => {
    const program = start('left-to-others', { CRASHES: 'yes' })
    expect(await program.exit).toMatchObject({ code: 1 })
    expect(program.output).toContain('the application handles: Error: a rejection')
    expect(program.output.match(/^unhandled rejection: Error: a rejection\n +at /gm)).toHaveLength(1)
    expect(program.output).toContain('database closed\nstopped by "Error: a rejection"')
  })

  test('are left to them with `crashes: false`', async () => {
    const program = start('left-to-others')
    await program.prints(/the application handles: Error: a rejection/)
    program.kill('SIGTERM')
    expect(await program.exit).toMatchObject({ code: 0 })
    expect(program.output).toContain('stopped by SIGTERM')
    const crashing = start('left-to-others', { CRASH: 'exception' })
    expect(await crashing.exit).toMatchObject({ code: 1 })
    expect(crashing.output).toMatch(/Error: an exception\n +at /)
    expect(crashing.output).not.toContain('database closed')
  })
})

describe('a rejection that nothing awaits', () => {
  test('is no crash where work was refused, during the stop and after it', async () => {
    const program = await running('refused')
    program.kill('SIGTERM')
    expect(await program.exit).toMatchObject({ code: 0 })
    expect(program.output).toMatch(
      /refused during the stop\n[^]*stopped by SIGTERM in [^,]*\n[^]*refused after the stop\n/,
    )
  })

  test('is a crash for Node.js to report where it has another reason, once everything has stopped', async () => {
    const program = await running('refused', { LATE: 'yes' })
    program.kill('SIGTERM')
    expect(await program.exit).toMatchObject({ code: 1 })
    expect(program.output).toMatch(/stopped by SIGTERM in [^,]*\n/)
    expect(program.output).toMatch(/Error: too late\n +at /)
  })
})

describe('other code', () => {
  test('that exits when everything has stopped, before the report, is named', async () => {
    const program = await running('exits-itself', { WHEN: 'stopped' })
    program.kill('SIGTERM')
    expect(await program.exit).toMatchObject({ code: 1 })
    expect(program.output).toMatch(/was called at .*:10:11 before the stop had ended\n$/)
  })

  test.each(['running', 'stopping'])('that exits while the lifecycle is %s is named, and ends with 1', async (WHEN) => {
    const program = await running('exits-itself', { WHEN })
    if (WHEN === 'stopping') program.kill('SIGTERM')
    expect(await program.exit).toMatchObject({ code: 1 })
    const left = WHEN === 'running' ? 'keeper, database, telemetry' : 'database, telemetry'
    expect(program.output).toMatch(
      new RegExp(
        `process\\.exit\\(0\\) was called at /.*/exits-itself\\.js:10:11 before these hooks had stopped: ${left}\n$`,
      ),
    )
  })

  test('that listens for stop signals is named, once everything has started', async () => {
    const program = start('foreign-listeners')
    await program.prints(/\nstarted in .*\nother code .*\n/)
    program.kill('SIGTERM')
    expect(await program.exit).toMatchObject({ code: 0 })
    expect(program.output).toContain(
      'other code listens for stop signals and may end the process early: SIGTERM (shutdown, anonymous), SIGINT (onSignal)\n',
    )
  })
})

describe('what an application may not change', () => {
  test.each([
    ['--frozen-intrinsics', 'flag'],
    ['Object.freeze(Error)', 'frozen'],
    ['a stack of a fixed length', 'read-only'],
  ])('is left as it is: %s', async (_, MODE) => {
    const file = fileURLToPath(new URL('fixtures/frozen.js', import.meta.url))
    const program = launch(process.execPath, [...(MODE === 'flag' ? ['--frozen-intrinsics'] : []), file], { MODE })
    expect(await program.exit).toMatchObject({ code: 1 })
    expect(program.output).toMatch(/to be one that is not taken, got "hangs", first registered at .*frozen\.js:9:/)
    expect(program.output).toMatch(
      /stopped by the test in .*, not clean\n {2}jobs .* 1 task finished, 0 left\n {2}hangs .* abandoned/,
    )
    expect(program.output).toContain('database closed')
  })
})

const noTerminal = terminalMissing()

test.skipIf(noTerminal !== undefined)(
  `a terminal that was only printed to holds nothing open ${noTerminal ?? ''}`,
  async () => {
    const file = fileURLToPath(new URL('fixtures/printed-to-a-terminal.js', import.meta.url))
    const terminal = startInTerminal(`${process.execPath} ${file}`, { cwd: '/', env: process.env })
    await terminal.exit
    expect(terminal.output).toContain('a terminal: true')
    expect(terminal.output).toMatch(
      /slow: still stopping after 0\.2\d s of \d+ ms; the process is held open by timers alone\r/,
    )
    expect(terminal.output).toContain('SIGINT: the stop is already under way (Ctrl-C again to force)')
    expect(terminal.output).toContain('the process is still held open by 1 timer: exiting')
  },
)

describe('run', () => {
  test('is refused a second time in one process', async () => {
    const program = await running('second-run')
    await program.prints(
      /second: Expected one `run` per process, got a second one: register the second lifecycle in the/,
    )
    program.kill('SIGTERM')
    expect(await program.exit).toMatchObject({ code: 0 })
  })

  test('refuses bad arguments, and leaves nothing behind', async () => {
    const program = start('bad-arguments')
    expect(await program.exit).toMatchObject({ code: 0 })
    const duration = 'Expected `exitTimeout` to be a number of milliseconds from 1 to 2147483647'
    expect(program.output.split('\n')).toEqual([
      'TypeError: Expected `lifecycle` to be a Lifecycle of this copy of the package, got an object of `Object`',
      'TypeError: Expected `logger` to have a function `warn`, got an object of `Object`',
      'TypeError: Expected `logger` to have a function `info`, got `null`',
      `RangeError: ${duration}, got \`0\``,
      `TypeError: ${duration}, got the string \`"1s"\``,
      'TypeError: Expected `ipc` to be a boolean, got the string `"yes"`',
      'TypeError: Expected `signals` to name signals that this platform knows and a process can listen to, got the string `"SIGKILL"`',
      'TypeError: Expected `crashes` to be a boolean, got the string `"no"`',
      'TypeError: Expected `exit` to be a boolean, got `1`',
      'TypeError: Expected `force` to name signals of `signals`, got the string `"SIGUSR2"`',
      'TypeError: Expected `options` to have only `logger`, `exitTimeout`, `signals`, `force`, `crashes`, `exit`, `ipc`, got `exitTimout`',
      'left behind: 0 handlers, state idle',
      '',
    ])
  })
})

/** How much of a large output has arrived; what is logged meanwhile comes by another pipe, in the midst of it. */
function written({ output }: Program): number {
  expect(output.includes('xEND\n')).toBe(true)
  return output.split(/[^x]+/).reduce((sum, { length }) => sum + (length > 100 ? length : 0), 0)
}
