// How the client is shown to count right: a server that never stops loses nothing, one that hangs up abruptly much.
import { once } from 'node:events'
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, onTestFinished, test } from 'vitest'
import { Client, type Tally } from '../src/client.ts'

async function connected(handler: RequestListener): Promise<{ client: Client; tally: Tally }> {
  const server = createServer(handler).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const tally = { answered: 0, lost: 0 }
  const client = await Client.connect((server.address() as AddressInfo).port, tally)
  onTestFinished(() => {
    client.close()
    server.closeAllConnections()
    server.close()
  })
  return { client, tally }
}

test('of a server that never stops nothing is lost', async () => {
  const { client, tally } = await connected((_request, response) => response.end('hi'))
  for (let round = 0; round < 100; round += 1) expect(await client.get('/')).toBe('open')
  expect(tally).toEqual({ answered: 100, lost: 0 })
})

test('of a server that hangs up on a request, the request is lost, and no more are sent', async () => {
  const { client, tally } = await connected((request) => request.socket.destroy())
  expect(await client.get('/')).toBe('closed')
  expect(await client.get('/')).toBe('closed')
  expect(tally).toEqual({ answered: 0, lost: 1 })
})

test('a response that is cut in its body is lost', async () => {
  const { client, tally } = await connected((request, response) => {
    response.writeHead(200, { 'Content-Length': 10 })
    response.write('half', () => request.socket.destroy())
  })
  expect(await client.get('/')).toBe('closed')
  expect(tally).toEqual({ answered: 0, lost: 1 })
})

test('a connection that is closed between requests loses nothing', async () => {
  let closed: Promise<unknown> | undefined
  const { client, tally } = await connected((request, response) => {
    closed = once(request.socket, 'close')
    response.end('hi')
    request.socket.end()
  })
  await client.get('/')
  await closed
  expect(await client.get('/')).toBe('closed')
  expect(tally).toEqual({ answered: 1, lost: 0 })
})

test('a response that says close ends the connection for the client', async () => {
  const { client } = await connected((_request, response) => response.setHeader('Connection', 'close').end('hi'))
  expect(await client.get('/')).toBe('closed')
})
