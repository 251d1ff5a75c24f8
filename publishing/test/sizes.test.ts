import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { publishedPackages } from '../src/published-packages.ts'

const folder = fileURLToPath(new URL('..', import.meta.url))

test('every package has a limit, and none is larger', async () => {
  const command = promisify(execFile)('node_modules/.bin/size-limit', ['--json'], { cwd: folder })
  // Where something is too large, the command fails, and says what.
  const { stdout } = await command.catch((error: { stdout: string }) => error)
  const sizes = JSON.parse(stdout) as readonly { name: string; passed: boolean; size: number }[]
  const ids = (await publishedPackages()).map(({ id }) => id)
  expect(new Set(sizes.map(({ name }) => name.split(/[ :]/)[0]))).toEqual(new Set(ids))
  expect(sizes.filter(({ passed, size }) => !passed || size < 100)).toEqual([])
})
