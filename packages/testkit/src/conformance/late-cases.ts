import type { EventEmitter } from 'node:events'
import type { RequestListener } from 'node:http'
import { describe, expect, test, vi } from 'vitest'
import { Crowd } from './crowd.ts'
import type { Kind } from './kind.ts'
import { announce, drainOf, idle, serve } from './service.ts'
import { type Visit, welcome } from './visitor.ts'

const hi: RequestListener = (_request, response) => response.end('hi')
const crowdSize = 20
/** What somebody gets who comes late and is served. */
const served: Visit = { status: 200, body: 'hi', sentAway: true }
/** The bound of the intake, in ms. */
const longestIntake = 500

/** What arrives when the server is about to close its listener, or has just closed it. */
export function lateCases(kind: Kind): void {
  describe('the accept queue', () => {
    test('is emptied: everyone who had connected when the stop began is answered', async () => {
      const service = await serve(kind, hi)
      const crowd = new Crowd(kind, service, crowdSize)
      await crowd.gathered()
      expect(service.adapter.connections).toBe(0)
      const report = service.lifecycle.stop()
      expect(await crowd.visits).toEqual(Array.from({ length: crowdSize }, () => served))
      expect(String(drainOf(await report))).toBe(`${crowdSize} requests finished, 0 cut`)
    })

    test.each([0, 1])(
      'is emptied of those too who connect %d turns after that, while a handler works',
      async (turns) => {
        let crowd: Crowd | undefined
        const service = await serve(kind, async (request, response) => {
          if (request.url === '/work') {
            crowd = new Crowd(kind, service, crowdSize)
            vi.advanceTimersByTime(5)
            await crowd.gathered()
          }
          response.end('hi')
        })
        const visitor = await welcome(kind, service)
        await visitor.visit('/')
        await idle(service)
        const turned = turns === 0 ? undefined : new Promise(setImmediate)
        const report = service.lifecycle.stop()
        if (turned) await turned
        expect(await visitor.visit('/work')).toEqual(served)
        expect(await crowd?.visits).toEqual(Array.from({ length: crowdSize }, () => served))
        expect(String(drainOf(await report))).toBe(`${crowdSize + 1} requests finished, 0 cut`)
      },
    )

    test('is answered only when the listener has closed', async () => {
      const listening: boolean[] = []
      const service = await serve(kind, (_request, response) => {
        listening.push(service.server.listening)
        response.end('hi')
      })
      const crowd = new Crowd(kind, service, crowdSize)
      await crowd.gathered()
      const report = service.lifecycle.stop()
      await crowd.visits
      expect(listening).toEqual(Array(crowdSize).fill(false))
      expect(await report).toMatchObject({ ok: true, duration: 0 })
    })

    test('cannot be kept full by clients that come again after each answer', async () => {
      const service = await serve(kind, hi)
      service.server.setMaxListeners(0)
      const visits: Visit[] = []
      // In a queue without end the number of visits has none either, and the clock, which stands still, sets no bound.
      const regular = async (): Promise<void> => {
        for (let again = true; again && visits.length < 2_000;) {
          const visitor = await welcome(kind, service).catch(() => undefined)
          again = visitor !== undefined
          await visitor?.visit('/').then(
            (visit) => visits.push(visit),
            () => (again = false),
          )
          visitor?.destroy()
        }
      }
      const regulars = Array.from({ length: crowdSize }, regular)
      await new Promise(setImmediate)
      const before = visits.length
      expect(await service.lifecycle.stop()).toMatchObject({ ok: true })
      await Promise.all(regulars)
      expect(visits.length - before).toBeLessThanOrEqual(2 * crowdSize)
    })
  })

  describe('in the turn of the event loop in which the listener closes', () => {
    test('a connection is accepted, and is served', async () => {
      const service = await serve(kind, hi)
      service.server.prependListener('connection', () => vi.advanceTimersByTime(longestIntake))
      const crowd = new Crowd(kind, service, 1)
      await crowd.gathered()
      const report = service.lifecycle.stop()
      expect(await crowd.visits).toEqual([served])
      expect(String(drainOf(await report))).toBe('1 request finished, 0 cut')
    })

    test('a connection is accepted, grows old while the event loop is busy, and is served', async () => {
      const service = await serve(kind, hi)
      service.server.on('connection', () => vi.advanceTimersByTime(longestIntake))
      const crowd = new Crowd(kind, service, 1)
      await crowd.gathered()
      const report = service.lifecycle.stop()
      expect(await crowd.visits).toEqual([served])
      expect(String(drainOf(await report))).toBe('1 request finished, 0 cut')
    })

    test('a request arrives on an idle connection while the event loop is busy, and is served', async () => {
      const service = await serve(kind, hi)
      const visitor = await welcome(kind, service)
      await visitor.visit('/')
      await idle(service)
      let visit: Promise<Visit> | undefined
      service.server.on('connection', () => {
        visit = visitor.visit('/')
        vi.advanceTimersByTime(longestIntake)
      })
      const crowd = new Crowd(kind, service, 1)
      await crowd.gathered()
      const report = service.lifecycle.stop()
      await crowd.visits
      expect(await visit).toEqual(served)
      expect(String(drainOf(await report))).toBe('2 requests finished, 0 cut')
    })
  })

  describe('with `lateRequests: "refuse"`', () => {
    test('everyone who had connected when the stop began is answered', async () => {
      const service = await serve(kind, hi, { lateRequests: 'refuse' })
      const crowd = new Crowd(kind, service, crowdSize)
      await crowd.gathered()
      const report = service.lifecycle.stop()
      const statuses = (await crowd.visits).map(({ status }) => status)
      // A handshake takes several turns of the event loop, and may end when the listener has closed.
      const refused = statuses.filter((status) => kind.secure && status === 503)
      expect(statuses.filter((status) => status === 200)).toHaveLength(crowdSize - refused.length)
      expect(drainOf(await report)).toMatchObject({ finished: crowdSize - refused.length, refused: refused.length })
    })

    test('what arrives while the stop is announced is served', async () => {
      const service = await serve(kind, hi, { lateRequests: 'refuse' })
      const before = await welcome(kind, service)
      announce(service)
      for (const visitor of [before, await welcome(kind, service)]) expect(await visitor.visit('/')).toEqual(served)
      expect(String(drainOf(await service.lifecycle.stop()))).toBe('2 requests finished, 0 cut')
    })

    test('what has been sent when the stop begins is served', async () => {
      const service = await serve(kind, hi, { lateRequests: 'refuse' })
      const visitor = await welcome(kind, service)
      await visitor.visit('/')
      await idle(service)
      const visit = visitor.visit('/')
      const report = service.lifecycle.stop()
      expect(await visit).toEqual(served)
      expect(String(drainOf(await report))).toBe('1 request finished, 0 cut')
    })
  })

  describe('the `emit` of the server', () => {
    test('is no property of its own after the stop, where it was none', async () => {
      const service = await serve(kind, hi)
      await service.lifecycle.stop()
      expect(Object.hasOwn(service.server, 'emit')).toBe(false)
    })

    test('is the property that it was', async () => {
      const service = await serve(kind, hi)
      const server: EventEmitter = service.server
      const value = server.emit.bind(server)
      const own = { value, configurable: true, enumerable: false, writable: true }
      Object.defineProperty(server, 'emit', own)
      announce(service)
      expect(await (await welcome(kind, service)).visit('/')).toEqual(served)
      await service.lifecycle.stop()
      expect(Object.getOwnPropertyDescriptor(server, 'emit')).toEqual(own)
    })

    test('is left to whoever has replaced it meanwhile, and reaches every listener', async () => {
      const service = await serve(kind, hi)
      const server: EventEmitter = service.server
      announce(service)
      const before = server.emit.bind(server)
      const emit = vi.fn<EventEmitter['emit']>(before)
      server.emit = emit
      expect(await (await welcome(kind, service)).visit('/')).toEqual(served)
      await service.lifecycle.stop()
      expect(Object.getOwnPropertyDescriptor(server, 'emit')?.value).toBe(emit)
      const upgraded = vi.fn<() => void>()
      server.on('upgrade', upgraded)
      // The drain would refuse it.
      expect(server.emit('upgrade', {}, {})).toBe(true)
      expect(upgraded).toHaveBeenCalledOnce()
      expect(server.emit('no such event')).toBe(false)
    })
  })
}
