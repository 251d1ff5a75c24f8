import { describe, expect, test } from 'vitest'
import { RawClient } from '../raw-client.ts'
import { connectStalledTls } from '../stalled-tls.ts'
import { type Http1Class, http1Classes, type Scene } from './http1-classes.ts'
import { closing as sayingClose, keptAlive } from './http1-heads.ts'
import type { Kind } from './kind.ts'
import { idle, type Service, until } from './service.ts'
import { StageApp } from './stage-app.ts'
import { closing, deadline, instant, settings, type Stage, Timeline } from './timeline.ts'

const stages = Object.keys(instant) as Stage[]
const unavailable =
  /^HTTP\/1\.1 503 Service Unavailable\r\nConnection: close\r\nRetry-After: 1\r\nContent-Length: 0\r\n\r\n$/
const justBefore = instant['just before the stop']

/** Each class of connections over HTTP/1 at each stage of a stop, with a client that acts there, and with one that does not. */
export function stageCases(kind: Kind): void {
  const classes = http1Classes.filter(({ handshake }) => !handshake || kind.secure)
  describe.each(classes.map((each) => [each.name, each] as const))('a connection %s', (_name, each) => {
    test.each(stages.filter((stage) => isOpenAt(stage, each)))('that goes on %s is answered whole', async (stage) => {
      const { scene, timeline } = await enter(kind, each, justBefore)
      await timeline.at(instant[stage])
      const served = await probe(scene.service, stage)
      each.act(scene)
      await expectAnswers(scene, each, stage)
      const drain = await timeline.endsAt(endOf(each, stage))
      expect(await scene.client.closed).toBeUndefined()
      expect(drain).toMatchObject({ cut: 0, unfinished: 0, refused: 0, cutUpgraded: 0, cutConnections: 0 })
      expect(drain.finished).toBe(instant[stage] < 0 ? 0 : each.answers.length + served)
    })

    test.each(stages.filter((stage) => canBeEnteredAt(stage, each)))(
      'from %s on that stays so is closed in its time',
      async (stage) => {
        const { scene, timeline } = await enter(kind, each, instant[stage])
        const before = scene.client.received.length
        const drain = await timeline.endsAt(boundOf(each, stage))
        // One that does not read sees no end.
        scene.client.resume()
        await scene.client.closed
        expectCut(scene.client.received.slice(before), each)
        const isRequest = typeof each.cut === 'object'
        const count = isRequest ? Math.max(each.answers.length, 1) : 0
        expect(drain).toMatchObject({
          finished: 0,
          unfinished: 0,
          cut: each.upgraded ? 0 : count,
          cutUpgraded: each.upgraded ? 1 : 0,
          cutConnections: each.cut === 'connection' ? 1 : 0,
        })
        const age = deadline - instant[stage]
        expect(drain.cutRequests).toEqual(Array.from({ length: count }, () => ({ ...(each.cut as object), age })))
      },
    )

    test.each(stages.filter((stage) => instant[stage] >= 0 && isOpenAt(stage, each)))(
      'whose client hangs up %s holds nothing up',
      async (stage) => {
        const { scene, timeline } = await enter(kind, each, justBefore)
        await timeline.at(instant[stage])
        scene.client.destroy()
        await until(() => scene.service.adapter.connections === 0)
        const drain = await timeline.endsAt(Math.max(instant[stage], closing))
        const unfinished = typeof each.cut === 'object' ? each.answers.length : 0
        expect(drain).toMatchObject({ finished: 0, unfinished, cut: 0, cutUpgraded: 0, cutConnections: 0 })
      },
    )
  })
}

/** Brings a connection into a class at an instant. */
async function enter(kind: Kind, each: Http1Class, when: number): Promise<{ scene: Scene; timeline: Timeline }> {
  const app = new StageApp()
  const service = await app.serve(kind)
  const timeline = new Timeline(service)
  // Where none can be opened any more, or would be told to go, it is one from before.
  await timeline.at(each.used || when >= closing ? Math.min(when, justBefore) : when)
  const tls = each.handshake && (await connectStalledTls(service.port))
  const client = tls ? new RawClient(tls.socket) : await service.connect()
  await until(() => service.adapter.connections === 1)
  if (each.used) {
    client.get('/')
    await client.receives(keptAlive)
    await idle(service)
  }
  await timeline.at(when)
  const scene = { app, service, client, tls }
  await each.enter(scene)
  return { scene, timeline }
}

/** Whether a connection that has been so since just before the stop is still open at a stage. */
function isOpenAt(stage: Stage, { bound }: Http1Class): boolean {
  return instant[stage] >= justBefore && (bound === 'deadline' || instant[stage] < justBefore + settings[bound])
}

function canBeEnteredAt(stage: Stage, { bound, upgraded }: Http1Class): boolean {
  if (bound === 'closeIdleAfter') return instant[stage] < 0
  // An upgrade that comes later is refused.
  return instant[stage] < (upgraded || bound === 'closeSilentAfter' ? closing : deadline - 1)
}

/** When a connection whose client acts at a stage is closed. */
function endOf({ headersSent, upgraded }: Http1Class, stage: Stage): number {
  const when = instant[stage]
  const saysKeepAlive = when < 0 || (headersSent && when < closing)
  return Math.max(saysKeepAlive && !upgraded ? when + settings.closeIdleAfter : when, closing)
}

/** When a connection whose client is silent is closed. */
function boundOf({ bound }: Http1Class, stage: Stage): number {
  return bound === 'deadline' ? deadline : Math.max(instant[stage] + settings[bound], closing)
}

/** Opens a connection of its own: until the listener closes it is served. Returns how many requests of it are counted. */
async function probe(service: Service, stage: Stage): Promise<number> {
  if (instant[stage] >= closing) {
    await expect(service.connect()).rejects.toMatchObject({ code: 'ECONNREFUSED' })
    return 0
  }
  const others = service.adapter.connections
  const client = await service.connect()
  client.get('/')
  await client.receives(instant[stage] < 0 ? keptAlive : sayingClose)
  client.end()
  await until(() => service.adapter.connections === others)
  return 1
}

/** Expects whole answers, of which the last says close, if it can and is to. */
async function expectAnswers({ client, service }: Scene, each: Http1Class, stage: Stage): Promise<void> {
  const { answers, headersSent, used, upgraded } = each
  if (upgraded) return client.ended
  const count = answers.length + (used ? 1 : 0)
  const last = answers.at(-1)!
  await until(() => (client.received.endsWith(last) && answersOf(client).length >= count) || !client.open)
  // The server may know of it only a moment after its client.
  await idle(service)
  const received = answersOf(client)
  expect(received).toHaveLength(count)
  for (const [index, answer] of received.slice(-answers.length).entries()) {
    const [head = '', body = ''] = answer.split('\r\n\r\n', 2)
    expect(answer.endsWith(answers[index]!)).toBe(true)
    expect(body.length).toBe(Number(/Content-Length: (\d+)/.exec(head)?.[1] ?? body.length))
    const saysClose = instant[stage] >= 0 && !headersSent && index === answers.length - 1
    expect(head).toMatch(saysClose ? /\r\nConnection: close/ : /\r\nConnection: keep-alive/)
  }
}

function answersOf({ received }: RawClient): readonly string[] {
  return received.split(/(?=HTTP\/1\.1 )/)
}

/** Expects a 503 for requests that had got nothing, no end for one that was being answered, and nothing for all others. */
function expectCut(received: string, { cut, headersSent }: Http1Class): void {
  if (headersSent) expect(received).not.toMatch(/HTTP\/1\.1 503|\r\n0\r\n\r\n$|whole$/)
  else if (typeof cut === 'object' && !cut.upgraded) expect(received).toMatch(unavailable)
  else expect(received).toBe('')
}
