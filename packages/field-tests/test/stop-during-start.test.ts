// SIGTERM in the middle of the first of three migrations, on a real PostgreSQL.
import { describe, expect, test } from 'vitest'
import { databaseUrl, makeSchema, noPostgres, query } from './postgres.ts'
import { type Cleanup, count, named, start } from './start.ts'

interface Interrupted {
  readonly code: number | null
  readonly output: string
  /** The output up to the first line after the signal. */
  readonly outputAtOnce: string
  /** The migrations that are in the database afterwards. */
  readonly versions: readonly unknown[]
}

async function interrupt(cleanup: Cleanup, onAbort: string): Promise<Interrupted> {
  const schema = await makeSchema(cleanup)
  await query(`CREATE TABLE ${schema}.migrations (version int PRIMARY KEY)`)
  const env = { DATABASE_URL: databaseUrl ?? '', SCHEMA: schema, ON_ABORT: onAbort }
  const program = start('migrates-at-the-start', cleanup, { env })
  await program.prints(/migration 1: begins\n/)
  program.kill('SIGTERM')
  await program.prints(/the signal of the start aborts\n|the pool ends\n|migration 1: done\n/)
  const outputAtOnce = program.output
  const { code } = await program.exit
  const rows = await query(`SELECT version FROM ${schema}.migrations ORDER BY version`)
  return { code, output: program.output, outputAtOnce, versions: rows.map(({ version }) => version) }
}

/** The lines of the fixture itself, in their order. */
function steps(output: string): string[] {
  return output.match(/^(?:migration \d: .*|the .* (?:aborts|settled|ends)|web: .*)$/gm) ?? []
}

describe('SIGTERM during a migration', () => {
  test.skipIf(noPostgres).concurrent.for(['throw', 'sleep'])(
    named('lets it commit before the pool ends; the start gives up by "%s", and the exit code is 0', noPostgres),
    async (onAbort, context) => {
      const { code, output, outputAtOnce, versions } = await interrupt(context, onAbort)
      expect(steps(outputAtOnce)).toEqual(['migration 1: begins', 'the signal of the start aborts'])
      expect(steps(output)).toEqual([
        'migration 1: begins',
        'the signal of the start aborts',
        'migration 1: done',
        'the start has settled',
        'the pool ends',
      ])
      expect(versions).toEqual([1])
      expect(output).not.toMatch(/rror: |failed|abandoned|not clean/)
      expect(output).toContain('shutting down: SIGTERM')
      expect(output).toContain('stopped by SIGTERM')
      expect(code).toBe(0)
    },
  )

  test
    .skipIf(noPostgres)
    .concurrent(named('lets a start that does not look at its signal come to its end', noPostgres), async (context) => {
      const { code, output, versions } = await interrupt(context, 'ignore')
      expect(steps(output).slice(-3)).toEqual(['migration 3: done', 'the start has settled', 'the pool ends'])
      expect(versions).toEqual([1, 2, 3])
      expect(output).not.toMatch(/rror: |failed|abandoned|not clean/)
      expect(code).toBe(0)
    })

  test
    .skipIf(noPostgres)
    .concurrent(
      named('prints the error of a start that fails otherwise, and exits with 1', noPostgres),
      async (context) => {
        const { code, output, versions } = await interrupt(context, 'fail')
        expect(steps(output).slice(-2)).toEqual(['the start has settled', 'the pool ends'])
        expect(versions).toEqual([1])
        expect(count(output, /Error: migration 2 does not fit\n +at /g)).toBe(1)
        expect(output).toContain('a table is missing')
        expect(code).toBe(1)
      },
    )
})

test.concurrent('a start that hangs is logged, and stopped at the limit of the start', async (context) => {
  const program = start('hangs-at-the-start', context)
  expect(await program.exit).toMatchObject({ code: 1 })
  expect(program.output).toMatch(/^database: still starting after 0\.[5-9]\d s\b.*$/m)
  expect(count(program.output, 'still starting')).toBe(1)
  expect(program.output).toContain('HookTimeoutError')
})
