import type { CutRequest } from '@lastcall/http'
import { describe, expect, test } from 'vitest'
import type { RawHttp2Client } from '../raw-http2-client.ts'
import type { Bound } from './http1-classes.ts'
import type { Kind } from './kind.ts'
import { idle, type Service, until } from './service.ts'
import { StageApp } from './stage-app.ts'
import { closing, deadline, instant, settings, type Stage, Timeline } from './timeline.ts'

/** A class of sessions over HTTP/2. */
interface Http2Class {
  readonly name: string
  /** Whether it has had a stream before. */
  readonly used?: true
  /** Opens the stream of the class, if it has one. */
  enter?(client: RawHttp2Client): number
  /** Does what there is to do on it, and returns the stream that is answered. */
  act(app: StageApp, client: RawHttp2Client, stream: number): number
  readonly body: string
  readonly bound: Bound
  /** What has been received of the answer when it is cut. */
  readonly received?: object
  readonly cut?: Partial<CutRequest>
}

const ask = (_app: StageApp, client: RawHttp2Client): number => client.request('/')
const unavailable = { status: 503, body: '', ended: true }

const classes: readonly Http2Class[] = [
  { name: 'that has had no stream', act: ask, body: 'hi', bound: 'closeSilentAfter' },
  { name: 'that is idle', used: true, act: ask, body: 'hi', bound: 'closeIdleAfter' },
  {
    name: 'with a stream in flight whose headers are unsent',
    enter: (client) => client.request('/desk'),
    act: (app, _client, stream) => {
      app.desk.answer('late')
      return stream
    },
    body: 'late',
    bound: 'deadline',
    received: unavailable,
    cut: { method: 'GET', path: '/desk', bytesSent: 0 },
  },
  {
    name: 'with a stream in flight whose headers are sent',
    enter: (client) => client.request('/sent'),
    act: (app, _client, stream) => {
      app.desk.answer('last')
      return stream
    },
    body: 'firstlast',
    bound: 'deadline',
    received: { status: 200, body: 'first', resetCode: 8 },
    cut: { method: 'GET', path: '/sent' },
  },
  {
    name: 'with an upload in progress',
    enter: (client) => {
      const stream = client.request('/upload', { method: 'POST', endStream: false })
      client.data(stream, 'one')
      return stream
    },
    act: (_app, client, stream) => {
      client.data(stream, 'two', { endStream: true })
      return stream
    },
    body: 'got onetwo',
    bound: 'deadline',
    received: unavailable,
    cut: { method: 'POST', path: '/upload', bytesSent: 0 },
  },
]

const stages = Object.keys(instant) as Stage[]
const justBefore = instant['just before the stop']
const longBefore = instant['long before the stop']

/** Each class of sessions over HTTP/2 at each stage of a stop, with a client that acts there, and with one that does not. */
export function http2StageCases(kind: Kind): void {
  describe.each(classes.map((each) => [each.name, each] as const))('a session %s', (_name, each) => {
    test.each(stages.filter((stage) => isOpenAt(stage, each)))('that goes on %s is answered whole', async (stage) => {
      // One that is held by streams alone has had them for long, so that nothing but its stream keeps it.
      const { app, service, client, stream, timeline } = await enter(kind, each, each.enter ? longBefore : justBefore)
      await timeline.at(instant[stage])
      const served = await probe(service, stage)
      const answered = each.act(app, client, stream)
      expect(await client.answer(answered)).toMatchObject({ status: 200, body: each.body, ended: true })
      await idle(service)
      // Behind its GOAWAY nothing more comes on a session: it is closed right after the answer.
      const drain = await timeline.endsAt(endOf(stage), stage === 'in the announce stage' ? 0 : 1)
      expect(await client.closed).toBeUndefined()
      expect(client.goaways[0]).toEqual({ lastStreamId: answered, code: 0 })
      expect(drain).toMatchObject({ cut: 0, unfinished: 0, refused: 0, cutConnections: 0 })
      expect(drain.finished).toBe(instant[stage] < 0 ? 0 : 1 + served)
    })

    test.each(stages.filter((stage) => canBeEnteredAt(stage, each)))(
      'from %s on that stays so is closed in its time',
      async (stage) => {
        const { client, stream, timeline } = await enter(kind, each, instant[stage])
        const drain = await timeline.endsAt(boundOf(each, stage))
        await client.closed
        expect(client.goaways[0]).toEqual({ lastStreamId: stream, code: 0 })
        if (each.received) expect(client.responses.get(stream)).toMatchObject(each.received)
        expect(drain).toMatchObject({ finished: 0, unfinished: 0, cut: each.cut ? 1 : 0, cutConnections: 0 })
        const age = deadline - instant[stage]
        const bytesSent = undefined
        expect(drain.cutRequests).toEqual(each.cut ? [{ bytesSent, ...each.cut, upgraded: false, age }] : [])
      },
    )

    test.each(stages.filter((stage) => instant[stage] >= 0 && isOpenAt(stage, each)))(
      'whose client hangs up %s holds nothing up',
      async (stage) => {
        const { client, service, timeline } = await enter(kind, each, justBefore)
        await timeline.at(instant[stage])
        client.destroy()
        await until(() => service.adapter.connections === 0)
        const drain = await timeline.endsAt(Math.max(instant[stage], closing))
        expect(drain).toMatchObject({ finished: 0, unfinished: each.enter ? 1 : 0, cut: 0, cutConnections: 0 })
      },
    )
  })
}

interface Scene {
  readonly app: StageApp
  readonly service: Service
  readonly client: RawHttp2Client
  /** The latest stream so far. */
  readonly stream: number
  readonly timeline: Timeline
}

/** Brings a session into a class at an instant. */
async function enter(kind: Kind, each: Http2Class, when: number): Promise<Scene> {
  const app = new StageApp()
  const service = await app.serve(kind)
  const timeline = new Timeline(service)
  // Where none can be opened any more, it is one from before.
  await timeline.at(when >= closing ? justBefore : when)
  const client = await service.connectHttp2()
  await client.receives(({ frames }) => frames.some(({ type }) => type === 'SETTINGS'))
  let stream = 0
  if (each.used) {
    stream = client.request('/')
    await client.answer(stream)
    await idle(service)
  }
  await timeline.at(when)
  if (each.enter) {
    stream = each.enter(client)
    await until(() => service.adapter.inFlight === 1)
    if (each.body.startsWith('first')) await client.receives(({ responses }) => responses.get(stream)?.body === 'first')
  }
  return { app, service, client, stream, timeline }
}

/** Whether a session that has been so since just before the stop is still open at a stage. */
function isOpenAt(stage: Stage, { bound }: Http2Class): boolean {
  return instant[stage] >= justBefore && (bound === 'deadline' || instant[stage] < justBefore + settings[bound])
}

function canBeEnteredAt(stage: Stage, { bound }: Http2Class): boolean {
  if (bound === 'closeIdleAfter') return instant[stage] < 0
  return instant[stage] < (bound === 'closeSilentAfter' ? closing : deadline - 1)
}

/** When a session whose client acts at a stage is closed. */
function endOf(stage: Stage): number {
  return Math.max(instant[stage] < 0 ? instant[stage] + settings.closeIdleAfter : instant[stage], closing)
}

/** When a session whose client is silent is closed. */
function boundOf({ bound }: Http2Class, stage: Stage): number {
  return bound === 'deadline' ? deadline : Math.max(instant[stage] + settings[bound], closing)
}

/** Opens a session of its own: until the listener closes it is served. Returns how many requests of it are counted. */
async function probe(service: Service, stage: Stage): Promise<number> {
  if (instant[stage] >= closing) {
    await expect(service.connectHttp2()).rejects.toMatchObject({ code: 'ECONNREFUSED' })
    return 0
  }
  const { connections, inFlight } = service.adapter
  const client = await service.connectHttp2()
  expect(await client.answer(client.request('/'))).toMatchObject({ status: 200, body: 'hi' })
  await until(() => service.adapter.inFlight === inFlight)
  client.destroy()
  await until(() => service.adapter.connections === connections)
  return instant[stage] < 0 ? 0 : 1
}
