import type { RequestLedger } from './request-ledger.ts'

/** How long connections that are not busy are kept, in ms. */
export interface Patience {
  readonly closeIdleAfter: number
  readonly closeSilentAfter: number
}

/** What the drains of all connections share. */
export interface DrainParts {
  readonly ledger: RequestLedger
  readonly patience: Patience
}

/** The drain of one connection, whatever it speaks. It has ended when the connection is closed. */
export interface ConnectionDrain {
  /** Tells the client to go elsewhere with its next request, and counts what is in flight from here on. */
  announce(): void
  /** Closes the connection as soon as nothing is lost by it. */
  leave(): void
  /** The time is over: says so to those that have got nothing yet. What is still open a turn later is destroyed. */
  cut(): void
  /** The connection is closed: nothing of the drain is left behind. */
  closed(): void
}
