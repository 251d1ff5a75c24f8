import type { Manifest } from './published-packages.ts'

/**
 * Returns the names of the entries of a package, in the order of its `exports`: `index` for `.`, `adapter` for `./adapter`. The built
 * module and the published files have that name.
 *
 * @throws Error when the built module of an export has another name.
 */
export function entriesOf({ name, exports }: Manifest): readonly string[] {
  return Object.entries(exports as Readonly<Record<string, { readonly default: string }>>).map(([subpath, target]) => {
    const entry = subpath === '.' ? 'index' : subpath.slice('./'.length)
    const expected = `./dist/${entry}.js`
    if (target.default === expected) return entry
    throw new Error(`Expected the export "${subpath}" of ${name} to be ${expected}, got ${target.default}`)
  })
}
