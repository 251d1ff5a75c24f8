import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { PgliteStorage } from '../src/pglite-storage.ts'
import { PostgresStorage } from '../src/postgres-storage.ts'
import type { Storage } from '../src/storage.ts'

/** An empty database, which is there until the test ends. */
export interface TestDatabase {
  /** The environment in which the service uses it. */
  readonly env: Readonly<Record<string, string>>
  /** Opens it; nobody else must have it open meanwhile. */
  look<Result>(at: (storage: Storage) => Promise<Result>): Promise<Result>
}

/** A folder for the embedded one. */
export async function embeddedDatabase(): Promise<TestDatabase> {
  const folder = await mkdtemp(join(tmpdir(), 'orders-'))
  const data = join(folder, 'data')
  onTestFinished(() => rm(folder, { recursive: true, maxRetries: 5 }))
  return { env: { DATABASE_URL: '', DATA_DIR: data }, look: (at) => withOpen(new PgliteStorage(data), at) }
}

/** A schema of its own on a server: what else is there is left alone. */
export async function serverDatabase(serverUrl: string): Promise<TestDatabase> {
  const schema = `orders_${process.pid}_${Date.now()}`
  const url = new URL(serverUrl)
  url.searchParams.set('options', `-c search_path=${schema}`)
  const create = (storage: Storage): Promise<object[]> => storage.query(`CREATE SCHEMA ${schema}`)
  const drop = (storage: Storage): Promise<object[]> => storage.query(`DROP SCHEMA ${schema} CASCADE`)
  await withOpen(new PostgresStorage(serverUrl), create)
  onTestFinished(async () => {
    await withOpen(new PostgresStorage(serverUrl), drop)
  })
  return { env: { DATABASE_URL: url.href }, look: (at) => withOpen(new PostgresStorage(url.href), at) }
}

async function withOpen<Result>(storage: Storage, use: (storage: Storage) => Promise<Result>): Promise<Result> {
  try {
    await storage.open()
    return await use(storage)
  } finally {
    await storage.close()
  }
}
