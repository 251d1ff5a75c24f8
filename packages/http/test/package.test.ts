import { startProgram } from '@lastcall/testkit'
import { expect, test } from 'vitest'

test('importing it loads neither HTTP/2 nor TLS: who speaks those has them already', async () => {
  const program = startProgram(new URL('fixtures/loaded.js', import.meta.url))
  expect(await program.exit).toMatchObject({ code: 0 })
  const loaded = program.output.trimEnd().split('\n')
  // What it does load of Node.js is there, so that the list is one.
  expect(loaded).toContain('NativeModule timers/promises')
  expect(loaded.filter((name) => /http2|tls|https/.test(name))).toEqual([])
})
