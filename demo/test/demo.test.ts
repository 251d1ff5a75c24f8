import { startProgram } from '@lastcall/testkit'
import { expect, test } from 'vitest'

test('the demo shows the picture, and both servers side by side; Lastcall loses nothing', async () => {
  const begin = performance.now()
  const program = startProgram(new URL('../dist/main.js', import.meta.url))
  const { code, at } = await program.exit
  expect(code).toBe(0)
  expect(at - begin).toBeLessThan(30_000)
  expect(program.output).toMatch(/\n│ stopped by SIGTERM in .* of 5 s\n│   http +█+ .* requests finished, 0 cut\n/)
  expect(program.output).toMatch(/\n +Lastcall +server\.close\(\)\n  time to exit +\d\.\d\d s +\S/)
  expect(program.output).toMatch(
    /\n  requests answered +[\d,]{5,} +[\d,]{5,}\n  requests lost +0 +\d+\n  exit code +0 +\S/,
  )
  expect(Math.max(...program.output.split('\n').map((line) => line.length))).toBeLessThanOrEqual(80)
  // It goes to a pipe: no colours, and no line that moves.
  expect(program.output.replaceAll('\n', '')).not.toMatch(/\p{Cc}/u)
}, 40_000)
