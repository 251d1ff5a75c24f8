import { Pool } from 'pg'
import type { Storage } from './storage.ts'

const connectionTimeout = 5_000

/** A PostgreSQL server. */
export class PostgresStorage implements Storage {
  readonly #pool: Pool

  /** @param url - As in `postgres://user:password@localhost:5432/database`. */
  constructor(url: string) {
    this.#pool = new Pool({ connectionString: url, connectionTimeoutMillis: connectionTimeout })
    // A connection that breaks while it is idle is nobody's failure: the next query opens another.
    this.#pool.on('error', () => {})
  }

  async open(): Promise<string> {
    const [row] = await this.query<{ server_version: string }>('SHOW server_version')
    return `PostgreSQL ${row?.server_version}`
  }

  async query<Row extends object>(statement: string, values: readonly unknown[] = []): Promise<Row[]> {
    const { rows } = await this.#pool.query<Row>(statement, [...values])
    return rows
  }

  async close(): Promise<void> {
    await this.#pool.end()
  }
}
