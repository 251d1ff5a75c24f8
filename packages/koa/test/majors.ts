import { createRequire } from 'node:module'
import type { Middleware } from 'koa3'
import Koa2 from 'koa2'
import Koa3 from 'koa3'

/** What the tests use of Koa is the same in both majors, but for their types. */
export type KoaClass = typeof Koa3

export const majors: Readonly<Record<'Koa 2' | 'Koa 3', KoaClass>> = {
  'Koa 2': Koa2 as unknown as KoaClass,
  'Koa 3': Koa3,
}

/** What the tests use of `@koa/router`, which has types of its own in some versions alone. */
export interface Router {
  get(path: string | RegExp, ...middleware: Middleware[]): Router
  all(path: string | RegExp, ...middleware: Middleware[]): Router
  use(...middleware: (string | Middleware)[]): Router
  routes(): Middleware
}

export type RouterClass = new (options?: { readonly prefix: string }) => Router

const require = createRequire(import.meta.url)

/** The versions of `@koa/router` for the supported versions of Node.js and of Koa. */
export const routers: Readonly<Record<string, RouterClass>> = Object.fromEntries(
  [10, 11, 12, 13, 14, 15].map((version) => {
    const exported = require(`koa-router${version}`) as RouterClass & { readonly default?: RouterClass }
    return [`@koa/router ${version}`, exported.default ?? exported]
  }),
)

/** `koa-mount`, which has no types. */
export const mount = require('koa-mount') as (prefix: string, app: Koa3) => Middleware
