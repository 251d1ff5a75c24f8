import { once } from 'node:events'
import type { Server } from 'node:http'
import type { Application } from './application.ts'

/**
 * Makes the server of an application, lets it listen on a free port of 127.0.0.1, and sees to it that SIGTERM stops it, the
 * database last: just as the README of a peer says.
 */
export type Recipe = (application: Application) => Promise<Server>

/** Lets a server listen on a free port of 127.0.0.1. */
export async function listen(server: Server): Promise<Server> {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return server
}
