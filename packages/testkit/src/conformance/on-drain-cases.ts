import { onDrain } from '@lastcall/http'
import type { ServerResponse } from 'node:http'
import { describe, expect, test, vi } from 'vitest'
import { Desk } from './desk.ts'
import type { Kind } from './kind.ts'
import { drainOf, idle, listenerClosed, passTurns, type Service, serve, until } from './service.ts'
import { Stage } from './stage.ts'
import { welcome } from './visitor.ts'

const impatient = { closeIdleAfter: 0, closeSilentAfter: 0 }

/** When the listeners of `onDrain` are called. */
export function onDrainCases(kind: Kind): void {
  describe('`onDrain`', () => {
    test('calls its listener when the listener closes, behind `stopDelay`', async () => {
      const listening: boolean[] = []
      const service: Service = await serve(
        kind,
        (request, response) => {
          response.write('hi ')
          onDrain(request, () => {
            listening.push(service.server.listening)
            response.end('bye')
          })
        },
        { ...impatient, stopDelay: 300 },
      )
      const visit = (await welcome(kind, service)).visit('/')
      await until(() => service.adapter.inFlight === 1)
      const stage = new Stage(service)
      const report = service.lifecycle.stop()
      await stage.reaches(299)
      expect(listening).toEqual([])
      await stage.reaches(300)
      expect(listening).toEqual([false])
      expect((await visit).body).toContain('bye')
      expect(await report).toMatchObject({ ok: true })
      expect(drainOf(await report)).toMatchObject({ finished: 1, cut: 0 })
    })

    test('calls the listener of a request that comes later, when its handler has returned', async () => {
      const order: string[] = []
      const service = await serve(kind, (request, response) => {
        if (request.url === '/') return response.end('hi')
        const subscription = onDrain(request, () => {
          order.push('called')
          subscription[Symbol.dispose]()
          response.end('late')
        })
        return order.push('returned')
      })
      const visitor = await welcome(kind, service)
      await visitor.visit('/')
      await idle(service)
      const report = service.lifecycle.stop()
      await listenerClosed(service)
      expect(await visitor.visit('/late')).toMatchObject({ status: 200, body: 'late' })
      expect(order).toEqual(['returned', 'called'])
      vi.advanceTimersByTime(200)
      expect(await report).toMatchObject({ ok: true })
    })

    test.each(['before the stop', 'while the stop is announced', 'late'])(
      'does not call the listener of a request that was answered %s',
      async (when) => {
        const called = vi.fn<() => void>()
        const service = await serve(
          kind,
          (request, response) => {
            onDrain(request, called)
            response.end('hi')
          },
          { stopDelay: 300 },
        )
        const visitors = [await welcome(kind, service), await welcome(kind, service)]
        if (when.startsWith('before')) await visitors[0]?.visit('/')
        const stage = new Stage(service)
        const report = service.lifecycle.stop()
        await stage.reaches(299)
        if (when.startsWith('while')) await visitors[0]?.visit('/')
        await idle(service)
        await stage.reaches(300)
        if (when.startsWith('late')) await visitors[1]?.visit('/')
        await stage.reaches(1_000)
        expect(await report).toMatchObject({ ok: true })
        expect(drainOf(await report).finished).toBe(when.startsWith('before') ? 0 : 1)
        expect(called).not.toHaveBeenCalled()
      },
    )

    test('calls no listener that has unsubscribed', async () => {
      const desk = new Desk()
      const called = vi.fn<() => void>()
      const service = await serve(kind, (request, response) => {
        onDrain(request, called)[Symbol.dispose]()
        desk.handler(request, response)
      })
      const visit = (await welcome(kind, service)).visit('/')
      await desk.has(1)
      const report = service.lifecycle.stop()
      await listenerClosed(service)
      await passTurns()
      desk.answer('hi')
      expect(await visit).toMatchObject({ status: 200 })
      vi.advanceTimersByTime(200)
      expect(await report).toMatchObject({ ok: true })
      expect(called).not.toHaveBeenCalled()
    })

    test('leaves no listener on the response when it is unsubscribed or called', async () => {
      const desk = new Desk()
      const counts: number[] = []
      const service = await serve(kind, (request, response) => {
        const before = listenersOf(response)
        onDrain(request, () => {})[Symbol.dispose]()
        counts.push(listenersOf(response) - before)
        onDrain(request, () => counts.push(listenersOf(response) - before))
        desk.handler(request, response)
      })
      const visit = (await welcome(kind, service)).visit('/')
      await desk.has(1)
      const report = service.lifecycle.stop()
      await listenerClosed(service)
      desk.answer('hi')
      await visit
      vi.advanceTimersByTime(200)
      expect(await report).toMatchObject({ ok: true })
      // While the drain goes on, it has a listener of its own.
      expect(counts).toEqual([0, kind.protocols.includes('HTTP/1') ? 1 : 0])
    })
  })
}

function listenersOf(response: ServerResponse): number {
  return response.listenerCount('close')
}
