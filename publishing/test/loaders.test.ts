// Every loader takes the packages: Node.js by import and by require, Jest, compiled TypeScript, and bundles.
import { execFile } from 'node:child_process'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { build } from 'esbuild'
import { describe, expect, inject, test } from 'vitest'
import { compilerOf } from './compilers.ts'

const consumer = inject('consumer')
const frameworks = ['express4', 'express5', 'koa2', 'koa3']

const served = { body: 'hi', ok: true, reason: 'the test', hooks: ['1 request finished, 0 cut'] }
const servedByAll = { http: served, express4: served, express5: served, koa2: served, koa3: served }

/** Runs a program of the empty project. */
async function start(program: string, ...args: readonly string[]): Promise<{ stdout: string; stderr: string }> {
  return promisify(execFile)(process.execPath, [join(consumer, program), ...args], { cwd: consumer })
}

/** Bundles a program of the empty project as an application, and runs the bundle. */
async function bundled(program: string, format: 'cjs' | 'esm', external: string[]): Promise<unknown> {
  const bundle = `${program}.${format === 'cjs' ? 'bundle.cjs' : 'bundle.mjs'}`
  const { metafile } = await build({
    absWorkingDir: consumer,
    entryPoints: [program],
    outfile: bundle,
    bundle: true,
    platform: 'node',
    format,
    external,
    metafile: true,
    logLevel: 'error',
  })
  const inputs = Object.keys(metafile.inputs)
  expect(inputs.some((input) => input.startsWith('node_modules/@lastcall/core/'))).toBe(true)
  const { stdout, stderr } = await start(bundle)
  expect(stderr).toBe('')
  return JSON.parse(stdout)
}

describe('Node.js', () => {
  test.each(['import.mjs', 'require.cjs'])('serves, stops and reports in %s', async (program) => {
    const { stdout, stderr } = await start(program)
    expect(JSON.parse(stdout)).toEqual(servedByAll)
    // No warning either.
    expect(stderr).toBe('')
  })

  test('gives the same classes to import and require', async () => {
    const differences = JSON.parse((await start('same-classes.mjs')).stdout) as Record<string, { shared: number }>
    expect(differences).toMatchObject({
      core: { differing: [] },
      express: { differing: [] },
      http: { differing: [] },
      koa: { differing: [] },
      reexported: true,
    })
    expect(differences['core']?.shared).toBeGreaterThan(10)
  })

  test.each(['imported', 'required'])('runs a lifecycle of the other loader by the %s `run`', async (runner) => {
    const { stdout } = await start('run-other.mjs', runner)
    expect(stdout).toMatch(/stopped by SIGTERM in .* of 5 s\n[^]*StopReport: true\n/)
  })

  test('runs the program of the README, which a signal stops with code 0', async () => {
    const { stdout } = await start('signalled.mjs')
    expect(stdout).toMatch(
      /http: listening on [^]*shutting down: SIGTERM, up to 5 s\nstopped by SIGTERM in .* of 5 s\n/,
    )
  })

  test.each(['import', 'require'])('loads neither HTTP/2 nor TLS by %s', async (loader) => {
    const loaded = JSON.parse((await start('loaded.mjs', loader)).stdout) as readonly string[]
    expect(loaded).toContain('NativeModule timers/promises')
    expect(loaded.filter((name) => /http2|tls|https/.test(name))).toEqual([])
  })
})

test('Jest runs tests of the packages without a configuration', async () => {
  const jest = fileURLToPath(new URL('../node_modules/.bin/jest', import.meta.url))
  const results = join(consumer, 'jest.json')
  const run = promisify(execFile)(jest, ['--json', '--outputFile', results], { cwd: join(consumer, 'commonjs') })
  // A failed test fails the command as well: the results name it.
  await run.catch(() => {})
  const { testResults } = JSON.parse(await readFile(results, 'utf8')) as {
    testResults: readonly { message: string; assertionResults: readonly { title: string; status: string }[] }[]
  }
  expect(testResults.map(({ message }) => message)).toEqual([''])
  expect(testResults[0]?.assertionResults.map(({ title, status }) => `${status}: ${title}`)).toEqual([
    'passed: starts and stops',
    'passed: runs, and leaves the process to Jest',
    'passed: answers the request in flight: http',
    'passed: answers the request in flight: express4',
    'passed: answers the request in flight: express5',
    'passed: answers the request in flight: koa2',
    'passed: answers the request in flight: koa3',
  ])
})

describe('TypeScript that is compiled to CommonJS', () => {
  test.each([
    ['5.6', { esModuleInterop: false }],
    ['5.6', { esModuleInterop: true }],
    ['6.0', { esModuleInterop: false, ignoreDeprecations: '6.0' }],
    // TypeScript 7.0 has removed `esModuleInterop: false`.
    ['7.0', { esModuleInterop: true }],
  ])('by version %s with %o serves, stops and reports', async (version, options) => {
    const outDir = `built-${version}-${options.esModuleInterop}`
    const compilerOptions = {
      module: 'commonjs',
      target: 'es2022',
      types: ['node'],
      strict: true,
      skipLibCheck: false,
      allowJs: true,
      rootDir: '..',
      outDir,
      ...options,
    }
    const project = join(consumer, 'commonjs', `tsconfig.${outDir}.json`)
    await writeFile(project, JSON.stringify({ compilerOptions, files: ['service.ts'] }))
    const command = [await compilerOf(version), '--pretty', 'false', '--project', project]
    const compiled = promisify(execFile)(process.execPath, command, { cwd: join(consumer, 'commonjs') })
    // The declarations of Koa have faults of their own.
    await compiled.catch(({ stdout }: { stdout: string }) => {
      expect(stdout.split('\n').filter((line) => /^(?!\.\.\/node_modules\/@types\/koa)\S/.test(line))).toEqual([])
    })
    const { stdout, stderr } = await start(`commonjs/${outDir}/commonjs/service.js`)
    expect(JSON.parse(stdout)).toEqual({ http: served, express5: served, koa3: served })
    expect(stderr).toBe('')
  })
})

describe('esbuild', () => {
  test('makes a CommonJS application of an ES module', async () => {
    expect(await bundled('import.mjs', 'cjs', [])).toEqual(servedByAll)
  })

  test('makes a CommonJS application of a CommonJS module', async () => {
    expect(await bundled('require.cjs', 'cjs', [])).toEqual(servedByAll)
  })

  test('makes an ES module application', async () => {
    // Express and Koa require built-in modules, which no ES module of esbuild can.
    expect(await bundled('import.mjs', 'esm', frameworks)).toEqual(servedByAll)
  })

  test.each(['cjs', 'esm'] as const)('gives the same class to import and require in a %s bundle', async (format) => {
    expect(await bundled('both.mjs', format, [])).toBe(true)
  })
})
