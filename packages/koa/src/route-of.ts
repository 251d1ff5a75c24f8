import { routeSuits } from '@lastcall/http'
import type { IncomingMessage } from 'node:http'

/** What `@koa/router` leaves on a context, in versions 10 to 15, and Koa itself. */
export interface KoaContext {
  readonly req: IncomingMessage
  /** The path, without the mounts of `koa-mount` that it is behind. */
  readonly path: string
  /** The URL as it came. */
  readonly originalUrl: string
  /** The latest mount of `koa-mount`. */
  readonly mountPath?: string
  /** The path of the layer that was reached last: of a route, or of a middleware of the router. */
  readonly _matchedRoute?: string | RegExp
  /** The layers whose path suits; a middleware has no methods. */
  readonly matched?: readonly { readonly path: string | RegExp; readonly methods: readonly string[] }[]
}

/** The route of `@koa/router` that a request has reached. */
export function routeOf(context: KoaContext | undefined): string | undefined {
  const { matched = [], _matchedRoute: route } = context ?? {}
  if (!context || !route || !matched.some(({ path, methods }) => path === route && methods.length > 0)) return undefined
  // Its router may be in a mount that has been left again.
  return routeSuits(route, context.path) ? `${mountOf(context)}${route}` : undefined
}

/** What comes before the path that the current application sees, as it stood in the URL. */
function mountOf({ path, originalUrl, mountPath }: KoaContext): string {
  const [pathname = ''] = originalUrl.split('?', 1)
  // A whole URL may hold credentials.
  if (!pathname.startsWith('/')) return ''
  if (pathname.endsWith(path)) return pathname.slice(0, -path.length)
  // The mount itself is seen as a slash that did not come.
  return path === '/' && mountPath !== undefined && pathname.endsWith(mountPath) ? pathname : ''
}
