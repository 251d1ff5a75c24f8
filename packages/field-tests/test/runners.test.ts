// Applications test their `main` with `exit: false`. All tests of the file run, and the exit code is that of the runner.
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { type Cleanup, startCommand } from './start.ts'

const folder = fileURLToPath(new URL('fixtures/runners', import.meta.url))

function bin(path: string): string {
  return fileURLToPath(new URL(`../node_modules/${path}`, import.meta.url))
}

interface Runner {
  readonly name: string
  readonly words: readonly string[]
  /** The summary when all tests pass, and when the last one fails. */
  readonly passed: RegExp
  readonly failed: RegExp
}

// Jest with its defaults loads CommonJS alone, which the packages have once they are packed: publishing/test/loaders.test.ts runs it.
const runners: Runner[] = [
  {
    name: 'node --test',
    words: ['--test', '--test-reporter=tap', `${folder}/node.test.js`],
    passed: /# pass 5\n# fail 0\n/,
    failed: /# pass 4\n# fail 1\n/,
  },
  {
    name: 'mocha',
    words: [bin('mocha/bin/mocha.js'), `${folder}/mocha.test.js`],
    passed: /5 passing/,
    failed: /4 passing[^]*1 failing/,
  },
  {
    name: 'vitest',
    words: [bin('vitest/vitest.mjs'), 'run', '--root', folder, 'vitest.test.js'],
    passed: /Tests +5 passed \(5\)/,
    failed: /Tests +1 failed \| 4 passed \(5\)/,
  },
  {
    name: 'jest with ES modules',
    words: [
      '--experimental-vm-modules',
      bin('jest/bin/jest.js'),
      '--rootDir',
      folder,
      '--runTestsByPath',
      `${folder}/jest.test.js`,
    ],
    passed: /Tests: +5 passed, 5 total/,
    failed: /Tests: +1 failed, 4 passed, 5 total/,
  },
]

async function runTests(
  { words }: Runner,
  cleanup: Cleanup,
  env: Record<string, string>,
): Promise<{ code: number | null; output: string }> {
  // A runner within another one behaves otherwise: it reports to its parent, and prints colours.
  const outer = Object.keys(process.env).filter((name) =>
    /^(?:NODE_TEST|NODE_ENV|VITEST|JEST|TEST|FORCE_COLOR|NODE_V8)/.test(name),
  )
  const unset = outer.flatMap((name) => ['-u', name])
  const program = startCommand(['env', ...unset, process.execPath, ...words], cleanup, {
    NO_COLOR: '1',
    CI: '1',
    ...env,
  })
  const { code } = await program.exit
  return { code, output: program.output }
}

describe.each(runners)('$name', (runner) => {
  test.concurrent('runs all tests, and passes', { timeout: 40_000 }, async (context) => {
    const { code, output } = await runTests(runner, context, {})
    expect(output).toMatch(runner.passed)
    expect(code).toBe(0)
  })

  test.concurrent('runs all tests, and fails when the last one fails', { timeout: 40_000 }, async (context) => {
    const { code, output } = await runTests(runner, context, { FAIL: 'yes' })
    expect(output).toMatch(runner.failed)
    expect(code).toBe(1)
  })
})
