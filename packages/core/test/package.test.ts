import { startProgram } from '@lastcall/testkit'
import { describe, expect, test } from 'vitest'

function start(fixture: string): ReturnType<typeof startProgram> {
  return startProgram(new URL(`fixtures/${fixture}.js`, import.meta.url))
}

test('importing core loads p-timeout and eventemitter3 and nothing else', async () => {
  const program = start('loaded')
  expect(await program.exit).toMatchObject({ code: 0 })
  const lines = program.output.trimEnd().split('\n')
  const packages = lines.flatMap((line) => /node_modules\/(?!\.pnpm)([^/]+)\//.exec(line)?.[1] ?? [])
  expect([...new Set(packages)].toSorted()).toEqual(['eventemitter3', 'p-timeout'])
  const own = lines.filter((line) => line.startsWith('file:') && !line.includes('/node_modules/'))
  expect(own.every((line) => line.includes('/packages/core/dist/'))).toBe(true)
  const builtIn = lines.filter((line) => line.startsWith('node:'))
  expect([...new Set(builtIn)].toSorted()).toEqual([
    'node:diagnostics_channel',
    'node:events',
    'node:os',
    'node:process',
    'node:tty',
    'node:url',
    'node:util/types',
  ])
  expect(lines.filter((line) => /\b_?(http|https|http2|net|tls)\b/.test(line) && !line.includes('/'))).toEqual([])
})

describe('await using', () => {
  const [major = 0] = process.versions.node.split('.').map(Number)
  // Node has the syntax from version 24 on.
  test.skipIf(major < 24)('stops the lifecycle at the end of the block', async () => {
    const program = start('await-using')
    expect(await program.exit).toMatchObject({ code: 0 })
    expect(program.output).toBe('in the block\nstopped\nafter the block\n')
  })
})
