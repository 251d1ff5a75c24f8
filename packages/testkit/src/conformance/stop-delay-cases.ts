import type { ServerAdapterOptions } from '@lastcall/http'
import type { RequestListener } from 'node:http'
import type { StopReport } from '@lastcall/core'
import { describe, expect, test, vi } from 'vitest'
import { Desk } from './desk.ts'
import type { Kind } from './kind.ts'
import { drainOf, idle, serve, type Service, until } from './service.ts'
import { Stage } from './stage.ts'
import { welcome } from './visitor.ts'

const hi: RequestListener = (_request, response) => response.end('hi')
/** For visits whose connections are closed as soon as their time has come, so that the delay alone is measured. */
const impatient = { closeIdleAfter: 0, closeSilentAfter: 0 }

/** How long the server goes on serving between the announcement and the end of the listener. */
export function stopDelayCases(kind: Kind): void {
  describe('a fixed `stopDelay`', () => {
    test('lasts exactly so long, though nobody is there', async () => {
      const service = await serve(kind, hi, { stopDelay: 300 })
      const stage = new Stage(service)
      const report = service.lifecycle.stop()
      expect(await stage.lasts(300)).toBe(true)
      expect(delayOf(await report)).toBe(300)
    })

    test('serves all the while, and tells every client to go elsewhere, from its first moment on', async () => {
      const service = await serve(kind, hi, { ...impatient, stopDelay: 300 })
      const before = await welcome(kind, service)
      expect(await before.visit('/')).toEqual({ status: 200, body: 'hi', sentAway: false })
      await idle(service)
      const stage = new Stage(service)
      const report = service.lifecycle.stop()
      expect(await before.visit('/')).toEqual({ status: 200, body: 'hi', sentAway: true })
      for (const moment of [0, 150, 299]) {
        await stage.reaches(moment)
        const visitor = await welcome(kind, service)
        expect(await visitor.visit('/')).toEqual({ status: 200, body: 'hi', sentAway: true })
      }
      await stage.reaches(300)
      expect(delayOf(await report)).toBe(300)
      expect(String(drainOf(await report))).toBe('4 requests finished, 0 cut')
    })

    test('disturbs no request in flight, and does not wait for one', async () => {
      const desk = new Desk()
      const service = await serve(kind, desk.handler, { ...impatient, stopDelay: 300 })
      const visits = [(await welcome(kind, service)).visit('/short'), (await welcome(kind, service)).visit('/long')]
      await desk.has(2)
      const stage = new Stage(service)
      const report = service.lifecycle.stop()
      await stage.reaches(100)
      desk.answer('short')
      expect(await visits[0]).toMatchObject({ status: 200, body: 'short' })
      expect(await stage.lasts(300)).toBe(true)
      expect(service.adapter.inFlight).toBe(1)
      await stage.reaches(1_000)
      desk.answer('long')
      expect(await visits[1]).toMatchObject({ status: 200, body: 'long', sentAway: true })
      expect(delayOf(await report)).toBe(300)
      expect(await report).toMatchObject({ ok: true, duration: 1_000 })
    })

    test.each<ServerAdapterOptions['stopDelay']>([undefined, 0])('of %o ends at once', async (stopDelay) => {
      const service = await serve(kind, hi, { stopDelay })
      expect(await service.lifecycle.stop()).toMatchObject({ ok: true, duration: 0 })
    })
  })

  describe('an adaptive `stopDelay`', () => {
    const stopDelay = { quiet: 200, max: 1_000 }

    test('of a service that nobody has asked ends at once', async () => {
      const service = await serve(kind, hi, { stopDelay })
      expect(await service.lifecycle.stop()).toMatchObject({ ok: true, duration: 0 })
    })

    test.each([
      [0, 200],
      [1, 199],
      [199, 1],
      [200, 0],
      [5_000, 0],
    ])('after a request %d ms before the stop lasts %d ms', async (age, delay) => {
      const service = await serve(kind, hi, { ...impatient, stopDelay })
      await visitOnce(kind, service)
      vi.advanceTimersByTime(age)
      const stage = new Stage(service)
      const report = service.lifecycle.stop()
      expect(await stage.lasts(delay)).toBe(true)
      expect(delayOf(await report)).toBe(delay)
    })

    test('is put off by every request that arrives, also on new connections', async () => {
      const service = await serve(kind, hi, { ...impatient, stopDelay })
      const visitor = await welcome(kind, service)
      await visitor.visit('/')
      const stage = new Stage(service)
      const report = service.lifecycle.stop()
      for (const moment of [100, 299, 498]) {
        await stage.reaches(moment)
        await visitOnce(kind, service)
      }
      expect(await stage.lasts(698)).toBe(true)
      expect(delayOf(await report)).toBe(698)
    })

    test('is not put off by a connection alone, nor by a request that is still in flight', async () => {
      const desk = new Desk()
      const service = await serve(kind, desk.handler, { ...impatient, stopDelay })
      const visit = (await welcome(kind, service)).visit('/')
      await desk.has(1)
      const stage = new Stage(service)
      const report = service.lifecycle.stop()
      await stage.reaches(150)
      await welcome(kind, service)
      await until(() => service.adapter.connections === 2)
      expect(await stage.lasts(200)).toBe(true)
      desk.answer('hi')
      await visit
      expect(delayOf(await report)).toBe(200)
    })

    test('never ends before `min`', async () => {
      const service = await serve(kind, hi, { ...impatient, stopDelay: { min: 400, ...stopDelay } })
      const stage = new Stage(service)
      const report = service.lifecycle.stop()
      await stage.reaches(100)
      await visitOnce(kind, service)
      expect(await stage.lasts(400)).toBe(true)
      expect(delayOf(await report)).toBe(400)
    })

    test('ends behind `min` when a request has arrived shortly before that', async () => {
      const service = await serve(kind, hi, { ...impatient, stopDelay: { min: 400, ...stopDelay } })
      const stage = new Stage(service)
      const report = service.lifecycle.stop()
      await stage.reaches(399)
      await visitOnce(kind, service)
      expect(await stage.lasts(599)).toBe(true)
      expect(delayOf(await report)).toBe(599)
    })

    test('never ends after `max`, however busy the service', async () => {
      const service = await serve(kind, hi, { ...impatient, stopDelay: { quiet: 200, max: 450 } })
      await visitOnce(kind, service)
      const stage = new Stage(service)
      const report = service.lifecycle.stop()
      for (const moment of [150, 300, 449]) {
        await stage.reaches(moment)
        await visitOnce(kind, service)
      }
      expect(await stage.lasts(450)).toBe(true)
      expect(delayOf(await report)).toBe(450)
    })

    test('takes `undefined` for `min` as 0', async () => {
      const service = await serve(kind, hi, { stopDelay: { min: undefined, ...stopDelay } })
      expect(await service.lifecycle.stop()).toMatchObject({ ok: true, duration: 0 })
    })
  })

  describe.each<[string, NonNullable<ServerAdapterOptions['stopDelay']>]>([
    ['a fixed `stopDelay`', 20_000],
    ['an adaptive `stopDelay`', { min: 10_000, quiet: 10_000, max: 20_000 }],
  ])('%s', (_name, stopDelay) => {
    test('ends at once when the stop is forced', async () => {
      const service = await serve(kind, hi, { stopDelay })
      const stage = new Stage(service)
      void service.lifecycle.stop()
      await stage.reaches(70)
      expect(service.server.listening).toBe(true)
      const report = await service.lifecycle.stop({ force: true })
      expect([delayOf(report), report.duration]).toEqual([70, 70])
      expect(service.server.listening).toBe(false)
    })

    test('ends at the limit that the lifecycle sets, and leaves the stop its time', async () => {
      const desk = new Desk()
      const service = await serve(kind, desk.handler, { stopDelay, stopTimeout: 10_000 })
      const visit = (await welcome(kind, service)).visit('/')
      await desk.has(1)
      const stage = new Stage(service)
      const report = service.lifecycle.stop()
      // Of 10 s, 1 s is set aside for the stop, and 250 ms for giving up.
      expect(await stage.lasts(8_750)).toBe(true)
      desk.answer('hi')
      expect(await visit).toMatchObject({ status: 200, body: 'hi' })
      expect(delayOf(await report)).toBe(8_750)
      expect(drainOf(await report)).toMatchObject({ finished: 1, cut: 0 })
    })
  })
}

/** How long the stage took. */
function delayOf(report: StopReport): number | undefined {
  return report.hooks[0]?.beforeStop?.duration
}

/** Comes, asks once, and is gone. */
async function visitOnce(kind: Kind, service: Service): Promise<void> {
  const visitor = await welcome(kind, service)
  expect(await visitor.visit('/')).toMatchObject({ status: 200, body: 'hi' })
  await idle(service)
}
