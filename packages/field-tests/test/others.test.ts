// Other code in the process listens for crashes and signals too, or ends the process.
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { setTimeout as later } from 'node:timers/promises'
import { launch } from '@lastcall/testkit/launch'
import { describe, expect, test } from 'vitest'
import { type Cleanup, count, fixturePath, start } from './start.ts'

/** Expects the output of `rejects-while-serving` to show one error and a whole stop. */
function expectStopped(output: string): void {
  expect(output).toContain('web: the request in flight is answered\n')
  expect(output).toContain('database: closed\n')
  expect(count(output, /^unhandled rejection: Error: boom\n +at failInTheBackground /gm)).toBe(1)
}

describe('an unhandled rejection stops the service, and the exit code is 1,', () => {
  test.concurrent.for(['none', 'application', 'sentry'])('where the listener is: %s', async (LISTENER, context) => {
    const program = start('rejects-while-serving', context, { env: { LISTENER } })
    const { code } = await program.exit
    expectStopped(program.output)
    expect(code).toBe(1)
    if (LISTENER === 'application') expect(count(program.output, 'the application has seen it: boom\n')).toBe(1)
    if (LISTENER === 'sentry') expect(program.output).toContain('sentry: an event has arrived\n')
    else expect(count(program.output, /Error: boom\n +at /g)).toBe(1)
  })

  test.concurrent.for(['fork', 'cluster'])('under PM2 in %s mode', { timeout: 40_000 }, async (mode, context) => {
    const pm2 = new Pm2(context)
    await pm2.call(
      'start',
      fixturePath('rejects-while-serving'),
      '--no-autorestart',
      ...(mode === 'cluster' ? ['-i', '1'] : []),
    )
    const output = await pm2.ended()
    expectStopped(output)
    expect(output).toContain('exit: 1\n')
    if (mode === 'cluster') expect(output).toContain('You have triggered an unhandledRejection')
  })
})

/** A PM2 daemon of its own, which is gone when the test ends. */
class Pm2 {
  readonly #home = mkdtempSync(join(tmpdir(), 'pm2-'))

  constructor(cleanup: Cleanup) {
    cleanup.onTestFinished(async () => {
      await this.call('kill')
      rmSync(this.#home, { recursive: true, maxRetries: 5 })
    })
  }

  async call(...words: readonly string[]): Promise<void> {
    const command = fileURLToPath(new URL('../node_modules/pm2/bin/pm2', import.meta.url))
    const paths = ['--output', this.#path('out'), '--error', this.#path('err')]
    const env = { PM2_HOME: this.#home, PM2_DISABLE_VERSION_CHECK: 'true', RESULT: this.#path('result') }
    const program = launch(process.execPath, [command, ...words, ...(words[0] === 'start' ? paths : [])], env)
    const { code } = await program.exit
    if (code !== 0) throw new Error(`Expected pm2 to succeed, got:\n${program.output}`)
  }

  /** Waits for the program to exit, and resolves to what it has printed. */
  async ended(): Promise<string> {
    while (!existsSync(this.#path('result'))) await later(50)
    // PM2 writes the logs, a little later.
    for (let tries = 0; tries < 20 && !this.#read('out').includes('database: closed'); tries += 1) await later(50)
    return ['out', 'err', 'result'].map((name) => this.#read(name)).join('')
  }

  #path(name: string): string {
    return join(this.#home, `program-${name}`)
  }

  #read(name: string): string {
    return existsSync(this.#path(name)) ? readFileSync(this.#path(name), 'utf8') : ''
  }
}

describe('other listeners of the stop signals', () => {
  const warning =
    'other code listens for stop signals and may end the process early: SIGTERM (shutdown), SIGINT (anonymous)\n'

  test.concurrent.for(['before', 'during'])(
    'that were added %s the start are named in one warning',
    async (WHEN, context) => {
      const program = start('listens-for-stop-signals', context, { env: { WHEN } })
      await program.prints(/running: \d+\n/)
      program.kill('SIGTERM')
      expect(await program.exit).toMatchObject({ code: 0 })
      expect(count(program.output, warning)).toBe(1)
      expect(count(program.output, 'other code listens')).toBe(1)
      expect(program.output.indexOf(warning)).toBeGreaterThan(program.output.indexOf('framework: started'))
      expect(program.output.indexOf(warning)).toBeLessThan(program.output.indexOf('shutting down'))
    },
  )

  test.concurrent('are not mentioned where there are none', async (context) => {
    const program = start('listens-for-stop-signals', context)
    await program.prints(/running: \d+\n/)
    program.kill('SIGTERM')
    expect(await program.exit).toMatchObject({ code: 0 })
    expect(program.output).not.toContain('other code')
  })
})

describe('process.exit by other code', () => {
  const source = readFileSync(fixturePath('exits-while-serving'), 'utf8')
  const line = source.slice(0, source.indexOf('process.exit(')).split('\n').length
  const called = String.raw`process\.exit\(0\) was called at \S*exits-while-serving\.js:${line}:\d+`

  test.concurrent('while the service runs is one line, and exit code 1', async (context) => {
    const program = start('exits-while-serving', context, { env: { WHEN: 'running' } })
    expect(await program.exit).toMatchObject({ code: 1, signal: null })
    const expected = new RegExp(`^${called} before these hooks had stopped: web, database, telemetry$`, 'gm')
    expect(count(program.output, expected)).toBe(1)
    expect(count(program.output, 'was called at')).toBe(1)
  })

  test.concurrent('during the stop names the hooks that had not stopped', async (context) => {
    const program = start('exits-while-serving', context, { env: { WHEN: 'stopping' } })
    expect(await program.exit).toMatchObject({ code: 1, signal: null })
    const expected = new RegExp(`^${called} before these hooks had stopped: database, telemetry$`, 'gm')
    expect(count(program.output, expected)).toBe(1)
    expect(program.output).toContain('web: stopped\n')
  })

  test.concurrent('after the stop is not mentioned, and exits with 0', async (context) => {
    const program = start('exits-while-serving', context, { env: { WHEN: 'stopped' } })
    expect(await program.exit).toMatchObject({ code: 0, signal: null })
    expect(program.output).toContain('stopped by SIGTERM')
    expect(program.output).not.toContain('was called')
  })
})

describe('with `crashes: false`', () => {
  test.concurrent.for(['exception', 'rejection'])('an uncaught %s is left to Node.js', async (CRASH, context) => {
    const program = start('crashes-are-left-to-others', context, { env: { CRASH } })
    expect(await program.exit).toMatchObject({ code: 1, signal: null })
    expect(program.output).toMatch(/Error: boom\n +at /)
    expect(program.output).not.toMatch(/shutting down|database: closed/)
  })

  test.concurrent.for(['exception', 'rejection'])(
    'an uncaught %s is left to the application',
    async (CRASH, context) => {
      const program = start('crashes-are-left-to-others', context, { env: { CRASH, LISTENER: 'application' } })
      await program.prints(/the application handles it: boom\n/)
      expect(program.output).not.toContain('shutting down')
      program.kill('SIGTERM')
      expect(await program.exit).toMatchObject({ code: 0, signal: null })
      expect(program.output).toContain('stopped by SIGTERM')
      expect(program.output).not.toMatch(/boom\n +at /)
    },
  )
})

describe('with `exit: false`', () => {
  test.concurrent('a host has several runs, and its process is left alone', async (context) => {
    const program = start('runs-in-a-host', context)
    expect(await program.exit).toMatchObject({ code: 0, signal: null })
    const lines = program.output.match(/^(?:first|second|third|the host).*$/gm)
    expect(lines).toEqual([
      'first: database closed',
      'first: ok false, exit code undefined',
      'first: the listeners are as before',
      'second: database closed',
      'second: ok true, exit code undefined',
      'second: the listeners are as before',
      'third: database closed',
      'third: ok true, exit code undefined',
      'third: the listeners are as before',
      'the host goes on',
    ])
    expect(program.output).toContain('stopped by SIGTERM')
    expect(program.output).not.toContain('held open')
  })

  test.concurrent("a start that fails is the host's to handle", async (context) => {
    const program = start('fails-to-start-in-a-host', context)
    expect(await program.exit).toMatchObject({ code: 0, signal: null })
    expect(program.output).toMatch(/^the host has caught it: .*refused.*\nexit code undefined, 0 listeners\n$/)
  })
})
