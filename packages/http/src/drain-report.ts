import { formatDuration } from '@lastcall/core'

/** A request that was not answered, or not to its end, because the time was over. */
export interface CutRequest {
  readonly method: string
  /** The path of its URL, without the query. */
  readonly path: string
  /** How long ago it had arrived, in ms. */
  readonly age: number
}

/** How many cut requests are named at most. */
const longestList = 20

/** What a drain has counted. */
type DrainCounts = Pick<DrainReport, 'finished' | 'unfinished' | 'cutConnections'> & {
  readonly cut: readonly CutRequest[]
}

/** What became of the requests that were in flight when the stop began, and of those that came after. */
export class DrainReport {
  /** How many requests were answered whole, from the announcement on. */
  readonly finished: number
  /** How many ended before they were answered whole, by the client, the application, or Node's own time limits. */
  readonly unfinished: number
  /** How many were cut because the time was over. */
  readonly cut: number
  /** The first 20 of those that were cut. */
  readonly cutRequests: readonly CutRequest[]
  /** How many connections were cut that had sent bytes but no whole request: half a head, or upgraded. */
  readonly cutConnections: number

  constructor({ finished, unfinished, cut, cutConnections }: DrainCounts) {
    this.finished = finished
    this.unfinished = unfinished
    this.cut = cut.length
    this.cutRequests = cut.slice(0, longestList)
    this.cutConnections = cutConnections
  }

  /** A line with the counts, then a line for each request that was cut. */
  toString(): string {
    const unfinished = this.unfinished === 0 ? '' : `, ${this.unfinished} ended early`
    const requests = `${this.finished} ${this.finished === 1 ? 'request' : 'requests'} finished`
    const lines = [`${requests}, ${this.cut} cut${unfinished}`]
    for (const { method, path, age } of this.cutRequests)
      lines.push(`cut after ${formatDuration(age)}: ${method} ${path}`)
    if (this.cut > this.cutRequests.length) lines.push(`and ${this.cut - this.cutRequests.length} more`)
    if (this.cutConnections > 0) lines.push(`cut in half a request head, or upgraded: ${this.cutConnections}`)
    return lines.join('\n')
  }
}
