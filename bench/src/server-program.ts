// A server, with the adapter or without, that says what it uses, and stops when it is told to.
import { serverAdapter } from '@lastcall/http'
import { createServer } from 'node:http'
import { type AddressInfo, Server as NetServer, type Socket } from 'node:net'
import { answerParent } from './answer-parent.ts'

/** With the adapter, or without. */
export type ServerKind = 'adapter' | 'bare'

/** What a server can be asked. */
export type ServerQuestion = 'port' | 'processor time' | 'memory' | 'stop'

const [kind, remembered] = process.argv.slice(2)
// Longer than the bench: no connection may end by itself.
const server = createServer({ keepAliveTimeout: 600_000 }, (_request, response) => {
  response.end('hi')
})
const stop = kind === 'adapter' ? withAdapter() : withLoop(Number(remembered))
await new Promise<void>((resolve) => void server.listen({ port: 0, host: '127.0.0.1', backlog: 4_096 }, resolve))

answerParent((question: ServerQuestion) => {
  switch (question) {
    case 'port':
      return (server.address() as AddressInfo).port
    case 'processor time':
      return processorTime()
    case 'memory':
      return usedMemory()
    case 'stop':
      return durationOf(stop)
  }
})

function withAdapter(): () => Promise<unknown> {
  const adapter = serverAdapter(server)
  return () => adapter.stop({ signal: new AbortController().signal })
}

/** The least that a stop can do. The sockets are remembered where there was room before, so that it costs no memory. */
function withLoop(count: number): () => Promise<unknown> {
  const sockets = Array.from<Socket | undefined>({ length: count })
  let next = 0
  if (count > 0) server.on('connection', (socket) => (sockets[next++] = socket))
  return () =>
    new Promise((resolve) => {
      // `Server#close` of node:http would destroy them itself.
      NetServer.prototype.close.call(server, resolve)
      for (const socket of sockets) socket?.end()
    })
}

/** In µs. */
function processorTime(): number {
  const { user, system } = process.cpuUsage()
  return user + system
}

async function usedMemory(): Promise<number> {
  for (let turns = 0; turns < 3; turns += 1) {
    await new Promise((resolve) => setImmediate(resolve))
    globalThis.gc?.()
  }
  const { heapUsed, external } = process.memoryUsage()
  return heapUsed + external
}

/** In ms. */
async function durationOf(action: () => Promise<unknown>): Promise<number> {
  const begin = performance.now()
  await action()
  return performance.now() - begin
}
