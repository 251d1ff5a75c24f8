import { connect, type Socket } from 'node:net'
import { setImmediate as turn } from 'node:timers/promises'

/** What became of the requests of one client or of many. */
export interface Tally {
  /** Answered whole. */
  answered: number
  /** Written in full before the connection was seen to end, and not answered whole. */
  lost: number
}

/** How a connection is after an answer: a client that obeys `Connection: close` goes elsewhere. */
type After = 'open' | 'closed'

/** A client on one keep-alive connection: bare sockets, so that what is counted is what was on the wire. */
export class Client {
  readonly #socket: Socket
  readonly #tally: Tally
  #received = ''
  #ended = false
  #onData: (() => void) | undefined

  constructor(socket: Socket, tally: Tally) {
    this.#socket = socket
    this.#tally = tally
    socket.setEncoding('latin1').setNoDelay(true)
    socket.on('data', (text) => {
      this.#received += String(text)
      this.#onData?.()
    })
    const end = (): void => {
      this.#ended = true
      this.#onData?.()
    }
    socket.on('end', end).on('close', end).on('error', end)
  }

  static async connect(port: number, tally: Tally): Promise<Client> {
    const socket = connect(port, '127.0.0.1')
    await new Promise<void>((resolve, reject) => {
      socket.once('connect', resolve).once('error', reject)
    })
    return new Client(socket, tally)
  }

  /** Sends a request and waits for its answer, unless the connection has ended. */
  async get(path: string): Promise<After> {
    // A FIN that has arrived is seen in the poll phase: right after that, and before the write, is the time to look.
    await turn()
    if (this.#ended) return 'closed'
    this.#received = ''
    this.#socket.write(`GET ${path} HTTP/1.1\r\nHost: localhost\r\n\r\n`)
    while (!this.#ended && !isWhole(this.#received)) {
      await new Promise<void>((resolve) => {
        this.#onData = resolve
      })
    }
    if (!isWhole(this.#received)) {
      this.#tally.lost += 1
      return 'closed'
    }
    this.#tally.answered += 1
    return /^connection: close\r$/im.test(this.#received) ? 'closed' : 'open'
  }

  close(): void {
    this.#socket.destroy()
  }
}

/** Whether a response has arrived to its end. */
function isWhole(response: string): boolean {
  const body = response.indexOf('\r\n\r\n') + 4
  const length = /^content-length: (\d+)\r$/im.exec(response)?.[1]
  return body > 3 && length !== undefined && response.length >= body + Number(length)
}
