import { setTimeout as later } from 'node:timers/promises'
import { stopLimit } from '../peers/stop-limit.ts'
import { type Case, casesOf, firstWrong } from './case.ts'
import type { Launch } from './service.ts'

/** What a peer is given that takes a limit, and 1 s, in ms. */
const limit = stopLimit + 1_000
/** What "at once" means here, in ms, on a machine that does other things too. */
const atOnce = 300
const soon = 1_500

/** Cases of what keeps a server from closing. */
export const hangCases: readonly Case[] = casesOf('Nothing hangs', [
  {
    name: `with nobody connected, the process is gone within ${atOnce} ms`,
    run: async (launch) => {
      const service = await launch()
      service.stop()
      return service.endsLate(atOnce)
    },
  },
  {
    name: `it is gone ${atOnce} ms after the last byte of a request in flight`,
    run: async (launch) => {
      const service = await launch()
      const client = await service.ask('/slow')
      service.stop()
      return firstWrong(
        service.lacks(client, /\r\n\r\ndone$/),
        service.endsLate(atOnce, () => client.lastByteAt),
      )
    },
  },
  {
    name: 'a client that gives its request up holds nothing up',
    run: async (launch) => {
      const service = await launch()
      const client = await service.ask('/never')
      service.stop()
      await later(100)
      client.destroy()
      return service.endsLate(soon)
    },
  },
  {
    name: 'an idle connection holds nothing up',
    run: async (launch) => {
      const service = await launch()
      const client = await service.connect()
      client.get('/')
      await client.receives(/\r\n\r\nhi$/)
      service.stop()
      return service.endsLate(soon)
    },
  },
  {
    name: 'a connection that has never sent a byte holds nothing up',
    run: async (launch) => {
      const service = await launch()
      await service.connect()
      await service.settle()
      service.stop()
      return service.endsLate(soon)
    },
  },
  {
    name: 'a client that never closes its side holds nothing up',
    run: async (launch) => {
      const service = await launch()
      const client = await service.connect({ allowHalfOpen: true })
      client.get('/')
      await client.receives(/\r\n\r\nhi$/)
      service.stop()
      return service.endsLate(soon)
    },
  },
  {
    name: 'an idle session of HTTP/2 holds nothing up',
    http2: true,
    run: async (launch) => {
      const service = await launch({ protocol: 'http2' })
      const client = await service.connectHttp2()
      await client.answer(client.request('/'))
      service.stop()
      return service.endsLate(soon)
    },
  },
  {
    name: 'half a request head holds nothing up beyond the limit',
    run: (launch) => withinLimit(launch, (client) => client.send('GET / HT')),
  },
  {
    name: 'an upgraded connection holds nothing up beyond the limit',
    run: (launch) =>
      withinLimit(launch, async (client) => {
        client.send('GET / HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: test\r\n\r\n')
        await client.receives(/101 Switching Protocols/)
      }),
  },
  {
    name: 'an endless response holds nothing up beyond the limit',
    run: (launch) =>
      withinLimit(launch, async (client) => {
        client.get('/endless')
        await client.receives(/tick/)
      }),
  },
  {
    name: 'a request that is never answered holds nothing up beyond the limit',
    run: async (launch) => {
      const service = await launch()
      await service.ask('/never')
      service.stop()
      return service.endsLate(limit)
    },
  },
  {
    name: 'a TLS handshake that never begins holds nothing up beyond the limit',
    run: async (launch) => {
      const service = await launch({ protocol: 'https' })
      await service.connect({ secure: false })
      await service.settle()
      service.stop()
      return service.endsLate(limit)
    },
  },
])

type Client = Awaited<ReturnType<Awaited<ReturnType<Launch>>['connect']>>

async function withinLimit(launch: Launch, enter: (client: Client) => unknown): Promise<string | undefined> {
  const service = await launch()
  await enter(await service.connect())
  await service.settle()
  service.stop()
  return service.endsLate(limit)
}
