/** What stands for more, or less, than itself in the path of a route: wildcards, groups and what is optional. */
const special = /[*+?(){}[\]|\\^$]/

/**
 * For authors of adapters: whether a path of a URL may have matched the path of a route, as frameworks write those. One that begins with
 * a wildcard suits nothing: it is no name for a request.
 */
export function routeSuits(route: string | RegExp, path: string): boolean {
  // Unlike `test`, it leaves `lastIndex` as it is.
  if (route instanceof RegExp) return path.search(route) !== -1
  const [expected, segments] = [segmentsOf(route), segmentsOf(path)]
  const open = expected.findIndex((segment) => special.test(segment))
  if (expected.findIndex((segment) => segment !== '') === open && open !== -1) return false
  const fixed = open === -1 ? expected : expected.slice(0, open)
  if (open === -1 && segments.length !== expected.length) return false
  return fixed.every((segment, index) => segment.includes(':') || equal(segment, segments[index]))
}

/** The segments of a path; a slash at its end means nothing, unless routing is strict. */
function segmentsOf(path: string): readonly string[] {
  return path.replace(/\/$/, '').split('/')
}

/** Routing does not look at the case, unless told to. */
function equal(a: string, b: string | undefined): boolean {
  return a.toLowerCase() === b?.toLowerCase()
}
