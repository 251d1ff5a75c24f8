// That HAProxy, as it is configured here, hides nothing: what a replica swallows, a client sees.
import { createServer, type Server } from 'node:net'
import { freePort, listen } from '@lastcall/testkit'
import { describe, expect, onTestFinished, test } from 'vitest'
import { Client } from '../src/client.ts'
import { findHaproxy, Haproxy, haproxyMissing } from '../src/haproxy.ts'
import { type HttpReuse, httpReuses } from '../src/haproxy-configuration.ts'
import { emptyTally, failed, type PoolName, poolNames } from '../src/tally.ts'

/** Answers the first request on each connection, and hangs up on the second. */
class Swallower {
  readonly server: Server
  answered = 0
  swallowed = 0

  constructor() {
    this.server = createServer((socket) => {
      let asked = false
      socket.setEncoding('latin1').on('error', () => {})
      socket.on('data', (head) => {
        const isCheck = String(head).startsWith('GET /readyz ')
        if (!isCheck && asked) {
          this.swallowed += 1
          socket.destroy()
          return
        }
        asked = true
        if (!isCheck) this.answered += 1
        socket.write('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi')
      })
    })
  }
}

const haproxy = findHaproxy()
describe.skipIf(haproxy === undefined)(haproxy ? `HAProxy ${haproxy.version}` : haproxyMissing, () => {
  const pools = httpReuses.flatMap((reuse) => poolNames.map((pool): [HttpReuse, PoolName] => [reuse, pool]))

  test.each(pools)(
    'with http-reuse %s and %s clients sends each request once, and hides no loss',
    async (reuse, pool) => {
      const swallower = new Swallower()
      const replicas = [{ name: 'replica-1', port: await listen(swallower.server) }]
      const port = await freePort()
      const proxy = await Haproxy.start(haproxy!, { port, replicas, manner: { mode: 'http', reuse } })
      onTestFinished(() => proxy.end())
      const tally = emptyTally()[pool]
      const client = new Client(port, pool, tally)
      for (let index = 0; index < 100; index += 1) await client.ask({ path: '/orders/7', answer: 'hi' })
      expect({ answered: tally.answered, failed: failed(tally) }).toEqual({
        answered: swallower.answered,
        failed: swallower.swallowed,
      })
      expect(tally.requests).toBe(100)
      const reuses = pool === 'keep-alive' || reuse === 'always'
      // Half of them, but for one that came before HAProxy had put the connection back.
      expect(swallower.swallowed > 20).toBe(reuses)
      const statistics = await proxy.statistics()
      expect(statistics.requests).toBe(100)
      // When the client has had an answer on this connection before, HAProxy just hangs up, and counts nothing.
      expect(statistics.unanswered).toBe(pool === 'keep-alive' ? swallower.swallowed : 0)
      expect(statistics.backend('eresp')).toBe(pool === 'keep-alive' ? 0 : swallower.swallowed)
      expect(statistics.backend('wretr') + statistics.backend('wredis')).toBe(0)
    },
  )
})
