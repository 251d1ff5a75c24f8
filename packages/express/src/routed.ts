import { type FrameworkText, routeSuits } from '@lastcall/http'

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
  const path = paths.find((each) => routeSuits(each, pathname.slice(baseUrl.length)))
  return path === undefined ? undefined : `${baseUrl}${path}`
}
