import { randomUUID } from 'node:crypto'
import { freePort } from '@lastcall/testkit'
import { type Cleanup, startCommand } from './start.ts'

/** A Redis with a password of its own, until the test ends; nothing is written to a disk. */
export async function startRedis(test: Cleanup, password: string = randomUUID()): Promise<string> {
  const port = await freePort()
  const options = ['--port', port, '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no', '--requirepass', password]
  const server = startCommand(['redis-server', ...options.map(String)], test)
  await server.prints(/Ready to accept connections/)
  return `redis://:${password}@127.0.0.1:${port}`
}
