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

/** What became of the requests that were in flight when the stop began, and of those that came after. */
export class DrainReport {
  /** How many were answered whole. */
  readonly finished: number
  /** How many were given up by their client. */
  readonly aborted: number
  /** How many were cut. */
  readonly cut: number
  /** The first 20 of those that were cut. */
  readonly cutRequests: readonly CutRequest[]

  constructor(finished: number, aborted: number, cut: readonly CutRequest[]) {
    this.finished = finished
    this.aborted = aborted
    this.cut = cut.length
    this.cutRequests = cut.slice(0, longestList)
  }

  /** A line with the counts, then a line for each request that was cut. */
  toString(): string {
    const aborted = this.aborted === 0 ? '' : `, ${this.aborted} aborted by the client`
    const requests = `${this.finished} ${this.finished === 1 ? 'request' : 'requests'} finished`
    const list = this.cutRequests.map(({ method, path, age }) => `cut after ${formatDuration(age)}: ${method} ${path}`)
    const rest = this.cut - list.length
    return [`${requests}, ${this.cut} cut${aborted}`, ...list, ...(rest > 0 ? [`and ${rest} more`] : [])].join('\n')
  }
}
