import { PGlite } from '@electric-sql/pglite'
import { FolderLock } from './folder-lock.ts'
import type { Storage } from './storage.ts'

/**
 * PostgreSQL inside this process, on disk.
 *
 * What is committed has been handed to the system, and outlives the process, however that ends. It does not outlive a power
 * failure: PGlite never flushes the disk.
 */
export class PgliteStorage implements Storage {
  readonly #folder: string
  readonly #lock: FolderLock
  #database: PGlite | undefined

  /** @param folder - Where it keeps its files; it is made where there is none. */
  constructor(folder: string) {
    this.#folder = folder
    this.#lock = new FolderLock(folder)
  }

  async open(): Promise<string> {
    await this.#lock.take()
    // The default, said aloud: a query resolves only after its changes have been handed over.
    this.#database = await PGlite.create(this.#folder, { relaxedDurability: false })
    return `embedded PostgreSQL in ${this.#folder}`
  }

  async query<Row extends object>(statement: string, values: readonly unknown[] = []): Promise<Row[]> {
    if (this.#database === undefined) throw new Error('Expected the database to be open')
    const { rows } = await this.#database.query<Row>(statement, [...values])
    return rows
  }

  async close(): Promise<void> {
    await this.#database?.close()
    await this.#lock.release()
  }
}
