import type { Storage } from '../src/storage.ts'

/** What a database says of the orders in it: lists of ids, in order. */
export interface Ledger {
  readonly orders: readonly number[]
  /** Nobody has begun with them. */
  readonly open: readonly number[]
  /** Somebody has begun with them, and not finished. */
  readonly halfDone: readonly number[]
  readonly done: readonly number[]
  /** One for each time that an order was delivered. */
  readonly deliveries: readonly number[]
}

interface Row {
  readonly id: number
  readonly claimed: boolean
  readonly done: boolean
}

export async function readLedger(storage: Storage): Promise<Ledger> {
  const rows = await storage.query<Row>(
    'SELECT id, claimed_until IS NOT NULL AS claimed, done_at IS NOT NULL AS done FROM orders ORDER BY id',
  )
  const deliveries = await storage.query<{ id: number }>('SELECT order_id AS id FROM deliveries ORDER BY order_id')
  return {
    orders: idsOf(rows),
    open: idsOf(rows.filter(({ claimed, done }) => !claimed && !done)),
    halfDone: idsOf(rows.filter(({ claimed, done }) => claimed && !done)),
    done: idsOf(rows.filter(({ done }) => done)),
    deliveries: idsOf(deliveries),
  }
}

function idsOf(rows: readonly { readonly id: number }[]): number[] {
  return rows.map(({ id }) => id)
}

/** Makes the worker take up what another was at when it was killed, as it would a minute later. */
export async function expireClaims(storage: Storage): Promise<void> {
  await storage.query('UPDATE orders SET claimed_until = now() WHERE done_at IS NULL AND claimed_until IS NOT NULL')
}
