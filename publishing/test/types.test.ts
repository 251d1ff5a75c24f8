import { execFile } from 'node:child_process'
import { readFile, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, inject, test } from 'vitest'

const consumer = inject('consumer')
const require = createRequire(import.meta.url)

/** The oldest version that is promised, every one since, and the one that this repository is built with. */
const versions = ['5.6', '5.7', '5.8', '5.9', '6.0', '7.0']

/** What is wrong with declarations of packages that are not ours: those of Koa have had faults. */
function isOfOthers(line: string): boolean {
  return /^node_modules\/(?!@lastcall\/)/.test(line)
}

/**
 * Compiles files of the consumer, all the declarations that they lead to included, and resolves to what the compiler says of ours
 * and of the files.
 */
async function compile(version: string, files: readonly string[], options: object): Promise<readonly string[]> {
  const manifest =
    version === '7.0'
      ? require.resolve('typescript/package.json')
      : join(consumer, `node_modules/typescript${version}/package.json`)
  const { bin, version: full } = JSON.parse(await readFile(manifest, 'utf8')) as {
    bin: { tsc: string }
    version: string
  }
  expect(full.startsWith(`${version}.`)).toBe(true)
  const compilerOptions = {
    noEmit: true,
    strict: true,
    skipLibCheck: false,
    target: 'es2022',
    types: ['node'],
    ...options,
  }
  await writeFile(join(consumer, 'tsconfig.json'), JSON.stringify({ compilerOptions, files }))
  const compiler = join(manifest, '..', bin.tsc)
  try {
    await promisify(execFile)(process.execPath, [compiler, '--pretty', 'false'], { cwd: consumer })
    return []
  } catch (error) {
    const { stdout } = error as { stdout: string }
    return stdout.split('\n').filter((line) => /^\S/.test(line) && !isOfOthers(line))
  }
}

/** The programs of the consumer: one of each package, and one in CommonJS, where TypeScript knows that it can be. */
const programs = ['core.ts', 'http.ts', 'express.ts', 'koa.ts']
const inCommonJs = (version: string): readonly string[] => (version < '5.8' ? [] : ['required.cts'])

test.each(versions)('TypeScript %s takes the declarations, as Node.js finds them', async (version) => {
  const options = { module: 'nodenext', exactOptionalPropertyTypes: true }
  expect(await compile(version, [...programs, ...inCommonJs(version)], options)).toEqual([])
})

test.each(['5.6', '7.0'])(
  'TypeScript %s takes them as bundlers find them, with loose optional properties',
  async (version) => {
    const options = { module: 'esnext', moduleResolution: 'bundler', exactOptionalPropertyTypes: false }
    expect(await compile(version, programs, options)).toEqual([])
  },
)

test('a program that is wrong is refused', async () => {
  await writeFile(
    join(consumer, 'wrong.ts'),
    "import { Lifecycle } from '@lastcall/core'\nnew Lifecycle({ timeout: '5s' })\n",
  )
  expect(await compile('7.0', ['wrong.ts'], { module: 'nodenext' })).toEqual([
    expect.stringMatching(/^wrong\.ts\(2,17\): error TS2322: /),
  ])
})
