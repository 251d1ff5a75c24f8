import { vi } from 'vitest'
import type { Kind } from './kind.ts'
import { passTurns, type Service } from './service.ts'

/** What a client has got for a request. */
export interface Visit {
  readonly status: number | undefined
  readonly body: string
  /** Whether it was told to go elsewhere with its next one: by `Connection: close`, or by a GOAWAY behind the answer. */
  readonly sentAway: boolean
}

/** A client that speaks what a kind of server speaks: HTTP/1 where that does, else HTTP/2. */
export interface Visitor {
  /** Sends a GET request, one at a time, and resolves to what came of it. */
  visit(path: string): Promise<Visit>
  /** Resolves when it is closed altogether, to the code of the error that closed it, if one did. */
  readonly closed: Promise<string | undefined>
  destroy(): void
}

/** Connects a visitor. Its connection is asked for when this returns, though nobody may have accepted it. */
export function welcome(kind: Kind, service: Service): Promise<Visitor> {
  return kind.protocols.includes('HTTP/1') ? welcomeHttp1(service) : welcomeHttp2(service)
}

async function welcomeHttp1(service: Service): Promise<Visitor> {
  const client = await service.connect()
  return {
    closed: client.closed,
    destroy: () => client.destroy(),
    visit: async (path) => {
      const before = client.bytes
      client.get(path)
      const [received, head = ''] = await client.receives(
        new RegExp(`^[^]{${before}}(HTTP/1\\.1 (?:[^\\r]+\\r\\n)+\\r\\n)`),
      )
      const length = /^Content-Length: (\d+)\r$/im.exec(head)?.[1]
      // Without a length, it ends with an empty chunk.
      const end = length === undefined ? '[^]*0\\r\\n\\r\\n' : `[^]{${length}}`
      const [whole] = await client.receives(new RegExp(`^[^]{${received.length}}${end}`))
      const sentAway = /^Connection: close\r$/m.test(head)
      return { status: Number(head.split(' ')[1]), body: whole.slice(received.length), sentAway }
    },
  }
}

async function welcomeHttp2(service: Service): Promise<Visitor> {
  const client = await service.connectHttp2()
  return {
    closed: client.closed,
    destroy: () => client.destroy(),
    visit: async (path) => {
      const { status, body } = await client.answer(client.request(path))
      // It leaves behind the answer, in a turn of the event loop of its own.
      vi.advanceTimersByTime(0)
      await passTurns()
      return { status, body, sentAway: client.goaways.length > 0 }
    },
  }
}
