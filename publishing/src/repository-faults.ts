import type { PublishedPackage } from './published-packages.ts'

/**
 * What keeps packages from being published with provenance: npm compares `repository` with where the package is built, and takes
 * none without.
 */
export function repositoryFaults(packages: readonly Pick<PublishedPackage, 'id' | 'manifest'>[]): readonly string[] {
  return packages.flatMap(({ id, manifest: { repository } }) => {
    const directory = `packages/${id}`
    if (isRepository(repository) && repository.directory === directory) return []
    const expected = `{ "type": "git", "url": "git+https://….git", "directory": "${directory}" }`
    const got = repository === undefined ? 'none' : JSON.stringify(repository)
    return [`Expected \`repository\` in ${directory}/package.json to be ${expected}, got ${got}`]
  })
}

function isRepository(value: unknown): value is { readonly directory?: unknown } {
  const { type, url } = (value ?? {}) as { readonly type?: unknown; readonly url?: unknown }
  return type === 'git' && typeof url === 'string' && /^git\+https:\/\/[^/]+\/.+\.git$/.test(url)
}
