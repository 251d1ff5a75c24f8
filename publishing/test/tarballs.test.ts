import { execFile } from 'node:child_process'
import { readdir, readFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { promisify } from 'node:util'
import { describe, expect, inject, test } from 'vitest'
import { publishedPackages, root } from '../src/published-packages.ts'

const packages = await publishedPackages()
const consumer = inject('consumer')
const tarballs = inject('tarballs')

/** The files below a folder, by their paths in it. */
async function filesIn(folder: string): Promise<readonly string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  const files = entries.filter((entry) => entry.isFile())
  return files.map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1)).toSorted()
}

/** The names that a module exports. */
async function exported(file: string): Promise<readonly string[]> {
  return Object.keys((await import(pathToFileURL(file).href)) as object).toSorted()
}

/** Runs a command of a package that is installed here, and resolves to what it prints. */
async function runHere(command: string, ...args: readonly string[]): Promise<string> {
  const file = fileURLToPath(new URL(`../node_modules/.bin/${command}`, import.meta.url))
  const { stdout } = await promisify(execFile)(file, [...args], { cwd: fileURLToPath(root) })
  return stdout
}

/** Runs a program of the empty project. */
async function start(program: string): Promise<{ stdout: string; stderr: string }> {
  return promisify(execFile)(process.execPath, [resolve(consumer, program)], { cwd: consumer })
}

describe.each(packages)('the tarball of $id', ({ id, folder, manifest: { name, version } }) => {
  const installed = join(consumer, 'node_modules', name)
  const read = async (path: string): Promise<string> => readFile(join(installed, path), 'utf8')

  test('holds one module, the declarations of its sources, its README and its licence, and nothing else', async () => {
    const sources = await filesIn(join(folder, 'src'))
    const declarations = sources.map((source) => `dist/${source.replace(/ts$/, 'd.ts')}`)
    const module = ['dist/bundle.js', 'dist/bundle.js.map']
    expect(await filesIn(installed)).toEqual(
      [...module, ...declarations, 'LICENSE', 'README.md', 'package.json'].toSorted(),
    )
    expect(await read('LICENSE')).toBe(await readFile(new URL('LICENSE', root), 'utf8'))
  })

  test('exports from that module what its index does', async () => {
    expect(await exported(join(installed, 'dist/bundle.js'))).toEqual(await exported(join(folder, 'dist/index.js')))
  })

  test('imports from that module its dependencies and what Node.js brings, and nothing by a path', async () => {
    const { dependencies } = JSON.parse(await read('package.json')) as { dependencies: object }
    const imports = [...(await read('dist/bundle.js')).matchAll(/^import .*"(.+)";$/gm)].map(([, from]) => from)
    const foreign = imports.filter((from) => !from?.startsWith('node:'))
    expect(Object.keys(dependencies)).toEqual(expect.arrayContaining(foreign))
  })

  test('has a source map that leads to its sources, and holds them', async () => {
    const map = JSON.parse(await read('dist/bundle.js.map')) as Record<string, readonly string[]>
    const { sources = [], sourcesContent } = map
    const paths = sources.map((source) => resolve(folder, 'dist', source))
    expect(paths).toEqual(paths.filter((path) => path.startsWith(join(folder, 'src'))))
    expect(sourcesContent).toEqual(await Promise.all(paths.map((path) => readFile(path, 'utf8'))))
  })

  test('names what it depends on by versions, and its own kin by one that fits', async () => {
    const { dependencies, publishConfig } = JSON.parse(await read('package.json')) as Record<string, object>
    expect(publishConfig).toEqual({ access: 'public', provenance: true })
    for (const [dependency, range] of Object.entries(dependencies ?? {})) {
      expect([dependency, range]).toEqual([
        dependency,
        dependency.startsWith('@lastcall/') ? `^${version}` : expect.stringMatching(/^\^\d/),
      ])
    }
  })

  test('has a README whose links lead somewhere from anywhere', async () => {
    const links = [...(await read('README.md')).matchAll(/\]\(([^)\s]+)\)/g)].map(([, target]) => target)
    expect(links.filter((link) => !/^(https:|#)/.test(link ?? ''))).toEqual([])
  })

  test('is clean to publint, strictly', async () => {
    expect(await runHere('publint', 'run', '--strict', String(tarballs[id]))).toMatch(/All good!/)
  })

  test('is clean to attw, as an ES module', async () => {
    const json = await runHere('attw', String(tarballs[id]), '--profile', 'esm-only', '--format', 'json')
    const { analysis } = JSON.parse(json) as { analysis: { types: unknown; problems: { resolutionKind?: string }[] } }
    expect(analysis.types).toMatchObject({ kind: 'included' })
    // These are what an ES module cannot be: resolved without `exports`, or type checked in CommonJS by TypeScript before 5.8.
    const beyond = new Set(['node10', 'node16-cjs'])
    expect(analysis.problems.filter(({ resolutionKind = '' }) => !beyond.has(resolutionKind))).toEqual([])
  })
})

describe('the packages in an empty project', () => {
  const served = {
    body: 'hi',
    ok: true,
    reason: 'the test',
    hooks: ['1 request finished, 0 cut'],
  }

  test.each(['import.mjs', 'require.cjs'])('serve, stop and report in %s', async (program) => {
    const { stdout, stderr } = await start(program)
    expect(JSON.parse(stdout)).toEqual({ http: served, express4: served, express5: served, koa2: served, koa3: served })
    // No warning either: Node.js has none for what is required of node_modules.
    expect(stderr).toBe('')
  })

  test('are one copy for whoever imports and whoever requires', async () => {
    expect(JSON.parse((await start('one-copy.mjs')).stdout)).toEqual([true, true])
  })

  test('run the program of the README, which a signal stops with code 0', async () => {
    const { stdout } = await start('signalled.mjs')
    expect(stdout).toMatch(
      /http: listening on [^]*shutting down: SIGTERM, up to 5 s\nstopped by SIGTERM in .* of 5 s\n/,
    )
  })
})
