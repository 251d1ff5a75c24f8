import { once } from 'node:events'
import { Lifecycle, run } from '@lastcall/core'
import { serverAdapter } from '@lastcall/http'
import type { Recipe } from '../recipe.ts'

export const recipe: Recipe = async (application) => {
  const server = application.createServer()
  const lifecycle = new Lifecycle({ timeout: application.limit })
  lifecycle.register('database', application.closeDatabase)
  lifecycle.register(serverAdapter(server, { listen: { port: 0, host: '127.0.0.1' } }))
  void run(lifecycle, { logger: console })
  await once(server, 'listening')
  return server
}
