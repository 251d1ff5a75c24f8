import type { WriteQueue } from './write-queue.ts'

/** What the clients of one load have in common, and whom they tell what becomes of their requests. */
export interface LoadContext {
  readonly port: number
  /** Every read goes here: it is looked at before the next one. */
  readonly buffer: Buffer
  readonly writes: WriteQueue
  /** Whether nobody is to ask any more. */
  readonly over: boolean
  /** A request has been answered whole. */
  answered(): void
  /** A request was written in full before its connection was seen to end, and has not been answered whole. */
  lost(): void
  /** A request was not written, as there was no connection, or no longer; or the answer was a 503. */
  refused(): void
  /** A client asks no more. */
  ended(): void
}
