import type { Hook } from '@lastcall/core'
import type { Storage } from './storage.ts'

export interface Order {
  readonly id: number
  readonly item: string
  readonly done: boolean
}

const schema = [
  `CREATE TABLE IF NOT EXISTS orders (
    id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    item text NOT NULL,
    claimed_until timestamptz,
    done_at timestamptz
  )`,
  'CREATE INDEX IF NOT EXISTS open_orders ON orders (id) WHERE done_at IS NULL',
  // Nothing here is unique: an order that is delivered twice is there twice.
  `CREATE TABLE IF NOT EXISTS deliveries (
    order_id integer NOT NULL REFERENCES orders,
    delivered_at timestamptz NOT NULL DEFAULT now()
  )`,
]

const columns = 'id, item, done_at IS NOT NULL AS done'

/** The orders in a database, and the hook that opens and closes it. */
export class Orders implements Hook {
  readonly name = 'database'
  readonly #storage: Storage

  constructor(storage: Storage) {
    this.#storage = storage
  }

  async start(): Promise<string> {
    try {
      const opened = await this.#storage.open()
      for (const statement of schema) await this.#storage.query(statement)
      return opened
    } catch (error) {
      // A hook that has failed to start is not stopped.
      await this.#storage.close()
      throw error
    }
  }

  stop(): Promise<void> {
    return this.#storage.close()
  }

  async check(): Promise<void> {
    await this.#storage.query('SELECT 1')
  }

  async add(item: string): Promise<Order> {
    return this.#one(`INSERT INTO orders (item) VALUES ($1) RETURNING ${columns}`, [item])
  }

  async find(id: number): Promise<Order | undefined> {
    const [order] = await this.#storage.query<Order>(`SELECT ${columns} FROM orders WHERE id = $1`, [id])
    return order
  }

  /**
   * Takes the oldest open order that nobody is at.
   *
   * Others may have it after a minute: by then, whoever took it has been killed.
   */
  async claim(): Promise<Order | undefined> {
    const [order] = await this.#storage.query<Order>(
      `UPDATE orders SET claimed_until = now() + interval '1 minute' WHERE id = (
        SELECT id FROM orders WHERE done_at IS NULL AND (claimed_until IS NULL OR claimed_until < now())
        ORDER BY id LIMIT 1 FOR UPDATE SKIP LOCKED
      ) RETURNING ${columns}`,
    )
    return order
  }

  /** Stands for what cannot be undone, as a parcel that is sent: it is in no transaction with `finish`. */
  async deliver({ id }: Order): Promise<void> {
    await this.#storage.query('INSERT INTO deliveries (order_id) VALUES ($1)', [id])
  }

  async finish({ id }: Order): Promise<Order> {
    return this.#one(`UPDATE orders SET done_at = now() WHERE id = $1 RETURNING ${columns}`, [id])
  }

  async #one(statement: string, values: readonly unknown[]): Promise<Order> {
    const [order] = await this.#storage.query<Order>(statement, values)
    if (order === undefined) throw new Error(`Expected one order, got none: ${statement}`)
    return order
  }
}
