import { once } from 'node:events'
import type { IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createAdaptorServer, type HttpBindings } from '@hono/node-server'
import { draining, onDrain, serverAdapter } from '@lastcall/http'
import { Controller, Get, Module, Req, Res } from '@nestjs/common'
import { NestFactory } from '@nestjs/core'
import { ExpressAdapter } from '@nestjs/platform-express'
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify'
import express from 'express'
import fastify from 'fastify'
import { Hono } from 'hono'
import Koa from 'koa'
import inject from 'light-my-request'
import { createRequest } from 'node-mocks-http'
import { describe, expect, onTestFinished, test } from 'vitest'

/** What a handler has got from `draining` for what it was given: a signal, or the message of the error. */
type Outcome = AbortSignal | string

/** Calls a function, and returns the message of the error that it throws, if it does. */
function messageOf(call: () => unknown): string | undefined {
  try {
    call()
    return undefined
  } catch (error) {
    expect(error).toBeInstanceOf(TypeError)
    return (error as Error).message
  }
}

/** Tries both functions, which refuse the same in the same words. */
function tryDraining(value: unknown): Outcome {
  const message = messageOf(() => draining(value as IncomingMessage))
  const other = messageOf(() => onDrain(value as IncomingMessage, () => {}))
  expect(other).toBe(message?.replaceAll('draining', 'onDrain'))
  return message ?? draining(value as IncomingMessage)
}

async function ask(port: number): Promise<void> {
  expect((await fetch(`http://127.0.0.1:${port}/`)).status).toBe(200)
}

const advice = (expression: string): RegExp =>
  new RegExp(` Write \`draining\\(${expression.replace(/[().]/g, '\\$&')}\\)\``)

test('Express: a request is taken, a response leads to it', async () => {
  const outcomes: Outcome[] = []
  const app = express()
  app.get('/', (request, response) => {
    outcomes.push(...[request, response].map(tryDraining))
    response.send('hi')
  })
  const server = app.listen(0, '127.0.0.1')
  const adapter = serverAdapter(server)
  await once(server, 'listening')
  await ask((server.address() as AddressInfo).port)
  expect(outcomes).toEqual([adapter.draining, expect.stringMatching(advice('response.req'))])
  await adapter.stop(new AbortController())
})

test('Koa: the context, its request and its response lead to the request', async () => {
  const outcomes: Outcome[] = []
  const app = new Koa()
  app.use((ctx) => {
    outcomes.push(...[ctx.req, ctx, ctx.request, ctx.response, ctx.res].map(tryDraining))
    ctx.body = 'hi'
  })
  const server = app.listen(0, '127.0.0.1')
  const adapter = serverAdapter(server)
  await once(server, 'listening')
  await ask((server.address() as AddressInfo).port)
  const context = expect.stringMatching(advice('ctx.req')) as string
  expect(outcomes).toEqual([adapter.draining, context, context, context, expect.stringMatching(advice('response.req'))])
  expect(outcomes[1]).toContain("got Koa's context. Write `draining(ctx.req)`, or `draining(ctx)` of @lastcall/koa")
  await adapter.stop(new AbortController())
})

test('Fastify: the request and the reply lead to the request', async () => {
  const outcomes: Outcome[] = []
  const app = fastify()
  app.get('/', (request, reply) => {
    outcomes.push(...[request.raw, request, reply, reply.raw].map(tryDraining))
    return 'hi'
  })
  const adapter = serverAdapter(app.server)
  await app.listen({ port: 0, host: '127.0.0.1' })
  await ask((app.server.address() as AddressInfo).port)
  expect(outcomes).toEqual([
    adapter.draining,
    expect.stringMatching(advice('request.raw')),
    expect.stringMatching(advice('request.raw')),
    expect.stringMatching(advice('response.req')),
  ])
  await adapter.stop(new AbortController())
  await app.close()
})

test('Hono: the context and both requests lead to the request', async () => {
  const outcomes: Outcome[] = []
  const app = new Hono<{ Bindings: HttpBindings }>()
  app.get('/', (c) => {
    outcomes.push(...[c.env.incoming, c, c.req, c.req.raw].map(tryDraining))
    return c.text('hi')
  })
  const server = createAdaptorServer({ fetch: app.fetch })
  const adapter = serverAdapter(server)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  await ask((server.address() as AddressInfo).port)
  expect(outcomes).toEqual([
    adapter.draining,
    expect.stringMatching(/got Hono's context\. Write `draining\(c\.env\.incoming\)`/),
    expect.stringMatching(/got Hono's request\. Write `draining\(c\.env\.incoming\)`/),
    expect.stringMatching(/got a `Request` of fetch\. Write in Hono `draining\(c\.env\.incoming\)`/),
  ])
  await adapter.stop(new AbortController())
})

/** Makes a module whose handler hands over its request and its response; decorators are called, as no compiler does it here. */
function createModule(seen: (request: unknown, response: unknown) => unknown): new () => object {
  class AppController {
    read(request: unknown, response: unknown): unknown {
      return seen(request, response)
    }
  }
  const { prototype } = AppController
  Req()(prototype, 'read', 0)
  Res({ passthrough: true })(prototype, 'read', 1)
  Get()(prototype, 'read', Object.getOwnPropertyDescriptor(prototype, 'read') as PropertyDescriptor)
  Controller()(AppController)
  class AppModule {
    readonly name = 'app'
  }
  Module({ controllers: [AppController] })(AppModule)
  return AppModule
}

describe('Nest', () => {
  test('on Express: the request is taken', async () => {
    const outcomes: Outcome[] = []
    const module = createModule((request, response) => {
      outcomes.push(...[request, response].map(tryDraining))
      return 'hi'
    })
    const app = await NestFactory.create(module, new ExpressAdapter(), { logger: false })
    const adapter = serverAdapter(app.getHttpServer())
    await app.listen(0, '127.0.0.1')
    await ask((app.getHttpServer().address() as AddressInfo).port)
    expect(outcomes).toEqual([adapter.draining, expect.stringMatching(advice('response.req'))])
    await adapter.stop(new AbortController())
    await app.close()
  })

  test('on Fastify: the request leads to the request of Node', async () => {
    const outcomes: Outcome[] = []
    const module = createModule((request, response) => {
      outcomes.push(...[(request as { raw: unknown }).raw, request, response].map(tryDraining))
      return 'hi'
    })
    const app = await NestFactory.create<NestFastifyApplication>(module, new FastifyAdapter(), { logger: false })
    const adapter = serverAdapter(app.getHttpServer())
    await app.listen(0, '127.0.0.1')
    await ask((app.getHttpServer().address() as AddressInfo).port)
    expect(outcomes).toEqual([
      adapter.draining,
      expect.stringMatching(advice('request.raw')),
      expect.stringMatching(advice('request.raw')),
    ])
    await adapter.stop(new AbortController())
    await app.close()
  })

  test('an execution context leads to the request of its platform', async () => {
    const outcomes: Outcome[] = []
    const app = await NestFactory.create(
      createModule(() => 'hi'),
      new ExpressAdapter(),
      { logger: false },
    )
    app.useGlobalGuards({
      canActivate: (context) => {
        outcomes.push(tryDraining(context), tryDraining(context.switchToHttp().getRequest()))
        return true
      },
    })
    const adapter = serverAdapter(app.getHttpServer())
    await app.listen(0, '127.0.0.1')
    await ask((app.getHttpServer().address() as AddressInfo).port)
    expect(outcomes).toEqual([expect.stringMatching(advice('context.switchToHttp().getRequest()')), adapter.draining])
    await adapter.stop(new AbortController())
    await app.close()
  })
})

describe('a request that a test makes up', () => {
  test('by node-mocks-http is taken', () => {
    expect(tryDraining(createRequest({ method: 'GET', url: '/' }))).toMatchObject({ aborted: false })
    expect(tryDraining(createRequest())).toMatchObject({ aborted: false })
  })

  test('by light-my-request is taken', async () => {
    const outcomes: Outcome[] = []
    const { statusCode } = await inject(
      (request, response) => {
        outcomes.push(tryDraining(request))
        response.end('hi')
      },
      { method: 'GET', url: '/' },
    )
    expect([statusCode, outcomes]).toEqual([200, [expect.objectContaining({ aborted: false })]])
  })

  test('by `inject` of Fastify is taken', async () => {
    const outcomes: Outcome[] = []
    const app = fastify()
    onTestFinished(() => app.close())
    app.get('/', (request) => {
      outcomes.push(tryDraining(request.raw))
      return 'hi'
    })
    await app.inject('/')
    expect(outcomes).toEqual([expect.objectContaining({ aborted: false })])
  })

  test('by `request` of Hono has no request of Node, and the error says where it comes from', async () => {
    const outcomes: Outcome[] = []
    const app = new Hono<{ Bindings: HttpBindings }>()
    app.get('/', (c) => {
      outcomes.push(tryDraining(c), tryDraining(c.env?.incoming))
      return c.text('hi')
    })
    await app.request('/')
    expect(outcomes).toEqual([
      expect.stringMatching(advice('c.env.incoming')),
      expect.stringMatching(/got `undefined`\. Write .*`c\.env\.incoming` in Hono/),
    ])
  })
})
