import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { Lifecycle } from '@lastcall/core'
import { describe, expect, onTestFinished, test } from 'vitest'
import { expressAdapter, probes } from '../src/index.ts'
import { majors } from './majors.ts'

describe.each(Object.entries(majors))('probes in %s', (_name, express) => {
  /** Serves an application whose probes are mounted somewhere, and returns its origin. */
  async function serve(mount?: string): Promise<{ origin: string; lifecycle: Lifecycle }> {
    const app = express()
    const lifecycle = new Lifecycle()
    if (mount === undefined) app.use(probes(lifecycle))
    else app.use(mount, probes(lifecycle))
    app.use((request, response) => {
      response.send(`${request.method} ${request.originalUrl}`)
    })
    lifecycle.register({ name: 'database', check: () => {} })
    const { server } = lifecycle.register(expressAdapter(app, { stopDelay: 60_000 }))
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    onTestFinished(() => void lifecycle.stop({ force: true }))
    return { origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, lifecycle }
  }

  test.each([undefined, '/health'])('are middleware as they are, mounted at %s', async (mount) => {
    const { origin, lifecycle } = await serve(mount)
    const path = mount ?? ''
    const ready = await fetch(`${origin}${path}/readyz?x`)
    expect([ready.status, await ready.json()]).toEqual([
      200,
      { status: 'ready', checks: [{ name: 'database', ok: true }] },
    ])
    const head = await fetch(`${origin}${path}/healthz`, { method: 'HEAD' })
    expect([head.status, await head.text()]).toEqual([200, ''])
    const post = await fetch(`${origin}${path}/livez`, { method: 'POST' })
    expect([post.status, await post.text()]).toEqual([200, `POST ${path}/livez`])
    expect(await (await fetch(`${origin}/orders`)).text()).toBe('GET /orders')
    void lifecycle.stop()
    const stopping = await fetch(`${origin}${path}/readyz`)
    expect([stopping.status, stopping.headers.get('connection')]).toEqual([503, 'close'])
    expect((await fetch(`${origin}${path}/livez`)).status).toBe(200)
  })
})
