import { readFile, readdir, realpath, stat } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import type { Peer } from './peers.ts'

/** What is installed with a peer, itself and all that it depends on. */
export interface InstalledSize {
  readonly packages: number
  /** The sum of all files. */
  readonly bytes: number
  /** The version of the first of its packages. */
  readonly version: string
}

interface Manifest {
  readonly name: string
  readonly version: string
  readonly dependencies?: Readonly<Record<string, string>>
}

/** Adds up what is installed in a folder, or in one further up, for a peer. */
export async function installedSize({ packages }: Peer, where: string): Promise<InstalledSize> {
  const folders = new Map<string, Manifest>()
  for (const name of packages) await collect(name, join(where, 'package.json'), folders)
  const sizes = await Promise.all([...folders.keys()].map(sizeOf))
  const [first] = folders.values()
  return { packages: folders.size, bytes: sizes.reduce((sum, size) => sum + size, 0), version: first?.version ?? '' }
}

/** Finds a package as it is found from a file, and all that it depends on. */
async function collect(name: string, from: string, folders: Map<string, Manifest>): Promise<void> {
  const folder = await find(name, from)
  if (folders.has(folder)) return
  const manifest = JSON.parse(await readFile(join(folder, 'package.json'), 'utf8')) as Manifest
  folders.set(folder, manifest)
  for (const dependency of Object.keys(manifest.dependencies ?? {})) {
    await collect(dependency, join(folder, 'package.json'), folders)
  }
}

async function find(name: string, from: string): Promise<string> {
  for (const modules of createRequire(from).resolve.paths(name) ?? []) {
    try {
      return await realpath(join(modules, name))
    } catch {
      // It is in another folder further up.
    }
  }
  throw new Error(`Expected that \`${name}\` is installed for ${from}`)
}

async function sizeOf(folder: string): Promise<number> {
  const files = await readdir(folder, { recursive: true, withFileTypes: true })
  const sizes = files
    .filter((file) => file.isFile())
    .map(async (file) => (await stat(join(file.parentPath, file.name))).size)
  return (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0)
}
