import type { FrameworkText } from '@lastcall/http'

type Path = string | RegExp

/** What Express leaves on a request while its handlers run. */
interface Routed {
  /** The URL as it came: a router that is mounted sees only the rest of it. */
  readonly originalUrl: string
  /** The part of the URL that the mounts of the current router have matched. */
  readonly baseUrl: string
  /** The latest route that was matched; it stays when its handlers have passed the request on. */
  readonly route?: { readonly path: Path | readonly Path[] }
}

/** What stands for more, or less, than itself in the path of a route: wildcards, groups and what is optional. */
const special = /[*+?(){}[\]|\\^$]/

/** The target of a request as it came, once it has reached the application. */
export const targetOf: FrameworkText = (request) => {
  const { originalUrl } = request as Partial<Routed>
  return originalUrl
}

/** The route that a request has reached. */
export const routeOf: FrameworkText = (request) => {
  const { originalUrl = '', baseUrl = '', route } = request as Partial<Routed>
  if (route === undefined) return undefined
  const paths = Array.isArray(route.path) ? (route.path as readonly Path[]) : [route.path as Path]
  const [pathname = ''] = originalUrl.split('?', 1)
  // Its router may have been left again: then its mounts are no longer known.
  const path = paths.find((each) => suits(each, pathname.slice(baseUrl.length)))
  return path === undefined ? undefined : `${baseUrl}${path}`
}

/** Whether a path of a URL may have matched the path of a route. */
function suits(route: Path, path: string): boolean {
  // Unlike `test`, it leaves `lastIndex` as it is.
  if (route instanceof RegExp) return path.search(route) !== -1
  const [expected, segments] = [segmentsOf(route), segmentsOf(path)]
  const open = expected.findIndex((segment) => special.test(segment))
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
