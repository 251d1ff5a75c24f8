import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { expect, test } from 'vitest'
import { IterableWeakSet } from '../src/connections/iterable-weak-set.ts'

/** Adds objects that nobody else keeps. */
function addPassing(set: IterableWeakSet<object>, count: number): void {
  for (let index = 0; index < count; index += 1) set.add({ index })
}

test('walks what is kept elsewhere, and passes over what is gone', async () => {
  setFlagsFromString('--expose-gc')
  const collectGarbage = runInNewContext('gc') as () => void
  const kept = { name: 'kept' }
  const set = new IterableWeakSet<object>()
  addPassing(set, 10)
  set.add(kept)
  expect([...set]).toHaveLength(11)
  // What was looked at stays until the end of the turn.
  await new Promise(setImmediate)
  collectGarbage()
  expect([...set]).toEqual([kept])
})
