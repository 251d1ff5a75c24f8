import { execFile } from 'node:child_process'
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import type { TestProject } from 'vitest/node'
import { parse } from 'yaml'
import { publishedPackages, root } from '../src/published-packages.ts'

declare module 'vitest' {
  interface ProvidedContext {
    /** An empty project in which the packed tarball of every package is installed, and nothing else of this repository. */
    readonly consumer: string
    /** The tarballs, by the folder's name of their package. */
    readonly tarballs: Readonly<Record<string, string>>
  }
}

/** What a consumer has besides: as an alias for each major, with its types. */
const companions = ['express4', 'express5', 'koa2', 'koa3']
const types = ['@types/node', ...companions.map((name) => `@types/${name}`)]
/** Compilers by their minor version: all that are supported except that of this repository. */
const compilers = ['5.6', '5.7', '5.8', '5.9', '6.0'].map(
  (version) => [`typescript${version}`, `npm:typescript@~${version}`] as const,
)

const run = promisify(execFile)

/** Packs every package, and installs the tarballs in a project of their own. */
export async function setup({ provide }: TestProject): Promise<() => Promise<void>> {
  await run('tsc', ['--build'], { cwd: root })
  const folder = await mkdtemp(join(tmpdir(), 'lastcall-'))
  const tarballs: Record<string, string> = {}
  const dependencies = { ...(await specifiersOf([...companions, ...types])), ...Object.fromEntries(compilers) }
  for (const { id, folder: source, manifest } of await publishedPackages()) {
    const tarball = join(folder, `lastcall-${id}-${manifest.version}.tgz`)
    await run('npx', ['-y', 'pnpm@12', 'pack', '--pack-destination', folder], { cwd: source })
    tarballs[id] = tarball
    dependencies[manifest.name] = `file:${tarball}`
  }
  const consumer = join(folder, 'consumer')
  await cp(fileURLToPath(new URL('consumer', import.meta.url)), consumer, { recursive: true })
  await cp(fileURLToPath(new URL('programs', import.meta.url)), consumer, { recursive: true })
  await writeFile(join(consumer, 'package.json'), JSON.stringify({ private: true, type: 'module', dependencies }))
  await run('npm', ['install', '--ignore-scripts', '--no-audit', '--no-fund'], { cwd: consumer })
  provide('consumer', consumer)
  provide('tarballs', tarballs)
  return () => rm(folder, { recursive: true })
}

/** What the catalog of this repository says of packages. */
async function specifiersOf(names: readonly string[]): Promise<Record<string, string>> {
  const { catalog } = parse(await readFile(new URL('pnpm-workspace.yaml', root), 'utf8')) as {
    catalog: Readonly<Record<string, string>>
  }
  return Object.fromEntries(
    names.map((name) => {
      const specifier = catalog[name]
      if (specifier === undefined) throw new Error(`Expected the catalog to have ${name}, got none`)
      return [name, specifier]
    }),
  )
}
