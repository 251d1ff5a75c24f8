import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { publishedPackages } from '../src/published-packages.ts'

/** What the sources of each package may import, besides their own files and what Node.js brings. */
const allowed: Readonly<Record<string, readonly string[]>> = {
  core: ['eventemitter3', 'p-timeout'],
  http: ['@lastcall/core'],
}
/** What is part of the published package, and so no dependency of it: CommonJS cannot load p-timeout. */
const bundled: Readonly<Record<string, readonly string[]>> = { core: ['p-timeout'] }
/** An adapter for a framework imports no framework. */
const allowedToAdapters: readonly string[] = ['@lastcall/core', '@lastcall/http']

interface Source {
  readonly path: string
  readonly text: string
}

async function sourcesOf(folder: string): Promise<readonly Source[]> {
  const files = await readdir(join(folder, 'src'), { recursive: true })
  const paths = files.filter((file) => file.endsWith('.ts')).toSorted()
  return Promise.all(paths.map(async (path) => ({ path, text: await readFile(join(folder, 'src', path), 'utf8') })))
}

/** What the modules import or export of other modules. */
function importsOf(sources: readonly Source[]): readonly string[] {
  const specifiers = sources.flatMap(({ text }) => [...text.matchAll(/(?: from |^import |import\()'([^']+)'/gm)])
  return [...new Set(specifiers.map(([, specifier = '']) => specifier))].toSorted()
}

const packages = await publishedPackages()

test.each(packages)(
  '$id imports what it may, and depends on what its bundle does not contain',
  async ({ id, folder, manifest: { dependencies, devDependencies } }) => {
    const foreign = importsOf(await sourcesOf(folder)).filter((specifier) => !/^(node:|\.)/.test(specifier))
    const contained = bundled[id] ?? []
    expect(foreign).toEqual(allowed[id] ?? allowedToAdapters)
    expect([...Object.keys(dependencies as object), ...contained].toSorted()).toEqual(foreign)
    expect(Object.keys(devDependencies as object)).toEqual(expect.arrayContaining([...contained]))
  },
)

test('core has no server in it, and one file of it touches the process', async () => {
  const sources = await sourcesOf(packages.find(({ id }) => id === 'core')?.folder ?? '')
  expect(importsOf(sources).filter((specifier) => /^node:(http|https|http2|net|tls)$/.test(specifier))).toEqual([])
  const touching = sources.filter(({ text }) => /from 'node:process'|^(?! *(\*|\/[/*])).*\bprocess\./m.test(text))
  expect(touching.map(({ path }) => path)).toEqual(['run.ts'])
})
