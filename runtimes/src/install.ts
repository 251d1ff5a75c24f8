import { execFile } from 'node:child_process'
import { mkdir } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { cache } from './paths.ts'
import type { Release } from './releases.ts'

const run = promisify(execFile)

/** A runtime that is there. */
export interface Runtime {
  readonly release: Release
  readonly binary: string
  /** As it says itself, without a `v`: `22.23.3`. */
  readonly version: string
}

/**
 * Gets a runtime from the npm registry, where it is not there yet in its newest release that suits.
 *
 * @throws Error where there is none for this machine, or npm cannot get it.
 */
export async function install(release: Release): Promise<Runtime> {
  const platform = `${process.platform}-${process.arch}`
  const [name, file] = release.packages[platform] ?? []
  if (name === undefined || file === undefined) {
    const known = Object.keys(release.packages).join(', ')
    throw new Error(`Expected a platform that ${release.name} is taken for, one of ${known}, got ${platform}`)
  }
  const folder = join(cache, release.name)
  await mkdir(folder, { recursive: true })
  const quietly = ['--no-save', '--no-package-lock', '--no-audit', '--no-fund', '--loglevel=error']
  await run('npm', ['install', ...quietly, '--prefix', folder, `${name}@${release.version}`])
  const binary = join(folder, 'node_modules', name, file)
  const { stdout } = await run(binary, ['--version'])
  const [version] = /\d+\.\d+\.\d+/.exec(stdout) ?? []
  if (version === undefined) throw new Error(`Expected ${binary} to say its version, got "${stdout}"`)
  return { release, binary, version }
}

/** The environment in which whoever starts `node` gets this one, and `tsc` is that of the repository. */
export function environmentOf({ binary }: Runtime, root: string): NodeJS.ProcessEnv {
  const path = [dirname(binary), join(root, 'node_modules/.bin'), process.env['PATH']].join(':')
  return { ...process.env, PATH: path }
}
