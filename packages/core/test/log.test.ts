import { describe, expect, test, vi } from 'vitest'
import { type Hook, Lifecycle, TaskTracker } from '../src/index.ts'
import { Log } from '../src/log.ts'
import { after, fakeTime, outcomes, stopped } from './stopped.ts'

fakeTime()

/** The lines that a logger was told, each with its level; of what has several lines, the first. */
function logged(lifecycle: Lifecycle, openResources = '', forceHint = ''): string[] {
  const lines: string[] = []
  const note = (level: string) => (message: unknown) =>
    lines.push(`${level} ${String(message).split('\n', 1)[0] ?? ''}`)
  const host = { print: note('printed'), openResources: () => openResources, forceHint }
  new Log({ info: note('info'), warn: note('warn'), error: note('error') }, host).follow(lifecycle)
  return lines
}

/** What `waitingFor` must not return. */
const promise = (): never => Promise.reject(new Error('no idea')) as never

function fails(name: string, before: Error, error: Error): Hook {
  return { name, beforeStop: () => Promise.reject(before), stop: () => Promise.reject(error) }
}

describe('the log', () => {
  test('tells of starting, of where each hook is, of stopping and why and how long it may take, and of the end', async () => {
    const lifecycle = new Lifecycle({ timeout: 5_000 })
    const lines = logged(lifecycle)
    lifecycle.register({ name: 'worker', start: () => {}, stop: () => {} })
    lifecycle.register({ name: 'http', start: () => 'listening on http://localhost:8089', stop: () => {} })
    await lifecycle.start()
    await stopped(lifecycle, { reason: 'SIGTERM' })
    expect(lines).toEqual([
      'info starting',
      'info worker: started',
      'info http: listening on http://localhost:8089',
      'info started in 0 ms',
      'info shutting down: SIGTERM, up to 5 s',
      'info stopped by SIGTERM in 0 ms of 5 s',
    ])
  })

  test('tells of a hook that is slow once a third of its time has passed, and what it is waiting for', async () => {
    const lifecycle = new Lifecycle({ timeout: 3_000 })
    const lines = logged(lifecycle, '1 TCP socket')
    const tracker = lifecycle.register(new TaskTracker('jobs'))
    void tracker.run(() => after(1_500))
    void tracker.run(() => after(1_200))
    const report = lifecycle.stop({ reason: 'SIGTERM' })
    await vi.advanceTimersByTimeAsync(999)
    expect(lines).toHaveLength(1)
    await vi.advanceTimersByTimeAsync(1)
    expect(lines.slice(1)).toEqual(['warn jobs: still stopping after 1.00 s of 3 s, waiting for 2 tasks'])
    await vi.runAllTimersAsync()
    expect((await report).ok).toBe(true)
    expect(lines.slice(2)).toEqual(['info stopped by SIGTERM in 1.50 s of 3 s'])
  })

  test('measures a hook by its own time', async () => {
    const lifecycle = new Lifecycle({ timeout: 9_000 })
    const lines = logged(lifecycle)
    lifecycle.register({ name: 'a', timeout: 300, stop: () => after(150) })
    await stopped(lifecycle)
    expect(lines).toContain('warn a: still stopping after 0.10 s of 300 ms')
  })

  test('tells what holds the process open where a slow hook does not say, or fails to', async () => {
    const lifecycle = new Lifecycle({ timeout: 900 })
    const lines = logged(lifecycle, '1 TCP socket (to 127.0.0.1:5432)')
    lifecycle.register({ name: 'a', timeout: 300, stop: () => after(150) })
    const waitingFor = (): never => {
      throw new Error(`no idea of ${lifecycle.name}`)
    }
    lifecycle.register({ name: 'b', timeout: 300, stop: () => after(150), waitingFor })
    await stopped(lifecycle)
    const open = '; the process is held open by 1 TCP socket (to 127.0.0.1:5432)'
    expect(lines.filter((line) => line.startsWith('warn'))).toEqual([
      `warn b: still stopping after 0.10 s of 300 ms${open}`,
      `warn a: still stopping after 0.10 s of 300 ms${open}`,
    ])
  })

  test('names within a lifecycle in a lifecycle the hooks that are stopping', async () => {
    const lifecycle = new Lifecycle({ timeout: 3_000 })
    const lines = logged(lifecycle)
    const inner = lifecycle.register(new Lifecycle({ name: 'workers' }))
    const jobs = new TaskTracker('jobs')
    inner.register([jobs, { name: 'mail', stop: () => after(1_100) }, { name: 'fast', stop: () => after(10) }])
    void jobs.run(() => after(1_100))
    await stopped(lifecycle)
    expect(lines).toContain('warn workers: still stopping after 1.00 s of 3 s, waiting for jobs (1 task), mail')
  })

  test('says nothing of a hook that has ended, nor of what it waits for where it answers with a promise', async () => {
    const lifecycle = new Lifecycle({ timeout: 900 })
    const lines = logged(lifecycle)
    lifecycle.register({ name: 'slow', timeout: 300, stop: () => after(150), waitingFor: promise })
    lifecycle.register({ name: 'fast', timeout: 300, stop: () => after(50) })
    await stopped(lifecycle)
    expect(lines.filter((line) => line.startsWith('warn'))).toEqual([
      'warn slow: still stopping after 0.10 s of 300 ms',
    ])
  })

  test('tells the error of a hook that fails, and the picture as a warning then', async () => {
    const lifecycle = new Lifecycle({ timeout: 900 })
    const lines = logged(lifecycle)
    lifecycle.register('a', () => Promise.reject(new Error('no')))
    await stopped(lifecycle)
    expect(lines.slice(1)).toEqual([
      'error a: stop failed: Error: no',
      'warn stopped by stop() in 0 ms of 900 ms, not clean',
    ])
  })

  test('tells of an error in beforeStop besides one in stop, and of the same error once', async () => {
    const lifecycle = new Lifecycle({ timeout: 900 })
    const lines = logged(lifecycle)
    const [early, late, same] = [new Error('early'), new Error('late'), new Error('same')]
    lifecycle.register(fails('a', early, late))
    lifecycle.register(fails('b', same, same))
    await stopped(lifecycle)
    expect(lines.filter((line) => line.startsWith('error'))).toEqual([
      'error a: beforeStop failed: Error: early',
      'error b: beforeStop failed: Error: same',
      'error a: stop failed: Error: late',
    ])
  })

  test('tells of what is thrown that is no object each time', async () => {
    const lifecycle = new Lifecycle({ timeout: 900 })
    const lines = logged(lifecycle)
    // oxlint-disable-next-line typescript/prefer-promise-reject-errors -- whoever writes a hook may
    for (const name of ['a', 'b']) lifecycle.register(name, () => Promise.reject('no'))
    await stopped(lifecycle)
    expect(lines.filter((line) => line.startsWith('error'))).toEqual([
      'error b: stop failed: string: no',
      'error a: stop failed: string: no',
    ])
  })

  test('names a hook that is slow to start, after a third of its time, and what it waits for', async () => {
    const lifecycle = new Lifecycle({ startTimeout: 3_000 })
    const lines = logged(lifecycle)
    lifecycle.register({ name: 'database', start: () => after(1_500), waitingFor: () => 'the 2nd of 3 migrations' })
    const started = lifecycle.start()
    await vi.advanceTimersByTimeAsync(1_000)
    expect(lines).toEqual([
      'info starting',
      'warn database: still starting after 1.00 s of 3 s, waiting for the 2nd of 3 migrations',
    ])
    await vi.advanceTimersByTimeAsync(500)
    await started
    expect(lines.slice(2)).toEqual(['info database: started', 'info started in 1.50 s'])
    await stopped(lifecycle)
  })

  test('names a hook whose start delays the stop, by the time of the stop', async () => {
    const lifecycle = new Lifecycle({ timeout: 900 })
    const lines = logged(lifecycle)
    lifecycle.register({ name: 'database', start: () => after(800) })
    lifecycle.start().catch(() => {})
    await vi.advanceTimersByTimeAsync(100)
    await stopped(lifecycle)
    expect(lines).toEqual([
      'info starting',
      'info shutting down: stop(), up to 900 ms',
      'warn database: still starting after 0.30 s of 900 ms',
      'warn stopped by stop() in 0.68 s of 900 ms, not clean',
    ])
  })

  test('has the reason of a failed start first, and once', async () => {
    const lifecycle = new Lifecycle({ timeout: 900 })
    const lines = logged(lifecycle)
    lifecycle.register({ name: 'database', start: () => Promise.reject(new Error('no route')) })
    lifecycle.start().catch(() => {})
    await vi.runAllTimersAsync()
    expect(lines).toEqual([
      'info starting',
      'error database: start failed: Error: no route',
      'info shutting down: failed start of database, up to 900 ms',
      'info stopped by failed start of database in 0 ms of 900 ms',
    ])
  })

  test('has a line for each hook that has nothing to do, a second after the start and at the stop', async () => {
    const lifecycle = new Lifecycle({ timeout: 900 })
    const lines = logged(lifecycle)
    const inner = lifecycle.register(new Lifecycle({ name: 'inner' }))
    inner.register({ name: 'admin', stop: () => {}, unused: () => 'nobody listens' })
    lifecycle.register({ name: 'http', stop: () => {}, unused: () => 'nor here' })
    lifecycle.register({ name: 'used', stop: () => {}, unused: () => undefined })
    await lifecycle.start()
    await vi.advanceTimersByTimeAsync(999)
    expect(lines.slice(3)).toEqual([])
    await vi.advanceTimersByTimeAsync(1)
    expect(lines.slice(3)).toEqual(['warn inner: admin: nobody listens', 'warn http: nor here'])
    const report = await stopped(lifecycle)
    expect(lines.filter((line) => line.startsWith('error'))).toEqual([
      'error http: stop failed: HookUnusedError [ERR_HOOK_UNUSED]: nor here',
      'error inner: admin: stop failed: HookUnusedError [ERR_HOOK_UNUSED]: nobody listens',
    ])
    expect(outcomes(report)).toEqual({ used: 'stopped', http: 'failed', inner: 'failed' })
  })

  test('has no such line where every hook has something to do', async () => {
    const lifecycle = new Lifecycle()
    const lines = logged(lifecycle)
    lifecycle.register('database', () => {})
    await lifecycle.start()
    await vi.advanceTimersByTimeAsync(2_000)
    expect(lines).toEqual(['info starting', 'info started in 0 ms'])
    await stopped(lifecycle)
  })

  test('has no line for a hook that has nothing to do where the stop comes first', async () => {
    const lifecycle = new Lifecycle()
    const lines = logged(lifecycle)
    lifecycle.register({ name: 'http', stop: () => {}, unused: () => 'nobody listens' })
    await vi.advanceTimersByTimeAsync(5_000)
    await lifecycle.start()
    await vi.advanceTimersByTimeAsync(500)
    expect(await stopped(lifecycle)).toMatchObject({ ok: true })
    expect(lines.filter((line) => line.includes('listens'))).toEqual([])
  })

  test('says at the stop how a person can force it', async () => {
    const lifecycle = new Lifecycle({ timeout: 900 })
    const lines = logged(lifecycle, '', 'Ctrl-C again to force')
    await stopped(lifecycle, { reason: 'SIGINT' })
    expect(lines[0]).toBe('info shutting down: SIGINT, up to 900 ms (Ctrl-C again to force)')
  })

  test('has an error with the whole of its text, once, and a member of it not again', () => {
    const lines: string[] = []
    const note = (message: string): unknown => lines.push(message)
    const log = new Log(
      { info: note, warn: note, error: note },
      { print: note, openResources: () => '', forceHint: '' },
    )
    const error = new Error('no')
    log.failure('database: stop failed', error)
    log.failure('unhandled rejection', error)
    log.failure('jobs: stop failed', new AggregateError([error], '1 failed'))
    expect(lines).toEqual([expect.stringMatching(/^database: stop failed: Error: no\n {4}at /)])
    log.failure('jobs: stop failed', new AggregateError([error, new Error('another')], '2 failed'))
    expect(lines[1]).toMatch(/^jobs: stop failed: AggregateError: 2 failed\n/)
    expect([log.hasLogged(error), log.hasLogged(new Error('no')), log.hasLogged('no')]).toEqual([true, false, false])
  })

  test.each(['writableEnded', 'destroyed'])('prints what a logger cannot take, one that is %s', async (state) => {
    const lifecycle = new Lifecycle({ timeout: 900 })
    const lines: string[] = []
    const note = (message: string): unknown => lines.push(`logged ${message}`)
    const logger = { info: note, warn: note, error: note, [state]: false }
    const print = (line: string): unknown => lines.push(`printed ${line.split('\n', 1)[0]}`)
    new Log(logger, { print, openResources: () => '', forceHint: '' }).follow(lifecycle)
    lifecycle.register('logger', () => {
      logger[state] = true
    })
    await stopped(lifecycle)
    expect(lines).toEqual(['logged shutting down: stop(), up to 900 ms', 'printed stopped by stop() in 0 ms of 900 ms'])
  })

  test.each(['throws', 'rejects'])('survives a logger that %s, also when it is told of a slow hook', async (how) => {
    const lifecycle = new Lifecycle({ timeout: 900 })
    const fail = (): unknown => {
      if (how === 'throws') throw new Error('no')
      return Promise.reject(new Error('no'))
    }
    const printed: string[] = []
    const host = { print: (line: string) => printed.push(line), openResources: () => '', forceHint: '' }
    new Log({ info: fail, warn: fail, error: fail }, host).follow(lifecycle)
    lifecycle.register('a', () => after(500))
    expect(await stopped(lifecycle)).toMatchObject({ ok: true, errors: [] })
    expect(printed.map((line) => line.split('\n', 1)[0])).toEqual([
      'shutting down: stop(), up to 900 ms',
      'a: still stopping after 0.30 s of 900 ms',
      'stopped by stop() in 0.50 s of 900 ms',
    ])
  })
})
