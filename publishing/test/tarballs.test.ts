import { execFile } from 'node:child_process'
import { readdir, readFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { promisify } from 'node:util'
import { describe, expect, inject, test } from 'vitest'
import { entriesOf } from '../src/entries.ts'
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

/** Imports a module that exports functions and classes. */
async function load(file: string): Promise<Readonly<Record<string, { readonly name: string }>>> {
  return (await import(pathToFileURL(file).href)) as Readonly<Record<string, { readonly name: string }>>
}

/** Runs a command of a package that is installed here, and resolves to what it prints. */
async function runHere(command: string, ...args: readonly string[]): Promise<string> {
  const file = fileURLToPath(new URL(`../node_modules/.bin/${command}`, import.meta.url))
  const { stdout } = await promisify(execFile)(file, [...args], { cwd: fileURLToPath(root) })
  return stdout
}

describe.each(packages)('the tarball of $id', ({ id, folder, manifest }) => {
  const { name, version } = manifest
  const entries = entriesOf(manifest)
  const installed = join(consumer, 'node_modules', name)
  const read = async (path: string): Promise<string> => readFile(join(installed, path), 'utf8')

  test('contains one implementation, its entries, README and licence, and nothing else', async () => {
    const implementation = ['bundle.cjs', 'bundle.cjs.map', 'bundle.d.cts', 'bundle.mjs']
    const endings = ['bundler.mjs', 'cjs', 'd.cts', 'd.mts', 'mjs']
    const named = entries.flatMap((entry) => endings.map((ending) => `${entry}.${ending}`))
    const published = [...implementation, ...named].map((file) => `dist/${file}`)
    expect(await filesIn(installed)).toEqual([...published, 'LICENSE', 'README.md', 'package.json'].toSorted())
    expect(await read('LICENSE')).toBe(await readFile(new URL('LICENSE', root), 'utf8'))
  })

  test('is found by main and types, by import and require, and by bundlers', async () => {
    const published = JSON.parse(await read('package.json')) as { exports: object }
    expect(published).toMatchObject({ main: './dist/index.cjs', types: './dist/index.d.cts' })
    expect(Object.keys(published.exports)).toEqual(Object.keys(manifest['exports'] as object))
    // The order counts: a bundler meets all of these conditions.
    const conditions = entries.map((entry) => [
      ['module', { types: `./dist/${entry}.d.mts`, default: `./dist/${entry}.bundler.mjs` }],
      ['import', { types: `./dist/${entry}.d.mts`, default: `./dist/${entry}.mjs` }],
      ['require', { types: `./dist/${entry}.d.cts`, default: `./dist/${entry}.cjs` }],
    ])
    expect(Object.values(published.exports).map((entry: object) => Object.entries(entry))).toEqual(conditions)
  })

  test.each(
    entries.flatMap((entry) => [
      [`${entry}.mjs`, `${entry}.js`],
      [`${entry}.bundler.mjs`, `${entry}.js`],
    ]),
  )('exports from %s what the built %s does', async (file, built) => {
    const names = Object.keys(await load(join(folder, 'dist', built))).toSorted()
    const module = await load(join(installed, 'dist', file))
    expect(Object.keys(module).toSorted()).toEqual(names)
    // An inspection of an instance shows the name of its class.
    expect(names.map((key) => module[key]?.name)).toEqual(names)
  })

  test('imports its dependencies and built-in modules, and nothing by a path', async () => {
    const { dependencies } = JSON.parse(await read('package.json')) as { dependencies: object }
    const required = [...(await read('dist/bundle.cjs')).matchAll(/\brequire\("([^"]+)"\)/g)].map(([, from]) => from)
    const imported = [...(await read('dist/bundle.mjs')).matchAll(/^import .*"(.+)";$/gm)].map(([, from]) => from)
    for (const specifiers of [required, imported]) {
      const foreign = specifiers.filter((from) => !from?.startsWith('node:'))
      expect(new Set(foreign)).toEqual(new Set(Object.keys(dependencies)))
    }
  })

  test('has a source map that leads to its sources, and contains them', async () => {
    const map = JSON.parse(await read('dist/bundle.cjs.map')) as Record<string, readonly string[]>
    const { sources = [], sourcesContent = [] } = map
    const texts = new Map(sources.map((source, index) => [resolve(folder, 'dist', source), sourcesContent[index]]))
    // The list of entries is made for the bundle, and licences are above the code of other packages.
    const own = [...texts].filter(([path]) => !/\/node_modules\/|\/dist\/entries\.js$/.test(path))
    const paths = own.map(([path]) => path)
    expect(paths).toEqual(paths.filter((path) => path.startsWith(join(folder, 'src'))))
    expect(own.map(([, text]) => text)).toEqual(await Promise.all(paths.map((path) => readFile(path, 'utf8'))))
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

  test('is clean to attw in every resolution mode', async () => {
    const { analysis } = JSON.parse(await runHere('attw', String(tarballs[id]), '--format', 'json')) as {
      analysis: { types: unknown; problems: unknown; entrypoints: Record<string, { resolutions: object }> }
    }
    expect(analysis.types).toMatchObject({ kind: 'included' })
    expect(analysis.problems).toEqual([])
    expect(Object.values(analysis.entrypoints).map(({ resolutions }) => Object.keys(resolutions))).toEqual(
      entries.map(() => ['node10', 'node16-cjs', 'node16-esm', 'bundler']),
    )
  })
})

test('the tarball of core contains p-timeout, which CommonJS cannot load, with its licence', async () => {
  const installed = join(consumer, 'node_modules/@lastcall/core')
  for (const file of ['bundle.cjs', 'bundle.mjs']) {
    const text = await readFile(join(installed, 'dist', file), 'utf8')
    expect(text).toContain('class TimeoutError extends Error')
    expect(text).toMatch(
      /\/\*!\n \* p-timeout 7\.\d+\.\d+\n[^]*Copyright \(c\) Sindre Sorhus[^]*Permission is hereby granted/,
    )
  }
})
