import { once } from 'node:events'
import { createServer, type RequestListener, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { onDrain, type ServerAdapterOptions, serverAdapter } from '@lastcall/http'
import { EventSource } from 'eventsource'
import { expect, onTestFinished, test } from 'vitest'

/** An application that does not know Lastcall, as the documentation of server-sent events has it. */
const unaware: RequestListener = (request, response) => {
  response.writeHead(200, { 'Content-Type': 'text/event-stream', 'Cache-Control': 'no-store' })
  response.write('retry: 10\n\ndata: hello\n\n')
  const timer = setInterval(() => response.write('data: tick\n\n'), 1)
  request.on('close', () => clearInterval(timer))
}

const aware: RequestListener = (request, response) => {
  response.writeHead(200, { 'Content-Type': 'text/event-stream' })
  response.write('retry: 10\n\ndata: hello\n\n')
  onDrain(request, () => response.end())
}

async function listen(server: Server, port = 0): Promise<number> {
  server.listen(port, '127.0.0.1')
  await once(server, 'listening')
  return (server.address() as AddressInfo).port
}

test.each<[string, RequestListener, ServerAdapterOptions]>([
  ['of an application that does not know Lastcall', unaware, { eventStreams: 'end' }],
  ['that ends itself by `onDrain`', aware, {}],
])('EventSource is ended once, and connects to the next instance: %s', async (_name, handler, options) => {
  const adapter = serverAdapter(createServer(handler), { stopDelay: 500, ...options })
  const port = await listen(adapter.server)
  const source = new EventSource(`http://127.0.0.1:${port}/`)
  onTestFinished(() => source.close())
  const counts = { open: 0, hello: 0 }
  const endings: boolean[] = []
  source.addEventListener('open', () => (counts.open += 1))
  source.addEventListener('message', ({ data }) => {
    if (data === 'hello') counts.hello += 1
  })
  source.addEventListener('error', () => endings.push(adapter.server.listening))
  await once(source as never, 'open')
  await adapter.beforeStop()
  expect([counts.open, endings]).toEqual([1, []])
  const report = await adapter.stop(new AbortController())
  expect(String(report)).toBe('1 request finished, 0 cut')
  // The listener was closed when it was ended.
  expect(endings[0]).toBe(false)
  expect(counts.open).toBe(1)
  const next = createServer(handler)
  await listen(next, port)
  await once(source as never, 'open')
  expect(counts.open).toBe(2)
  source.close()
  next.close()
  next.closeAllConnections()
})
