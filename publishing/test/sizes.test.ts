import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'

const folder = fileURLToPath(new URL('..', import.meta.url))

test('no package is larger than its limit', async () => {
  const { stdout } = await promisify(execFile)('node_modules/.bin/size-limit', ['--json'], { cwd: folder })
  const sizes = JSON.parse(stdout) as readonly { name: string; passed: boolean; size: number }[]
  expect(sizes.map(({ name }) => name.split(/[ :]/)[0])).toEqual(['core', 'core', 'http', 'http', 'express', 'koa'])
  expect(sizes.filter(({ passed, size }) => !passed || size < 100)).toEqual([])
})
