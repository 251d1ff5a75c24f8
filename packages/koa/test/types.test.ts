// What these tests say is checked by the compiler: `tsc --build` builds this folder too.
import type { Server } from 'node:http'
import { createSecureServer, type Http2SecureServer } from 'node:http2'
import type { Hook } from '@lastcall/core'
import type Koa2 from 'koa2'
import Koa3 from 'koa3'
import { describe, expectTypeOf, test } from 'vitest'
import {
  draining,
  type HttpServer,
  koaAdapter,
  type KoaAdapterOptions,
  type KoaApp,
  type ServerAdapter,
} from '../src/index.ts'

interface State {
  readonly user: string
}

describe('types', () => {
  test('the applications of both majors are taken', () => {
    expectTypeOf<Koa2>().toExtend<KoaApp>()
    expectTypeOf<Koa3>().toExtend<KoaApp>()
    expectTypeOf<Koa2<State, { id: number }>>().toExtend<KoaApp>()
    expectTypeOf<Koa3<State, { id: number }>>().toExtend<KoaApp>()
    expectTypeOf<typeof Koa3>().not.toExtend<KoaApp>()
    expectTypeOf<Server>().not.toExtend<KoaApp>()
  })

  test('draining takes the contexts of both majors', () => {
    expectTypeOf<Koa2.Context>().toExtend<Parameters<typeof draining>[0]>()
    expectTypeOf<Koa3.Context>().toExtend<Parameters<typeof draining>[0]>()
    expectTypeOf<Koa3.ParameterizedContext<State>>().toExtend<Parameters<typeof draining>[0]>()
    expectTypeOf<Koa3.Request>().toExtend<Parameters<typeof draining>[0]>()
    expectTypeOf(draining).returns.toEqualTypeOf<AbortSignal>()
  })

  test('the adapter knows the type of its server', () => {
    expectTypeOf(koaAdapter(new Koa3())).toEqualTypeOf<ServerAdapter<Server>>()
    const server = createSecureServer()
    expectTypeOf(koaAdapter(new Koa3(), { server }).server).toEqualTypeOf<Http2SecureServer>()
    const perhaps = createSecureServer() as HttpServer | undefined
    expectTypeOf(koaAdapter(new Koa3(), { server: perhaps })).toEqualTypeOf<ServerAdapter>()
    expectTypeOf<ServerAdapter<Server>>().toExtend<Hook>()
  })

  test('the adapter is of no other type of server than the one that it is given', () => {
    // @ts-expect-error -- without a server, one of node:http is made
    expectTypeOf(koaAdapter<Http2SecureServer>).toBeCallableWith(new Koa3())
    // @ts-expect-error -- the same
    expectTypeOf(koaAdapter<Http2SecureServer>).toBeCallableWith(new Koa3(), { timeout: 5_000 })
    const options: KoaAdapterOptions<Http2SecureServer> = { server: createSecureServer() }
    expectTypeOf(koaAdapter(new Koa3(), options)).toEqualTypeOf<ServerAdapter>()
  })

  test('what an adapter alone says of requests is no option', () => {
    expectTypeOf<KoaAdapterOptions>().not.toHaveProperty('route')
    expectTypeOf<KoaAdapterOptions>().not.toHaveProperty('target')
    expectTypeOf<KoaAdapterOptions>().toHaveProperty('webSockets')
  })
})
