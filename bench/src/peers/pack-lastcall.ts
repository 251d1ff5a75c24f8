import { execFile } from 'node:child_process'
import { mkdtemp, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

const run = promisify(execFile)
const packages = ['core', 'http']

/** Packs Lastcall as it is published, installs that in a new folder, and resolves to the folder, which is the caller's to remove. */
export async function packLastcall(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'lastcall-bench-'))
  for (const name of packages) {
    const cwd = fileURLToPath(new URL(`../../../packages/${name}/`, import.meta.url))
    await run('npx', ['-y', 'pnpm@12', 'pack', '--out', join(folder, `${name}.tgz`)], { cwd })
  }
  await writeFile(join(folder, 'package.json'), JSON.stringify({ private: true, type: 'module' }))
  const tarballs = packages.map((name) => `./${name}.tgz`)
  await run('npm', ['install', '--ignore-scripts', '--no-audit', '--no-fund', ...tarballs], { cwd: folder })
  return folder
}
