import { Client } from 'pg'
import type { Cleanup } from './start.ts'

export const databaseUrl: string | undefined = process.env['DATABASE_URL'] || undefined
/** Why there are no tests with a PostgreSQL; `undefined` where there are. */
export const noPostgres: string | undefined =
  databaseUrl === undefined ? 'needs a PostgreSQL at DATABASE_URL, see .ci/with-postgresql' : undefined

let schemas = 0

/** Makes a schema for one test, which is dropped when the test ends. */
export async function makeSchema(test: Cleanup): Promise<string> {
  schemas += 1
  const schema = `field_${process.pid}_${Date.now()}_${schemas}`
  await query(`CREATE SCHEMA ${schema}`)
  test.onTestFinished(async () => {
    await query(`DROP SCHEMA ${schema} CASCADE`)
  })
  return schema
}

/** Runs a statement on a connection of its own. */
export async function query(statement: string): Promise<Record<string, unknown>[]> {
  const client = new Client({ connectionString: databaseUrl })
  await client.connect()
  try {
    return (await client.query<Record<string, unknown>>(statement)).rows
  } finally {
    await client.end()
  }
}
