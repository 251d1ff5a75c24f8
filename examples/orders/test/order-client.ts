import { setImmediate as turn, setTimeout as later } from 'node:timers/promises'
import { connectRaw, type RawClient } from '@lastcall/testkit'

/** How long a client is connected before it orders, in ms: a connection that is reset as the listener closes is so by then. */
const settlingTime = 20
/** How long it thinks between two orders at most, in ms. */
const longestPause = 8

/** Posts one order after the other, and obeys `Connection: close` by connecting anew, until that is refused. */
export class OrderClient {
  /** The ids of the orders that were answered 201. */
  readonly answered: number[] = []
  /** What was received where an order was sent, and not answered whole. */
  readonly cut: string[] = []
  readonly #port: number
  readonly #name: string
  #count = 0

  constructor(port: number, name: string) {
    this.#port = port
    this.#name = name
  }

  /** Resolves when a connection is refused. */
  async run(): Promise<void> {
    for (;;) {
      const connection = await connect(this.#port)
      if (connection === undefined) return
      await later(settlingTime)
      while (connection.open && (await this.#order(connection)));
      connection.destroy()
    }
  }

  /** Resolves to whether another order may follow on the connection. */
  async #order(connection: RawClient): Promise<boolean> {
    await later(Math.random() * longestPause)
    // Node.js sees the end of a connection in the poll phase, which is right before this.
    await turn()
    if (!connection.open) return false
    this.#count += 1
    const item = `${this.#name}, order ${this.#count}`
    connection.send(post(item))
    try {
      const [answer, id] = await connection.receives(answerTo(item))
      this.answered.push(Number(id))
      return !/^Connection: close\r$/m.test(answer)
    } catch (error) {
      this.cut.push(String(error))
      return false
    }
  }
}

/** A request that orders an item. */
export function post(item: string): string {
  const body = JSON.stringify({ item })
  const head = `POST /orders HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: ${body.length}`
  return `${head}\r\n\r\n${body}`
}

/** The answer to such a request, whole, and the id in it; only the last answer on a connection matches. */
export function answerTo(item: string): RegExp {
  return new RegExp(`HTTP/1\\.1 201 Created\\r\\n(?:.+\\r\\n)+\\r\\n\\{"id":(\\d+),"item":"${item}","done":false\\}$`)
}

async function connect(port: number): Promise<RawClient | undefined> {
  try {
    return await connectRaw(port)
  } catch (error) {
    // A connection that is reset before it is used is refused, too.
    if (['ECONNREFUSED', 'ECONNRESET'].includes((error as NodeJS.ErrnoException).code ?? '')) return undefined
    throw error
  }
}
