import { setTimeout as later } from 'node:timers/promises'
import { type Case, casesOf } from './case.ts'
import type { Service } from './service.ts'

const whole = /^HTTP\/1\.1 200 OK\r\n(?:.+\r\n)*\r\n/
const hi = /^HTTP\/1\.1 200 OK\r\n(?:.+\r\n)*\r\nhi$/
const done = /^HTTP\/1\.1 200 OK\r\n(?:.+\r\n)*\r\ndone$/
/** How long after SIGTERM a client goes on, in ms. */
const pause = 100
const largeSize = 32 * 1024 * 1024
/** How long a slow reader takes for it, in ms, and in how many steps. */
const slowness = 1_500
const steps = 30

/** Cases of requests and connections that have come before the stop. */
export const lostCases: readonly Case[] = casesOf('Nothing accepted is lost', [
  {
    name: 'a request in flight is answered',
    run: async (launch) => answersInFlight(await launch(), '/slow', done),
  },
  {
    name: 'a request in flight is answered over HTTPS',
    run: async (launch) => answersInFlight(await launch({ protocol: 'https' }), '/slow', done),
  },
  {
    name: 'a request in flight is answered over HTTP/2',
    http2: true,
    run: async (launch) => {
      const service = await launch({ protocol: 'http2' })
      const client = await service.connectHttp2()
      const stream = client.request('/slow')
      await service.program.prints(/asked for \/slow/)
      service.stop()
      const { status, body } = await client.answer(stream).catch(() => ({ status: undefined, body: '' }))
      return status === 200 && body === 'done' ? undefined : 'the stream was reset, or its session closed'
    },
  },
  {
    name: 'the database is open until the last request has been answered',
    run: async (launch) => {
      const service = await launch()
      const client = await service.ask('/query')
      service.stop()
      const wrong = await service.lacks(client, /\r\n\r\nthe database is (?:open|closed)$/)
      return wrong ?? (client.received.endsWith('open') ? undefined : 'the database was closed before')
    },
  },
  {
    name: 'a response in flight says `Connection: close`',
    run: async (launch) => {
      const service = await launch()
      const client = await service.ask('/slow')
      service.stop()
      const wrong = await service.lacks(client, done)
      return wrong ?? (/^Connection: close\r$/im.test(client.received) ? undefined : 'it says keep-alive')
    },
  },
  {
    name: 'a response that has begun comes to its last chunk',
    run: async (launch) => answersInFlight(await launch(), '/stream', /\r\nlast\r\n0\r\n\r\n$/),
  },
  {
    name: 'an upload comes to its end, and is answered',
    run: async (launch) => {
      const service = await launch()
      const client = await service.connect()
      client.send('POST /upload HTTP/1.1\r\nHost: localhost\r\nContent-Length: 6\r\n\r\none')
      await service.program.prints(/asked for \/upload/)
      service.stop()
      await later(pause)
      client.send('two')
      return service.lacks(client, /\r\n\r\ngot it$/)
    },
  },
  {
    name: 'requests behind one another on one connection are all answered',
    run: async (launch) => {
      const service = await launch()
      const client = await service.connect()
      client.send('GET /slow HTTP/1.1\r\nHost: localhost\r\n\r\n'.repeat(2))
      await service.program.prints(/asked for \/slow\nasked for \/slow/)
      service.stop()
      return service.lacks(client, /\r\n\r\ndone[^]*\r\n\r\ndone$/)
    },
  },
  {
    name: 'a slow reader gets 32 MiB to the last byte',
    run: async (launch) => {
      const service = await launch()
      const client = await service.connect()
      client.get('/large')
      await client.receives(whole)
      client.pause()
      service.stop()
      for (let step = 1; step < steps; step += 1) {
        await later(slowness / steps)
        client.resume()
        await Promise.race([client.closed, reaches(client, (largeSize * step) / steps)])
        client.pause()
      }
      client.resume()
      await Promise.race([client.closed, reaches(client, largeSize)])
      return client.bytes > largeSize ? undefined : `${Math.floor((client.bytes / largeSize) * 100)} % of it arrived`
    },
  },
  {
    name: 'a request of which half the head had come is answered',
    run: async (launch) => {
      const service = await launch()
      const client = await service.connect()
      client.send('GET / HT')
      await service.settle()
      service.stop()
      await later(pause)
      client.send('TP/1.1\r\nHost: localhost\r\n\r\n')
      return service.lacks(client, hi)
    },
  },
  {
    name: `a connection that is opened and asks ${pause} ms later is answered`,
    run: async (launch) => {
      const service = await launch()
      const client = await service.connect()
      await service.settle()
      service.stop()
      await later(pause)
      client.get('/')
      return service.lacks(client, hi)
    },
  },
  {
    name: 'a new connection is refused or answered, and never accepted and cut',
    run: async (launch) => {
      const service = await launch()
      await service.ask('/slow')
      service.stop()
      await later(pause)
      const client = await service.connect().catch(() => undefined)
      if (!client) return undefined
      client.get('/')
      return service.lacks(client, /^HTTP\/1\.1 /)
    },
  },
])

async function answersInFlight(service: Service, path: string, answer: RegExp): Promise<string | undefined> {
  const client = await service.ask(path)
  service.stop()
  return service.lacks(client, answer)
}

async function reaches(client: { readonly bytes: number }, bytes: number): Promise<void> {
  while (client.bytes < bytes) await later(1)
}
