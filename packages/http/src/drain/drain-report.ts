import { formatDuration } from '@lastcall/core'

/** A request that was not answered, or not to its end, because the time was over. */
export interface CutRequest {
  readonly method: string
  /** The path of its URL, without the query. */
  readonly path: string
  /** The route that a framework had matched, `/orders/:id`, where there is a framework that says so: named in place of the path. */
  readonly route?: string | undefined
  /** How long ago it had arrived, in ms. */
  readonly age: number
  /**
   * How many bytes of its answer had been handed to the system, head and all; 0 for one that was answered 503.
   * `undefined` where that is not known: over HTTP/2, once the headers are sent.
   */
  readonly bytesSent: number | undefined
  /** Whether its connection was upgraded, as to a WebSocket, and nobody closed it. */
  readonly upgraded: boolean
}

/** What became of the requests that were in flight when the stop began, and of those that came after. */
export class DrainReport {
  /** How many requests were answered whole, from the announcement on. */
  readonly finished: number
  /** How many ended before they were answered whole, by the client, the application, or Node's own time limits. */
  readonly unfinished: number
  /** How many came late and were answered 503: those that `lateRequests` refuses, and upgrades. */
  readonly refused: number
  /** How many were cut because the time was over. */
  readonly cut: number
  /** How many upgraded connections were cut. */
  readonly cutUpgraded: number
  /** The first 20 of those that were cut, upgraded ones among them. */
  readonly cutRequests: readonly CutRequest[]
  /** How many connections were cut that had sent bytes but no whole request: half a head, or half a TLS handshake. */
  readonly cutConnections: number
  /** How many WebSockets of the option `webSockets` were closed with 1001, and their clients have answered. */
  readonly webSocketsClosed: number
  /** How many WebSockets were terminated, because their clients did not answer within a second. */
  readonly webSocketsTerminated: number

  constructor(counts: Omit<DrainReport, 'toString'>) {
    this.finished = counts.finished
    this.unfinished = counts.unfinished
    this.refused = counts.refused
    this.cut = counts.cut
    this.cutUpgraded = counts.cutUpgraded
    this.cutRequests = counts.cutRequests
    this.cutConnections = counts.cutConnections
    this.webSocketsClosed = counts.webSocketsClosed
    this.webSocketsTerminated = counts.webSocketsTerminated
  }

  /** A line with the counts, then a line for each request that was cut. */
  toString(): string {
    const requests = `${this.finished} ${this.finished === 1 ? 'request' : 'requests'} finished`
    const unfinished = this.unfinished === 0 ? '' : `, ${this.unfinished} ended early`
    const refused = this.refused === 0 ? '' : `, ${this.refused} refused`
    const closed = webSocketsText(this.webSocketsClosed, 'closed')
    const terminated = webSocketsText(this.webSocketsTerminated, 'terminated')
    const counts = `${requests}, ${this.cut} cut${unfinished}${refused}${closed}${terminated}`
    const lines = [counts, ...this.cutRequests.map(cutText)]
    const more = this.cut + this.cutUpgraded - this.cutRequests.length
    if (more > 0) lines.push(`and ${more} more`)
    if (this.cutConnections > 0) lines.push(`cut before a whole request had come: ${this.cutConnections}`)
    return lines.join('\n')
  }
}

function webSocketsText(count: number, what: string): string {
  return count === 0 ? '' : `, ${count} ${count === 1 ? 'WebSocket' : 'WebSockets'} ${what}`
}

function cutText({ method, path, route, age, bytesSent, upgraded }: CutRequest): string {
  const sent = bytesSent === undefined ? 'partly sent' : `${bytesSent.toLocaleString('en')} bytes sent`
  const progress = upgraded ? 'upgraded' : bytesSent === 0 ? 'answered 503' : sent
  return `cut after ${formatDuration(age)}: ${method} ${route ?? path}, ${progress}`
}
