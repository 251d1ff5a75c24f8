/** A library, or a framework, that is to stop a server. */
export interface Peer {
  /** Its name on npm, or what it is. */
  readonly name: string
  /** Its recipe, a file in `recipes`. */
  readonly recipe: string
  /** The packages that are installed for it; none where it is part of Node.js. */
  readonly packages: readonly string[]
  /** Whether it says that it takes servers of HTTP/2. */
  readonly http2: boolean
}

export const peers: readonly Peer[] = [
  { name: 'Lastcall', recipe: 'lastcall', packages: ['@lastcall/core', '@lastcall/http'], http2: true },
  { name: 'plain Node.js', recipe: 'plain-node', packages: [], http2: true },
  { name: 'http-terminator', recipe: 'http-terminator', packages: ['http-terminator'], http2: false },
  { name: 'lil-http-terminator', recipe: 'lil-http-terminator', packages: ['lil-http-terminator'], http2: false },
  { name: 'stoppable', recipe: 'stoppable', packages: ['stoppable'], http2: false },
  {
    name: 'http-graceful-shutdown',
    recipe: 'http-graceful-shutdown',
    packages: ['http-graceful-shutdown'],
    http2: true,
  },
  { name: '@godaddy/terminus', recipe: 'terminus', packages: ['@godaddy/terminus'], http2: false },
  { name: 'close-with-grace', recipe: 'close-with-grace', packages: ['close-with-grace'], http2: true },
  {
    name: '@gquittet/graceful-server',
    recipe: 'graceful-server',
    packages: ['@gquittet/graceful-server'],
    http2: true,
  },
  { name: 'http-shutdown', recipe: 'http-shutdown', packages: ['http-shutdown'], http2: false },
  { name: 'fastify', recipe: 'fastify', packages: ['fastify'], http2: true },
]
