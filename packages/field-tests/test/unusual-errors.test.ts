// Applications and sandboxes that change how errors behave: hooks are registered, started and stopped all the same.
import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { fixturePath, start } from './start.ts'

const source = readFileSync(fixturePath('unusual-errors'), 'utf8')
/** The line in which the name was taken first. */
const place = `unusual-errors.js:${source.slice(0, source.indexOf("lifecycle.register({ name: 'database'")).split('\n').length}:`

interface Mode {
  readonly mode: string
  /** Whether the place of a registration can be known. */
  readonly isPlaced: boolean
  readonly flags?: readonly string[]
}

const modes: Mode[] = [
  { mode: 'plain', isPlaced: true },
  { mode: 'frozen intrinsics', isPlaced: true, flags: ['--frozen-intrinsics', '--no-warnings'] },
  { mode: 'freeze', isPlaced: true },
  { mode: 'freeze all', isPlaced: true },
  { mode: 'readonly', isPlaced: true },
  { mode: 'no limit', isPlaced: false },
  { mode: 'zero', isPlaced: false },
  { mode: 'text', isPlaced: false },
  { mode: 'sites', isPlaced: false },
  { mode: 'objects', isPlaced: false },
  { mode: 'nothing', isPlaced: false },
]

describe('hooks are registered, started, stopped and reported with errors that are changed by', () => {
  test.concurrent.for(modes)('$mode', async ({ mode, isPlaced, flags = [] }, context) => {
    const program = start('unusual-errors', context, { env: { MODE: mode }, flags })
    const { code, signal } = await program.exit
    expect(program.output).toMatch(/^duplicate: .*"?database"?.*registered/m)
    if (isPlaced) expect(program.output).toContain(place)
    expect(program.output).toContain('database: connected\n')
    expect(program.output).toContain('task: done\n')
    expect(program.output).toContain('database: closed\n')
    expect(program.output).toMatch(/^stopped by a test in .*\n.*\n {2}hangs .* abandoned/m)
    expect(program.output).toContain('report: fails failed, hangs abandoned, jobs stopped, database stopped\n')
    expect(program.output).toContain('JSON: true\n')
    expect(program.output).toMatch(/^fails: stop failed: .*\bno$/m)
    expect({ code, signal }).toEqual({ code: 1, signal: null })
  })
})
