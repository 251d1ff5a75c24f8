import { EventEmitter } from 'node:events'
import { IncomingMessage, ServerResponse } from 'node:http'
import { Socket } from 'node:net'
import { describe, expect, test } from 'vitest'
import { draining, onDrain } from '../src/index.ts'

const request = new IncomingMessage(new Socket())
const response = new ServerResponse(request)
const fetchRequest = new Request('http://localhost/')

const calls = {
  draining: (value: unknown) => draining(value as never),
  onDrain: (value: unknown) => onDrain(value as never, () => {}),
}

describe.each(Object.entries(calls))('%s', (name, call) => {
  test.each<[string, unknown, string]>([
    [
      "Hono's context",
      { env: { incoming: request }, req: { raw: fetchRequest } },
      `Hono's context. Write \`${name}(c.env.incoming)\``,
    ],
    [
      "Hono's context in a test",
      { env: undefined, req: { raw: fetchRequest } },
      `Hono's context. Write \`${name}(c.env.incoming)\``,
    ],
    ["Hono's request", { raw: fetchRequest }, `Hono's request. Write \`${name}(c.env.incoming)\``],
    ['a Request of fetch', fetchRequest, `a \`Request\` of fetch. Write in Hono \`${name}(c.env.incoming)\``],
    [
      'a Request of srvx',
      Object.assign(new Request('http://localhost/'), { runtime: { node: { req: request } } }),
      `a \`Request\` of srvx. Write \`${name}(request.runtime.node.req)\``,
    ],
    ["Fastify's request", { raw: request }, `Fastify's request. Write \`${name}(request.raw)\``],
    ["Fastify's reply", { request: { raw: request } }, `Fastify's reply. Write \`${name}(request.raw)\``],
    ["hapi's request", { raw: { req: request } }, `hapi's request. Write \`${name}(request.raw.req)\``],
    [
      "Koa's context",
      { req: request, app: new EventEmitter(), response: {} },
      `Koa's context. Write \`${name}(ctx.req)\`, or \`${name}(ctx)\` of @lastcall/koa`,
    ],
    [
      "Koa's request",
      { req: request, ctx: {} },
      `Koa's request or response. Write \`${name}(ctx.req)\`, or \`${name}(ctx)\` of @lastcall/koa`,
    ],
    ['a response', response, `a response. Write \`${name}(response.req)\``],
    [
      "Nest's context",
      { switchToHttp: () => {} },
      `Nest's context. Write \`${name}(context.switchToHttp().getRequest())\` on Express`,
    ],
    ["h3's event", { node: { req: request } }, `h3's event. Write \`${name}(event.node.req)\``],
    ['a context of GraphQL', { req: request }, `an object with \`req\`. Write \`${name}\` of its \`req\``],
    ['an object', { request }, `an object with \`request\`. Write \`${name}\` of its \`request\``],
    ['nothing', undefined, 'got `undefined`. Write `request` in Express and node:http, `ctx.req` in Koa'],
    ['null', null, 'got `null`. Write'],
    ['a string', '/path', 'got the string `"/path"`. Write'],
    ['an empty object', {}, 'got an object of `Object`. Write'],
    ['an emitter', new EventEmitter(), 'got an object of `EventEmitter`. Write'],
    ['a socket', new Socket(), 'got an object of `Socket`. Write'],
    [
      'the answer to a request of a client',
      Object.assign(new IncomingMessage(new Socket()), { statusCode: 200 }),
      'got an object of `IncomingMessage`. Write',
    ],
    [
      'an object whose getters throw',
      {
        get req(): never {
          throw new Error('not here')
        },
      },
      'got an object of `Object`. Write',
    ],
  ])('refuses %s', (_what, value, message) => {
    expect(() => call(value)).toThrow(TypeError)
    expect(() => call(value)).toThrow(
      `Expected \`request\` of \`${name}\` to be a request of node:http or node:http2, got`,
    )
    expect(() => call(value)).toThrow(message)
  })

  test.each<[string, object]>([
    ['a request of Node without a server', new IncomingMessage(new Socket())],
    ['an emitter with what a request has', Object.assign(new EventEmitter(), { method: 'GET', url: '/', headers: {} })],
    [
      'one with a socket that is none',
      Object.assign(new EventEmitter(), { method: 'GET', url: '/', headers: {}, socket: {} }),
    ],
    [
      'one whose stream has no session',
      Object.assign(new EventEmitter(), { method: 'GET', url: '/', headers: {}, stream: {} }),
    ],
  ])('takes %s, as a test makes it', (_what, value) => {
    const made = call(value)
    if (made instanceof AbortSignal) expect(made.aborted).toBe(false)
    else made[Symbol.dispose]()
  })
})
