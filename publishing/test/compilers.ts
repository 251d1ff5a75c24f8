import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { inject } from 'vitest'

const require = createRequire(import.meta.url)

/** Returns the path of a TypeScript compiler by its minor version. The repository's own is 7.0, and the consumer has the others. */
export async function compilerOf(version: string): Promise<string> {
  const manifest =
    version === '7.0'
      ? require.resolve('typescript/package.json')
      : join(inject('consumer'), `node_modules/typescript${version}/package.json`)
  const { bin, version: full } = JSON.parse(await readFile(manifest, 'utf8')) as {
    readonly bin: { readonly tsc: string }
    readonly version: string
  }
  if (!full.startsWith(`${version}.`)) throw new Error(`Expected TypeScript ${version} in ${manifest}, got ${full}`)
  return join(manifest, '..', bin.tsc)
}
