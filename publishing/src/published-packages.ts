import { readdir, readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'

/** The root of the repository. */
export const root: URL = new URL('../../', import.meta.url)

/** What is read here of a package.json. */
export interface Manifest {
  readonly name: string
  readonly version?: string
  readonly private?: boolean
  readonly repository?: unknown
  readonly [field: string]: unknown
}

/** A package that is published. */
export interface PublishedPackage {
  /** Its folder's name: `core`. */
  readonly id: string
  /** The path of its folder. */
  readonly folder: string
  readonly manifest: Manifest
}

/** The packages that are published: those of `packages` that are not private. */
export async function publishedPackages(): Promise<readonly PublishedPackage[]> {
  const ids = await readdir(new URL('packages/', root))
  const packages = await Promise.all(ids.toSorted().map(readPackage))
  return packages.filter(({ manifest }) => manifest.private !== true)
}

async function readPackage(id: string): Promise<PublishedPackage> {
  const folder = new URL(`packages/${id}/`, root)
  const manifest = JSON.parse(await readFile(new URL('package.json', folder), 'utf8')) as Manifest
  return { id, folder: fileURLToPath(folder), manifest }
}
