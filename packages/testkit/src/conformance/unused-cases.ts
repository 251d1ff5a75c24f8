import { once } from 'node:events'
import type { RequestListener } from 'node:http'
import { type AddressInfo, createServer } from 'node:net'
import { Lifecycle } from '@lastcall/core'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import type { Handler, Kind } from './kind.ts'
import { passTurns, serve, Service } from './service.ts'
import { Stage } from './stage.ts'
import { welcome } from './visitor.ts'

const hi: RequestListener = (_request, response) => response.end('hi')
const impatient = { closeIdleAfter: 0, closeSilentAfter: 0 }

/** How a server is noticed that is never used, and how one that never listens is. */
export function unusedCases(kind: Kind): void {
  describe('`unused`', () => {
    test('says what to do while the server has never listened, and leaves no listener behind', async () => {
      const { server, adapter } = kind.create(hi as Handler, { stopDelay: 3_000 })
      const text = /^The server has never listened and has never had a connection\. (Call|Pass) .*listen/
      expect(adapter.unused()).toMatch(text)
      const lifecycle = new Lifecycle()
      lifecycle.register(adapter)
      expect(await lifecycle.stop()).toMatchObject({ duration: 0 })
      expect(adapter.unused()).toMatch(text)
      // Of node:http itself.
      expect(server.listenerCount('listening')).toBeLessThanOrEqual(1)
    })

    test('says nothing once the server has listened, though it was closed since', async () => {
      const { server, adapter } = kind.create(hi as Handler, {})
      server.listen(0, '127.0.0.1')
      await once(server, 'listening')
      expect(adapter.unused()).toBeUndefined()
      server.close()
      await once(server, 'close')
      expect(adapter.unused()).toBeUndefined()
      const lifecycle = new Lifecycle()
      lifecycle.register(adapter)
      expect(await lifecycle.stop()).toMatchObject({ ok: true, duration: 0 })
      expect(adapter.unused()).toBeUndefined()
    })

    test('says nothing of a server that was closed before the stop, whose `stopDelay` does not hold', async () => {
      const service = await serve(kind, hi, { stopDelay: 3_000, ...impatient })
      const visitor = await welcome(kind, service)
      await visitor.visit('/')
      visitor.destroy()
      service.server.close()
      await once(service.server, 'close')
      expect(service.adapter.unused()).toBeUndefined()
      expect(await service.lifecycle.stop()).toMatchObject({ ok: true, duration: 0 })
    })
  })

  describe('a server that never listens, and is handed its connections, as a worker of a sticky cluster,', () => {
    test('counts as used, and serves for its `stopDelay`', async () => {
      const { adapter, server } = kind.create(hi as Handler, { stopDelay: 300, ...impatient })
      const front = createServer((socket) => server.emit('connection', socket)).listen(0, '127.0.0.1')
      await once(front, 'listening')
      onTestFinished(() => void front.close())
      const lifecycle = new Lifecycle()
      lifecycle.register(adapter)
      expect(adapter.unused()).toMatch(/never had a connection/)
      const service = new Service(
        { server, adapter },
        lifecycle,
        kind.secure ?? false,
        (front.address() as AddressInfo).port,
      )
      await (await welcome(kind, service)).visit('/')
      expect(adapter.unused()).toBeUndefined()
      expect(server.listening).toBe(false)
      const stage = new Stage(service)
      const stopped = vi.fn<() => void>()
      const report = lifecycle.stop()
      void report.then(stopped)
      await stage.reaches(299)
      expect(await (await welcome(kind, service)).visit('/')).toEqual({ status: 200, body: 'hi', sentAway: true })
      await passTurns()
      expect(stopped).not.toHaveBeenCalled()
      for (const moment of [300, 400, 500, 600]) await stage.reaches(moment)
      expect(await report).toMatchObject({ ok: true, hooks: [{ beforeStop: { duration: 300 } }] })
      expect(adapter.unused()).toBeUndefined()
    })
  })
}
