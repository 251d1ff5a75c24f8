// The clients of every server: they hold keep-alive connections, and send on them when they are told to.
import { connect, type Socket } from 'node:net'
import { answerParent } from './answer-parent.ts'

/**
 * What the clients can be told: to open connections to a server and send one request on each, or to send to several at the
 * same time, without a pause, for so many ms. The ports say which.
 */
export type ClientOrder =
  | { readonly open: number; readonly port: number }
  | { readonly sendFor: number; readonly ports: readonly number[] }

const request = 'GET / HTTP/1.1\r\nHost: localhost\r\n\r\n'
const connectingAtOnce = 100
// All of them read into one buffer: nobody keeps what it reads.
const buffer = Buffer.alloc(65_536)

/** What they sent to one server in one go. */
export interface Sending {
  readonly requests: number
  /** In ms. */
  readonly duration: number
}

/** The clients of one server. */
class Clients {
  readonly #port: number
  readonly #sockets: Socket[] = []
  /** How long every response is: each arrives in one piece, so that there is nothing to parse. */
  #length = 0
  #answered: (socket: Socket) => void = () => {}

  constructor(port: number) {
    this.#port = port
  }

  /** Opens connections, each of which is idle after one request. */
  async open(count: number): Promise<void> {
    while (this.#sockets.length < count) {
      const missing = Math.min(connectingAtOnce, count - this.#sockets.length)
      const sockets = await Promise.all(Array.from({ length: missing }, () => this.#connect()))
      this.#sockets.push(...sockets)
      await this.#send(() => false, sockets)
    }
  }

  /** Sends on every connection, again as soon as it is answered, for so many ms. */
  async sendFor(duration: number): Promise<Sending> {
    const begin = performance.now()
    const requests = await this.#send(() => performance.now() - begin < duration, this.#sockets)
    return { requests, duration: performance.now() - begin }
  }

  /** Sends on some connections until it is enough, and resolves to how many requests were answered when all are. */
  #send(goOn: () => boolean, sockets: readonly Socket[]): Promise<number> {
    return new Promise((resolve) => {
      let sent = sockets.length
      let answered = 0
      this.#answered = (socket) => {
        answered += 1
        if (goOn()) {
          sent += 1
          socket.write(request)
        } else if (answered === sent) resolve(answered)
      }
      for (const socket of sockets) socket.write(request)
    })
  }

  #connect(): Promise<Socket> {
    return new Promise((resolve, reject) => {
      const onRead = (length: number): boolean => {
        this.#length ||= length
        if (length !== this.#length) throw new Error(`Expected a response of ${this.#length} bytes, got ${length}`)
        this.#answered(socket)
        return true
      }
      const socket = connect({
        port: this.#port,
        host: '127.0.0.1',
        noDelay: true,
        onread: { buffer, callback: onRead },
      })
      socket.once('connect', () => resolve(socket)).on('error', reject)
    })
  }
}

const clients = new Map<number, Clients>()

function clientsOf(port: number): Clients {
  const known = clients.get(port) ?? new Clients(port)
  clients.set(port, known)
  return known
}

answerParent((order: ClientOrder) => {
  if ('open' in order) return clientsOf(order.port).open(order.open)
  return Promise.all(order.ports.map((port) => clientsOf(port).sendFor(order.sendFor)))
})
