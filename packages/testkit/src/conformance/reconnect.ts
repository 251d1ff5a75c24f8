import type { Service } from './service.ts'

/** What has become of an event source. */
export interface Reconnecting {
  /** How many responses have begun. */
  readonly begun: number
  /** How many of them the server has ended. */
  readonly ended: number
  /** Resolves when the server accepts no connection any more. */
  readonly refused: Promise<void>
}

/** Reads events over HTTP/1 as EventSource does: when a response ends, the client connects again, here without a delay. */
export function reconnect(service: Service): Reconnecting {
  const counts = { begun: 0, ended: 0 }
  const read = async (): Promise<void> => {
    for (;;) {
      const client = await service.connect()
      client.get('/events')
      await client.receives(/data: 1\n\n/)
      counts.begun += 1
      await client.receives(/\r\n0\r\n\r\n$/)
      counts.ended += 1
      client.destroy()
    }
  }
  return Object.assign(counts, {
    refused: read().catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'ECONNREFUSED') throw error
    }),
  })
}
