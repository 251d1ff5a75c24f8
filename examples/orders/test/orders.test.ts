// Under load, the service is stopped by SIGTERM at random moments, and started again on the same database. Whether an order was
// done twice is counted where nothing hides it: `deliveries` has a row for each time, with no constraint, in no transaction.
//
// That this can fail is shown by a service that is the same but exits at once: it cuts answers, and delivers orders twice.
import { createHash } from 'node:crypto'
import { setTimeout as later } from 'node:timers/promises'
import { askOnce, connectRaw, type Program, type RawClient, startProgram } from '@lastcall/testkit'
import { describe, expect, test } from 'vitest'
import { expireClaims, type Ledger, readLedger } from './ledger.ts'
import { answerTo, OrderClient, post } from './order-client.ts'
import { embeddedDatabase, serverDatabase, type TestDatabase } from './test-database.ts'

const seed = Number(process.env['LASTCALL_SEED'] ?? Date.now() % 2 ** 31)
const serverUrl = process.env['DATABASE_URL']
const manyStops = 20
/** The same for the embedded database where there is a server too: it takes seconds to start. */
const fewStops = 6
const abruptExits = 4
const clients = 16
const watchers = 2
/** How long the load has been under way when SIGTERM comes, in ms. */
const earliestMoment = 20
const latestMoment = 250

interface Service {
  readonly program: Program
  readonly port: number
}

/** What was seen of one stop under load. */
interface Observation {
  readonly code: number | null
  /** The ids of the orders that were answered 201. */
  readonly answered: readonly number[]
  /** What clients had received of answers and streams that were cut. */
  readonly cut: readonly string[]
  /** The ids of the orders that the streams told of, once for each stream. */
  readonly seen: readonly number[]
  /** What is in the database after it. */
  readonly ledger: Ledger
}

async function startService(database: TestDatabase, fixture?: 'abrupt'): Promise<Service> {
  const file = fixture ? `fixtures/${fixture}.js` : '../dist/server.js'
  // An abrupt exit is to come while an order is under way, which is not so between two of them.
  const orderTime = fixture ? '200' : '5'
  const program = startProgram(new URL(file, import.meta.url), { ...database.env, PORT: '0', ORDER_TIME: orderTime })
  const [, port] = await program.prints(/listening on http:\/\/localhost:(\d+)\n/)
  return { program, port: Number(port) }
}

async function watch({ port }: Service): Promise<RawClient> {
  const stream = await connectRaw(port)
  stream.get('/orders/stream')
  await stream.receives(/^HTTP\/1\.1 200 OK\r\n[^]*\r\n\r\n/)
  return stream
}

/** Puts the service under load, stops it by SIGTERM, and looks at what is left. */
async function stopUnderLoad(database: TestDatabase, round: number, fixture?: 'abrupt'): Promise<Observation> {
  const service = await startService(database, fixture)
  const streams = await Promise.all(Array.from({ length: watchers }, () => watch(service)))
  const crowd = Array.from({ length: clients }, (_, index) => new OrderClient(service.port, `${round}-${index}`))
  const ended = Promise.all(crowd.map((client) => client.run()))
  while (crowd.some(({ answered }) => answered.length === 0)) await later(5)
  await later(momentOf(round))
  service.program.kill('SIGTERM')
  const { code } = await service.program.exit
  await ended
  await Promise.all(streams.map(({ closed }) => closed))
  const texts = streams.map(({ received }) => received)
  return {
    code,
    answered: crowd.flatMap(({ answered }) => answered),
    cut: [...crowd.flatMap(({ cut }) => cut), ...texts.filter((text) => !text.endsWith('\r\n0\r\n\r\n'))],
    seen: texts.flatMap((text) => Array.from(text.matchAll(/^data: \{"id":(\d+),/gm), ([, id]) => Number(id))),
    ledger: await database.look(readLedger),
  }
}

/** The moment of a round, in ms: a random one, the same for the same seed. */
function momentOf(round: number): number {
  const share = createHash('sha256').update(`${seed} ${round}`).digest().readUInt32BE() / 2 ** 32
  return earliestMoment + share * (latestMoment - earliestMoment)
}

/** Those that are there more than once. */
function repeated(ids: readonly number[]): number[] {
  return ids.filter((id, index) => ids.indexOf(id) !== index)
}

const databases = [
  { name: 'embedded PostgreSQL', open: embeddedDatabase, there: true, stops: serverUrl ? fewStops : manyStops },
  {
    name: 'the server at DATABASE_URL',
    open: () => serverDatabase(serverUrl ?? ''),
    there: Boolean(serverUrl),
    stops: manyStops,
  },
]

describe.each(databases)('with $name', ({ name, open, there, stops }) => {
  test.skipIf(!there)(
    `${name}: an order half sent at SIGTERM is answered whole, and is there afterwards`,
    async () => {
      const database = await open()
      const service = await startService(database)
      expect(await askOnce(service.port, '/readyz')).toContain(
        '{"status":"ready","checks":[{"name":"database","ok":true}]}',
      )
      const client = await connectRaw(service.port)
      const request = post('tea')
      client.send(request.slice(0, -5))
      const stream = await watch(service)
      service.program.kill('SIGTERM')
      await service.program.prints(/shutting down: SIGTERM/)
      client.send(request.slice(-5))
      const [answer, id] = await client.receives(answerTo('tea'))
      expect(answer).toContain('\r\nConnection: close\r\n')
      await stream.closed
      expect(stream.received).toMatch(/\r\n0\r\n\r\n$/)
      expect(await service.program.exit).toMatchObject({ code: 0 })
      expect(service.program.output).toMatch(
        /stopped by SIGTERM in .*\n  http .* 2 requests finished, 0 cut\n  worker /,
      )
      expect(await database.look(readLedger)).toMatchObject({ orders: [Number(id)], halfDone: [] })
    },
    60_000,
  )

  test.skipIf(!there)(
    `${name}: ${stops} stops under load at random moments lose nothing, and do nothing twice (LASTCALL_SEED=${seed})`,
    async () => {
      const database = await open()
      const answered: number[] = []
      const seen: number[] = []
      let last: Ledger | undefined
      for (let round = 1; round <= stops; round += 1) {
        const { ledger, ...observation } = await stopUnderLoad(database, round)
        answered.push(...observation.answered)
        seen.push(...observation.seen)
        expect({ round, code: observation.code, cut: observation.cut }).toEqual({ round, code: 0, cut: [] })
        const orders = new Set(ledger.orders)
        expect(answered.filter((id) => !orders.has(id))).toEqual([])
        // What is delivered is done, and the other way round: each once.
        expect(ledger.halfDone).toEqual([])
        expect(ledger.deliveries).toEqual(ledger.done)
        last = ledger
      }
      expect(repeated(answered)).toEqual([])
      // The streams told of orders, and there was something left to go on with.
      expect(seen.length).toBeGreaterThan(stops)
      expect(answered.length).toBeGreaterThan(stops * clients)
      expect(last?.open.length).toBeGreaterThan(stops)
    },
    240_000,
  )

  test.skipIf(!there)(
    `${name}: ${abruptExits} abrupt exits cut answers, and what they leave half done is done twice (LASTCALL_SEED=${seed})`,
    async () => {
      const database = await open()
      const cuts: number[] = []
      for (let round = 1; round <= abruptExits; round += 1) {
        const { cut } = await stopUnderLoad(database, round, 'abrupt')
        cuts.push(cut.length)
      }
      expect(cuts.every((cut) => cut >= watchers)).toBe(true)
      expect(cuts.some((cut) => cut > watchers)).toBe(true)
      const { halfDone } = await database.look(readLedger)
      await database.look(expireClaims)
      const { program, port } = await startService(database)
      const client = await connectRaw(port)
      while (!client.received.includes('"done":true')) {
        client.get(`/orders/${halfDone.at(-1)}`)
        await later(50)
      }
      program.kill('SIGTERM')
      expect(await program.exit).toMatchObject({ code: 0 })
      const { deliveries } = await database.look(readLedger)
      // One that was claimed, and not delivered yet, is delivered once.
      const twice = repeated(deliveries)
      expect(twice.length).toBeGreaterThan(0)
      expect(halfDone).toEqual(expect.arrayContaining(twice))
    },
    120_000,
  )
})
