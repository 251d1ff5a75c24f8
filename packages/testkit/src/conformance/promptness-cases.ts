import type { Socket } from 'node:net'
import { describe, expect, test, vi } from 'vitest'
import { setImmediate as turn } from 'node:timers/promises'
import { Desk } from './desk.ts'
import type { Kind } from './kind.ts'
import { idle, listenerClosed, passTurns, serve, type Service } from './service.ts'
import { type Visit, type Visitor, welcome } from './visitor.ts'

/** How the stop waits: by events alone. */
export function promptnessCases(kind: Kind): void {
  describe('the stop ends in the turn of the event loop in which the last connection closes', () => {
    test('when its last request has been answered', async () => {
      const desk = new Desk()
      const { service, turns, visits } = await inFlight(kind, desk)
      // A session that was in use a moment ago lingers.
      vi.advanceTimersByTime(1_000)
      const report = service.lifecycle.stop()
      await listenerClosed(service)
      for (const text of ['one', 'two', 'three']) desk.answer(text)
      expect(await report).toMatchObject({ ok: true, duration: 0 })
      expect(turns.isLast).toBe(true)
      expect((await Promise.all(visits)).map(({ body }) => body)).toEqual(['one', 'two', 'three'])
    })

    test('when its last client has hung up', async () => {
      const { service, turns, visits, visitors } = await inFlight(kind, new Desk())
      const report = service.lifecycle.stop()
      await listenerClosed(service)
      for (const visitor of visitors) visitor.destroy()
      expect(await report).toMatchObject({ ok: true, duration: 0 })
      expect(turns.isLast).toBe(true)
      await Promise.allSettled(visits)
    })

    test('when it has been idle for long enough', async () => {
      const service = await serve(kind, (_request, response) => response.end('hi'))
      const turns = new Turns(service)
      const visitor = await welcome(kind, service)
      await visitor.visit('/')
      await idle(service)
      const report = service.lifecycle.stop()
      await listenerClosed(service)
      vi.advanceTimersByTime(200)
      expect(await report).toMatchObject({ ok: true, duration: 200 })
      expect(turns.isLast).toBe(true)
    })

    test('when it is cut', async () => {
      const { service, turns, visits } = await inFlight(kind, new Desk())
      expect(await service.lifecycle.stop({ force: true })).toMatchObject({ ok: false, duration: 0 })
      expect(turns.isLast).toBe(true)
      await Promise.allSettled(visits)
    })
  })

  describe('while nothing but requests in flight is waited for', () => {
    test('no timer is armed, and no turn of the event loop asked for', async () => {
      const desk = new Desk()
      const { service, visits } = await inFlight(kind, desk)
      vi.advanceTimersByTime(1_000)
      const report = service.adapter.stop(new AbortController())
      await listenerClosed(service)
      await passTurns()
      const asked = vi.spyOn(globalThis, 'setImmediate')
      for (let turns = 0; turns < 20; turns += 1) await turn()
      expect(asked).not.toHaveBeenCalled()
      asked.mockRestore()
      expect(vi.getTimerCount()).toBe(0)
      for (const text of ['one', 'two', 'three']) desk.answer(text)
      await Promise.all(visits)
      expect(await report).toMatchObject({ finished: 3, cut: 0 })
    })

    test('the adapter has no timer while the stop is announced, where there is no `stopDelay`', async () => {
      const { service, visits } = await inFlight(kind, new Desk())
      await service.adapter.beforeStop()
      await passTurns()
      expect(vi.getTimerCount()).toBe(0)
      await service.lifecycle.stop({ force: true })
      await Promise.allSettled(visits)
    })
  })
}

/** Tells whether the event loop has turned since a connection of a server closed. */
class Turns {
  #closed = 0
  #turned = 0

  constructor({ server }: Service) {
    const follow = (socket: Socket): void => {
      socket.prependListener('close', () => {
        const closed = (this.#closed += 1)
        setImmediate(() => {
          this.#turned = closed
        })
      })
    }
    server.prependListener('connection', follow).prependListener('secureConnection', follow)
  }

  /** Whether a connection has closed in this turn, so that whoever is told of it later than by the close itself comes too late. */
  get isLast(): boolean {
    return this.#closed > this.#turned
  }
}

interface InFlight {
  readonly service: Service
  readonly turns: Turns
  readonly visitors: readonly Visitor[]
  readonly visits: readonly Promise<Visit>[]
}

/** A service with three requests in flight, each on a connection of its own. */
async function inFlight(kind: Kind, desk: Desk): Promise<InFlight> {
  const service = await serve(kind, desk.handler)
  const turns = new Turns(service)
  const visitors: Visitor[] = []
  const visits: Promise<Visit>[] = []
  for (const path of ['/1', '/2', '/3']) {
    const visitor = await welcome(kind, service)
    visitors.push(visitor)
    visits.push(visitor.visit(path))
    await desk.has(visits.length)
  }
  // Some are given up in the end.
  for (const visit of visits) visit.catch(() => {})
  return { service, turns, visitors, visits }
}
