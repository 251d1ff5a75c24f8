import { createServer } from 'node:http'
import { Lifecycle } from '@lastcall/core'
import { describe, expect, test } from 'vitest'
import { appAdapter, ProbeResponder, probes, probeServer, serverAdapter } from '../src/index.ts'

const lifecycle = new Lifecycle()
const probeNames = '`livez`, `readyz`, `cache`, `timeout`, `verbose`'
const adapterNames =
  '`name`, `timeout`, `listen`, `stopDelay`, `closeIdleAfter`, `closeSilentAfter`, `lateRequests`, `eventStreams`, `webSockets`'

/** Each object with options, with a key that is misspelt. */
const typos: readonly [name: string, call: (options: never) => unknown, options: object, message: string][] = [
  [
    'serverAdapter',
    (options) => serverAdapter(createServer(), options),
    { stopDelays: 1 },
    `\`options\` to have only ${adapterNames}, \`route\`, \`target\`, got \`stopDelays\``,
  ],
  [
    'serverAdapter',
    (options) => serverAdapter(createServer(), options),
    { stopDelay: { quite: 1, max: 5 } },
    '`stopDelay` to have only `min`, `quiet`, `max`, got `quite`',
  ],
  [
    'serverAdapter',
    (options) => serverAdapter(createServer(), options),
    { listen: { prot: 8089 } },
    '`listen` to have only `port`, `host`, `path`, `fd`, `backlog`, `exclusive`, `readableAll`, `writableAll`, `ipv6Only`, `reusePort`, `signal`, got `prot`',
  ],
  [
    'appAdapter',
    (options) => appAdapter({ listener: () => {} }, options),
    { sever: createServer() },
    `\`options\` to have only ${adapterNames}, \`server\`, got \`sever\``,
  ],
  [
    'appAdapter',
    (options) => appAdapter({ listener: () => {} }, options),
    { route: () => '/' },
    `\`options\` to have only ${adapterNames}, \`server\`, got \`route\``,
  ],
  [
    'probes',
    (options) => probes(lifecycle, options),
    { ready: '/ready' },
    `\`options\` to have only ${probeNames}, \`handler\`, got \`ready\``,
  ],
  [
    'ProbeResponder',
    (options) => new ProbeResponder(lifecycle, options),
    { handler: () => {} },
    `\`options\` to have only ${probeNames}, got \`handler\``,
  ],
  [
    'probeServer',
    (options) => probeServer(lifecycle, options),
    { port: 0, hosts: 'localhost' },
    `\`options\` to have only ${probeNames}, \`name\`, \`port\`, \`host\`, got \`hosts\``,
  ],
]

test.each(typos)(
  '%s refuses a key that it does not know, and lists those that it knows: %#',
  (_name, call, options, message) => {
    expect(() => call(options as never)).toThrow(new TypeError(`Expected ${message}`))
  },
)

test('a server is left alone by options that are refused', () => {
  const server = createServer()
  const before = server.eventNames()
  expect(() => serverAdapter(server, { listen: { prot: 8089 } as never })).toThrow(TypeError)
  expect(server.eventNames()).toEqual(before)
})

describe('the option listen', () => {
  test('refuses an array', () => {
    expect(() => serverAdapter(createServer(), { listen: [8089] as never })).toThrow(
      'Expected `listen` to be a port, the path of a pipe, or an object, got an array of 1',
    )
  })

  test('takes all that Node takes', () => {
    const { signal } = new AbortController()
    serverAdapter(createServer(), {
      listen: { port: 0, host: '::1', backlog: 5, exclusive: true, ipv6Only: true, reusePort: false, signal },
    })
    serverAdapter(createServer(), { listen: { path: '/run/service', readableAll: true, writableAll: true } })
    serverAdapter(createServer(), { listen: { fd: 3 } })
  })
})
