// What these tests say is checked by the compiler: `tsc --build` builds this folder too.
import type { Server } from 'node:http'
import { createSecureServer, type Http2SecureServer } from 'node:http2'
import express4 from 'express4'
import express5 from 'express5'
import type { Hook } from '@lastcall/core'
import { describe, expectTypeOf, test } from 'vitest'
import {
  draining,
  expressAdapter,
  type ExpressAdapterOptions,
  type ExpressApp,
  type HttpServer,
  type ServerAdapter,
} from '../src/index.ts'

describe('types', () => {
  test('the applications of both majors are taken, and routers are not', () => {
    expectTypeOf(express4()).toExtend<ExpressApp>()
    expectTypeOf(express5()).toExtend<ExpressApp>()
    expectTypeOf<express4.Application>().toExtend<ExpressApp>()
    expectTypeOf<express5.Application>().toExtend<ExpressApp>()
    expectTypeOf<express4.Router>().not.toExtend<ExpressApp>()
    expectTypeOf<express5.Router>().not.toExtend<ExpressApp>()
    expectTypeOf<(request: unknown, response: unknown) => void>().not.toExtend<ExpressApp>()
  })

  test('draining takes the requests of both majors', () => {
    expectTypeOf<express4.Request>().toExtend<Parameters<typeof draining>[0]>()
    expectTypeOf<express5.Request>().toExtend<Parameters<typeof draining>[0]>()
    expectTypeOf<express5.Request<{ id: string }>>().toExtend<Parameters<typeof draining>[0]>()
    expectTypeOf(draining).returns.toEqualTypeOf<AbortSignal>()
  })

  test('the adapter knows the type of its server', () => {
    expectTypeOf(expressAdapter(express5())).toEqualTypeOf<ServerAdapter<Server>>()
    const server = createSecureServer()
    expectTypeOf(expressAdapter(express5(), { server }).server).toEqualTypeOf<Http2SecureServer>()
    const perhaps = createSecureServer() as HttpServer | undefined
    expectTypeOf(expressAdapter(express5(), { server: perhaps })).toEqualTypeOf<ServerAdapter>()
    expectTypeOf<ServerAdapter<Server>>().toExtend<ServerAdapter>()
    expectTypeOf<ServerAdapter['server']>().toEqualTypeOf<HttpServer>()
    expectTypeOf<ServerAdapter<Server>>().toExtend<Hook>()
  })

  test('the adapter is of no other type of server than the one that it is given', () => {
    // @ts-expect-error -- without a server, one of node:http is made
    expectTypeOf(expressAdapter<Http2SecureServer>).toBeCallableWith(express5())
    // @ts-expect-error -- the same
    expectTypeOf(expressAdapter<Http2SecureServer>).toBeCallableWith(express5(), { timeout: 5_000 })
    const options: ExpressAdapterOptions<Http2SecureServer> = { server: createSecureServer() }
    expectTypeOf(expressAdapter(express5(), options)).toEqualTypeOf<ServerAdapter>()
  })

  test('what an adapter alone says of requests is no option', () => {
    expectTypeOf<ExpressAdapterOptions>().not.toHaveProperty('route')
    expectTypeOf<ExpressAdapterOptions>().not.toHaveProperty('target')
    expectTypeOf<ExpressAdapterOptions>().toHaveProperty('webSockets')
  })
})
