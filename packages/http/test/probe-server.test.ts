import { createServer } from 'node:net'
import { Lifecycle, StartError } from '@lastcall/core'
import { connectRaw, freePort, listen, type RawClient, startProgram, stillClock, until } from '@lastcall/testkit'
import { describe, expect, expectTypeOf, onTestFinished, test } from 'vitest'
import { type ProbeServer, probeServer, type ProbeServerOptions, type ServerAdapter } from '../src/index.ts'
import { deferred } from './deferred.ts'
import { ask, askContent } from './probe-client.ts'

const host = '127.0.0.1'

/** A lifecycle that begins with a server for probes, started; what is left of it when the test ends is stopped. */
async function probed(options: Partial<ProbeServerOptions> = {}): Promise<{ lifecycle: Lifecycle; port: number }> {
  const lifecycle = new Lifecycle()
  const server = lifecycle.register(probeServer(lifecycle, { port: 0, host, ...options }))
  await lifecycle.start()
  onTestFinished(async () => {
    await lifecycle.stop({ force: true })
  })
  return { lifecycle, port: portOf(server) }
}

function portOf({ port }: ProbeServer): number {
  if (port === undefined) throw new Error('Expected the server to listen, got one that does not')
  return port
}

describe('probeServer', () => {
  test.each<[object, ErrorConstructor, string]>([
    [{}, TypeError, '`port` to be an integer from 0 to 65535, got `undefined`'],
    [{ port: '9090' }, TypeError, '`port` to be an integer from 0 to 65535, got the string `"9090"`'],
    [{ port: null }, TypeError, '`port` to be an integer from 0 to 65535, got `null`'],
    [{ port: -1 }, RangeError, '`port` to be an integer from 0 to 65535, got `-1`'],
    [{ port: 65_536 }, RangeError, '`port` to be an integer from 0 to 65535, got `65536`'],
    [{ port: 90.9 }, RangeError, '`port` to be an integer from 0 to 65535, got `90.9`'],
    [{ port: Number.NaN }, RangeError, '`port` to be an integer from 0 to 65535, got `NaN`'],
    [{ port: 0, host: '' }, TypeError, '`host` to be a string that is not empty, got the string `""`'],
    [{ port: 0, host: null }, TypeError, '`host` to be a string that is not empty, got `null`'],
    [{ port: 0, name: ' ' }, TypeError, '`name` to be a string that is not empty, got the string `" "`'],
    [{ port: 0, cache: -1 }, RangeError, '`cache` to be a number of milliseconds from 0 to 2147483647, got `-1`'],
    [{ port: 0, timeout: 0 }, RangeError, '`timeout` to be a number of milliseconds from 1 to 2147483647, got `0`'],
    [{ port: 0, verbose: 1 }, TypeError, '`verbose` to be a boolean, got `1`'],
  ])('refuses %o', (options, kind, message) => {
    const make = (): unknown => probeServer(new Lifecycle(), options as ProbeServerOptions)
    expect(make).toThrow(kind)
    expect(make).toThrow(`Expected ${message}`)
  })

  test.each([
    [9_090, '`9090`'],
    [undefined, '`undefined`'],
    [null, '`null`'],
  ])('refuses %o for options', (options, got) => {
    expect(() => probeServer(new Lifecycle(), options as never)).toThrow(
      new TypeError(`Expected \`options\` to be an object, got ${got}`),
    )
  })

  test('refuses what is no lifecycle', () => {
    expect(() => probeServer({} as Lifecycle, { port: 0 })).toThrow(
      'Expected `lifecycle` to be a Lifecycle, got an object of `Object`',
    )
  })

  test('is a hook named probes unless told otherwise, with no limit of its own', () => {
    const lifecycle = new Lifecycle()
    const server = probeServer(lifecycle, { port: 0, name: undefined, host: undefined, timeout: 5 })
    expect([server.name, server.port]).toEqual(['probes', undefined])
    expect(server).not.toHaveProperty('timeout')
    expect(probeServer(lifecycle, { port: 0, name: 'other' }).name).toBe('other')
    expectTypeOf(lifecycle.register(server)).toEqualTypeOf<ProbeServer>()
    expectTypeOf<ServerAdapter>().not.toExtend<ProbeServer>()
  })

  test('listens where it is told to, and says where', async () => {
    const port = await freePort()
    const lifecycle = new Lifecycle()
    const started: unknown[] = []
    lifecycle.on('hookStarted', (hook) => started.push(hook))
    const server = lifecycle.register(probeServer(lifecycle, { port, host }))
    await lifecycle.start()
    expect(started).toEqual([{ name: 'probes', detail: `listening on http://${host}:${port}` }])
    expect([server.port, (await ask(port, '/livez')).status]).toEqual([port, 200])
    const report = await lifecycle.stop()
    expect(report).toMatchObject({ ok: true, hooks: [{ name: 'probes', outcome: 'stopped' }] })
    expect(server.port).toBeUndefined()
    await expect(connectRaw(port)).rejects.toMatchObject({ code: 'ECONNREFUSED' })
  })

  test('answers as probes does, and nothing else', async () => {
    const { lifecycle, port } = await probed({ livez: '/up', cache: 0, verbose: true })
    const inner = lifecycle.register({ name: 'db', check: () => Promise.reject(new Error('down')) })
    const check = { name: 'db', ok: false, duration: expect.any(Number) as number, error: 'down' }
    expect(await askContent(port, '/readyz')).toEqual([503, { status: 'failing', checks: [check] }])
    lifecycle.unregister(inner)
    expect(await askContent(port, '/readyz')).toEqual([200, { status: 'ready', checks: [] }])
    expect(await askContent(port, '/up')).toEqual([200, { status: 'live' }])
    expect((await ask(port, '/livez')).status).toBe(404)
    expect((await ask(port, '/up', 'POST')).status).toBe(405)
    expect((await ask(port, '/up', 'HEAD')).status).toBe(200)
  })

  test('rejects the start on a port in use', async () => {
    const port = await listen(createServer())
    const lifecycle = new Lifecycle()
    const server = lifecycle.register(probeServer(lifecycle, { port, host }))
    await expect(lifecycle.start()).rejects.toMatchObject({
      constructor: StartError,
      hook: 'probes',
      cause: { code: 'EADDRINUSE' },
      report: { ok: true },
    })
    expect(server.port).toBeUndefined()
  })

  test('is cut short by the signal of the start', async () => {
    const server = probeServer(new Lifecycle(), { port: 0, host })
    const controller = new AbortController()
    const started = server.start(controller)
    controller.abort(new Error('enough'))
    await expect(started).rejects.toMatchObject({ name: 'AbortError' })
    await until(() => server.port === undefined)
    await expect(server.start(controller)).rejects.toThrow('enough')
  })

  test('registered first, answers while everything else starts and stops', async () => {
    const [opening, closing] = [deferred(), deferred()]
    const lifecycle = new Lifecycle()
    const server = lifecycle.register(probeServer(lifecycle, { port: 0, host }))
    lifecycle.register({ name: 'slow', start: () => opening.promise, stop: () => closing.promise })
    const started = lifecycle.start()
    await until(() => server.port)
    const port = portOf(server)
    expect(await askContent(port, '/readyz')).toEqual([503, { status: 'starting', checks: [] }])
    expect((await ask(port, '/livez')).status).toBe(200)
    opening.resolve()
    await started
    expect((await ask(port, '/readyz')).status).toBe(200)
    const stopped = lifecycle.stop()
    expect(await askContent(port, '/readyz')).toEqual([503, { status: 'stopping', checks: [] }])
    expect((await ask(port, '/livez')).status).toBe(200)
    closing.resolve()
    expect((await stopped).hooks.map(({ name }) => name)).toEqual(['slow', 'probes'])
  })

  test('two of them in one process do not see each other', async () => {
    const [first, second] = [await probed(), await probed()]
    await first.lifecycle.stop()
    await expect(connectRaw(first.port)).rejects.toMatchObject({ code: 'ECONNREFUSED' })
    expect((await ask(second.port, '/readyz')).status).toBe(200)
  })
})

describe('the stop of a probe server', () => {
  /** What a client may have done before the stop, and left at that. */
  const clients: Readonly<Record<string, (client: RawClient) => unknown>> = {
    'has asked before': async (client) => {
      client.get('/livez')
      await client.receives(/"live"\}\n$/)
    },
    'has never sent a byte': () => {},
    'has sent half a head': (client) => client.send('GET /livez HTTP/1.1\r\nHost'),
    'has asked, and sent half a head after': async (client) => {
      client.get('/livez')
      await client.receives(/"live"\}\n$/)
      client.send('GET /livez HTTP/1.1\r\nHost')
    },
    'sends a body without end': async (client) => {
      client.send('POST /livez HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000000\r\n\r\nx')
      await client.receives(/^HTTP\/1\.1 405 /)
    },
    'has half-closed': (client) => client.end(),
  }

  test.each(Object.entries(clients))('waits for no client that %s', async (_name, prepare) => {
    for (const allowHalfOpen of [false, true]) {
      const { lifecycle, port } = await probed()
      const client = await connectRaw(port, { allowHalfOpen })
      await prepare(client)
      expect((await ask(port, '/livez')).status).toBe(200)
      const report = await lifecycle.stop()
      expect(report).toMatchObject({ ok: true, hooks: [{ outcome: 'stopped' }] })
      expect(report.duration).toBeLessThan(400)
      await client.ended
    }
  })

  describe('while the clock stands still', () => {
    stillClock()

    test.each(['has asked before', 'has never sent a byte', 'has half-closed'])(
      'needs no time at all for a client that %s, and leaves no timer',
      async (name) => {
        const { lifecycle, port } = await probed()
        const client = await connectRaw(port)
        await clients[name]?.(client)
        expect((await ask(port, '/livez')).status).toBe(200)
        expect(await lifecycle.stop()).toMatchObject({ ok: true, duration: 0 })
        await client.closed
      },
      // Less than Node keeps an idle connection by itself.
      3_000,
    )
  })

  test('lets the answer under way get out', async () => {
    const { lifecycle, port } = await probed()
    const gate = deferred()
    let asked = false
    lifecycle.register({
      name: 'slow',
      check: () => {
        asked = true
        return gate.promise
      },
    })
    const answers = [ask(port, '/readyz'), ask(port, '/readyz')]
    await until(() => asked)
    const stopped = lifecycle.stop()
    const late = Promise.allSettled([ask(port, '/livez'), ask(port, '/readyz')])
    for (const answer of answers) expect((await answer).status).toBe(503)
    // They may have come too late, and are answered whole if they have not.
    const statuses = (await late).flatMap((answer) => (answer.status === 'fulfilled' ? [answer.value.status] : []))
    expect([200, 503]).toEqual(expect.arrayContaining(statuses))
    const report = await stopped
    expect(report).toMatchObject({ ok: true })
    expect(report.duration).toBeLessThan(400)
  })

  test('tells clients to leave with their next answer, once stopping begins', async () => {
    const { lifecycle, port } = await probed()
    const client = await connectRaw(port)
    client.get('/livez')
    await client.receives(/"live"\}\n$/)
    expect(client.received).not.toContain('Connection: close')
    const { promise, resolve } = deferred()
    lifecycle.register('slow', () => promise)
    const stopped = lifecycle.stop()
    client.get('/readyz')
    await client.closed
    expect(client.received).toMatch(/HTTP\/1\.1 503 [^]*Connection: close[^]*"stopping"/)
    resolve()
    await stopped
  })
})

describe('a process with a probe server', () => {
  test('answers every probe to the very end, and then ends at once', async () => {
    const program = startProgram(new URL('fixtures/probed.js', import.meta.url))
    const port = Number((await program.prints(/probes: listening on http:\/\/127\.0\.0\.1:(\d+)\n/))[1])
    expect(await askContent(port, '/readyz')).toEqual([200, { status: 'ready', checks: [{ name: 'slow', ok: true }] }])
    const idle = await connectRaw(port)
    idle.get('/livez')
    await idle.receives(/"live"\}\n$/)
    program.kill('SIGTERM')
    await program.prints(/shutting down: SIGTERM/)
    const answers: Record<string, Set<unknown>> = { '/livez': new Set(), '/readyz': new Set() }
    let [count, open] = [0, true]
    while (open) {
      for (const [target, statuses] of Object.entries(answers)) {
        try {
          statuses.add((await askContent(port, target))[0])
          count += 1
        } catch {
          open = false
        }
      }
    }
    // Only now, whatever became of the last connection.
    await expect(connectRaw(port)).rejects.toMatchObject({ code: 'ECONNREFUSED' })
    const closedAt = performance.now()
    expect(answers).toEqual({ '/livez': new Set([200]), '/readyz': new Set([503]) })
    expect(count).toBeGreaterThan(10)
    expect(program.output).toContain('slow hook stopped')
    const { code, signal, at } = await program.exit
    expect([code, signal]).toEqual([0, null])
    expect(at - closedAt).toBeLessThan(500)
    expect(program.output).not.toContain('still held open')
  })
})
