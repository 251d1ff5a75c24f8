import { describe } from '@lastcall/core'
import type { IncomingMessage } from 'node:http'
import type { Http2ServerRequest, ServerHttp2Stream } from 'node:http2'

/** A request as node:http, node:https and node:http2 have it; over HTTP/2 its stream, too. */
export type DrainableRequest = IncomingMessage | Http2ServerRequest | ServerHttp2Stream

/** Something that is passed in place of a request, and how the request is reached from it. */
interface Mistake {
  readonly name: string
  readonly is: (value: unknown) => boolean
  /** What to write, for a call of a function by this name. */
  readonly write: (call: string) => string
}

/** The most specific first. */
const mistakes: readonly Mistake[] = [
  {
    name: "Hono's context",
    is: (value) => isFetchRequest(at(value, 'req', 'raw')),
    write: (call) => `\`${call}(c.env.incoming)\``,
  },
  {
    name: "Hono's request",
    is: (value) => isFetchRequest(at(value, 'raw')),
    write: (call) => `\`${call}(c.env.incoming)\``,
  },
  {
    name: 'a `Request` of srvx',
    is: (value) => isRequest(at(value, 'runtime', 'node', 'req')),
    write: (call) => `\`${call}(request.runtime.node.req)\``,
  },
  {
    name: 'a `Request` of fetch',
    is: isFetchRequest,
    write: (call) => `in Hono \`${call}(c.env.incoming)\`, elsewhere \`${call}\` of the request of node:http`,
  },
  {
    name: "Fastify's reply",
    is: (value) => isRequest(at(value, 'request', 'raw')),
    write: (call) => `\`${call}(request.raw)\``,
  },
  {
    name: "Fastify's request",
    is: (value) => isRequest(at(value, 'raw')),
    write: (call) => `\`${call}(request.raw)\``,
  },
  {
    name: "hapi's request",
    is: (value) => isRequest(at(value, 'raw', 'req')),
    write: (call) => `\`${call}(request.raw.req)\``,
  },
  {
    name: "Koa's context",
    is: (value) => isRequest(at(value, 'req')) && isObject(at(value, 'app')) && isObject(at(value, 'response')),
    write: (call) => `\`${call}(ctx.req)\`, or \`${call}(ctx)\` of @lastcall/koa`,
  },
  {
    name: "Koa's request or response",
    is: (value) => isRequest(at(value, 'req')) && isObject(at(value, 'ctx')),
    write: (call) => `\`${call}(ctx.req)\`, or \`${call}(ctx)\` of @lastcall/koa`,
  },
  {
    name: 'a response',
    is: (value) => isRequest(at(value, 'req')) && typeof at(value, 'writeHead') === 'function',
    write: (call) => `\`${call}(response.req)\``,
  },
  {
    name: "Nest's context",
    is: (value) => typeof at(value, 'switchToHttp') === 'function',
    write: (call) => {
      const request = 'context.switchToHttp().getRequest()'
      return `\`${call}(${request})\` on Express, \`${call}(${request}.raw)\` on Fastify`
    },
  },
  {
    name: "h3's event",
    is: (value) => isRequest(at(value, 'node', 'req')),
    write: (call) => `\`${call}(event.node.req)\``,
  },
  {
    name: 'an object with `req`',
    is: (value) => isRequest(at(value, 'req')),
    write: (call) => `\`${call}\` of its \`req\``,
  },
  {
    name: 'an object with `request`',
    is: (value) => isRequest(at(value, 'request')),
    write: (call) => `\`${call}\` of its \`request\``,
  },
]

/**
 * Checks that a value is a request: one of a server, or one that a test has made.
 *
 * @param call - The name of the function that it was given to.
 * @throws TypeError that contains the expression to write, where the value is known.
 */
export function expectRequest(call: string, value: unknown): asserts value is DrainableRequest {
  if (isRequest(value) || isStream(value)) return
  const mistake = mistakes.find(({ is }) => is(value))
  const [got, advice] = mistake
    ? [mistake.name, mistake.write(call)]
    : [
        describe(value),
        '`request` in Express and node:http, `ctx.req` in Koa, `request.raw` in Fastify, `c.env.incoming` in Hono',
      ]
  throw new TypeError(
    `Expected \`request\` of \`${call}\` to be a request of node:http or node:http2, got ${got}. Write ${advice}`,
  )
}

/**
 * Tests take requests that are of no class of Node's. All of these emit events, which the contexts and requests of frameworks do
 * not, and responses have no URL.
 */
function isRequest(value: unknown): boolean {
  return (
    typeof at(value, 'on') === 'function' &&
    isObject(at(value, 'headers')) &&
    has(value, 'method') &&
    has(value, 'url') &&
    // A client of node:http gets a response of the same class.
    typeof at(value, 'statusCode') !== 'number'
  )
}

function isStream(value: unknown): boolean {
  return typeof at(value, 'respond') === 'function' && has(value, 'session')
}

function isFetchRequest(value: unknown): boolean {
  return typeof at(value, 'headers', 'get') === 'function' && typeof at(value, 'arrayBuffer') === 'function'
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null
}

function has(value: unknown, key: string): boolean {
  return isObject(value) && key in value
}

/** What is found in a value on a path. A getter may throw. */
function at(value: unknown, ...path: readonly string[]): unknown {
  try {
    return path.reduce<unknown>((found, key) => (isObject(found) ? Reflect.get(found, key) : undefined), value)
  } catch {
    return undefined
  }
}
