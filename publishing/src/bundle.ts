// prepack of each package, in its folder: makes the published files of the built modules. CONTRIBUTING.md lists them.
import { readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { pathToFileURL } from 'node:url'
import { build } from 'esbuild'
import { rollUpDeclarations } from './declarations.ts'
import { entriesOf } from './entries.ts'
import { licenceNotices } from './licence-notices.ts'
import type { Manifest } from './published-packages.ts'

const folder = `${process.cwd()}/`
const manifest = JSON.parse(await readFile('package.json', 'utf8')) as Manifest
const entries = entriesOf(manifest)

await removeOldFiles()
await bundle('cjs')
await bundle('esm')
await rollUpDeclarations(folder, entries)
await Promise.all(entries.map(writeEntry))

/** An earlier version of the package can have had other entries. */
async function removeOldFiles(): Promise<void> {
  const files = (await readdir('dist')).filter((file) => /\.[cm]js(\.map)?$|\.d\.[cm]ts$/.test(file))
  await Promise.all(files.map((file) => rm(`dist/${file}`)))
}

/** Bundles the exports of all entries, so that entries share their classes. */
async function bundle(format: 'cjs' | 'esm'): Promise<void> {
  const contents = entries.map((entry) => `export * from './dist/${entry}.js'\n`).join('')
  const { outputFiles } = await build({
    stdin: { contents, resolveDir: folder, sourcefile: 'dist/entries.js' },
    outfile: `dist/bundle.${format === 'cjs' ? 'cjs' : 'mjs'}`,
    write: false,
    bundle: true,
    // Imports of other packages, those for development, become part of the bundle.
    external: [manifest['dependencies'], manifest['peerDependencies']].flatMap((names) => Object.keys(names ?? {})),
    platform: 'node',
    format,
    target: 'node20.19',
    charset: 'utf8',
    // Of what Node.js loads. The maps of the built modules lead on to the sources.
    sourcemap: format === 'cjs',
    legalComments: 'inline',
    plugins: [licenceNotices],
    logLevel: 'warning',
    logOverride: { 'empty-import-meta': 'error' },
  })
  await Promise.all(outputFiles.map(({ path, text }) => writeFile(path, withClassNames(text))))
}

/** Gives classes back the names that esbuild changes to `_Name`, because an inspection of an instance shows its class. */
function withClassNames(text: string): string {
  const names = [...text.matchAll(/^var (\w+) = class _\1\b/gm)].map(([, name = '']) => name)
  return names.reduce((changed, name) => changed.replace(new RegExp(`\\b_${name}\\b`, 'g'), name), text)
}

/** Writes the files of an entry, which only name exports of the bundle. */
async function writeEntry(entry: string): Promise<void> {
  const module = (await import(pathToFileURL(`dist/${entry}.js`).href)) as object
  const names = Object.keys(module)
  const list = `export { ${names.join(', ')} } from`
  const required = names.map((name) => `exports.${name} = bundle.${name}`)
  const head = ["'use strict'", "Object.defineProperty(exports, '__esModule', { value: true })"]
  const files = {
    [`${entry}.cjs`]: [...head, "const bundle = require('./bundle.cjs')", ...required].join('\n'),
    // Node.js parses what an import names, to find the exports. To parse the bundle as well would double the time of an import.
    [`${entry}.mjs`]: `${list} './${entry}.cjs'`,
    [`${entry}.bundler.mjs`]: `${list} './bundle.mjs'`,
    [`${entry}.d.mts`]: `export * from './${entry}.cjs'`,
  }
  await Promise.all(Object.entries(files).map(([file, text]) => writeFile(`dist/${file}`, `${text}\n`)))
}
