// No password of a client, of a configuration or of an error is printed: not by a logger, a report, an error or a trace.
// The fixtures pass each line of Lastcall to console, pino and winston, and print reports, errors and traces themselves.
import { randomBytes } from 'node:crypto'
import { freePort, type Program } from '@lastcall/testkit'
import { describe, expect, test } from 'vitest'
import { startMosquitto } from './mosquitto.ts'
import { databaseUrl, noPostgres } from './postgres.ts'
import { startRedis } from './redis.ts'
import { type Cleanup, named, programMissing, start } from './start.ts'

const noRedis = programMissing('redis-server')
const noMosquitto = programMissing('mosquitto')

function makeSecret(): string {
  return `SECRET-${randomBytes(9).toString('hex')}`
}

/** The lines of an output that contain a secret: as text, by its bytes, or encoded. */
function leaks(output: string, secret: string): string[] {
  const bytes = Buffer.from(secret)
  const hex = bytes.toString('hex')
  const forms = [
    secret,
    encodeURIComponent(secret),
    bytes.toString('base64'),
    bytes.join(','),
    bytes.join(', '),
    hex,
    hex.replaceAll(/..(?!$)/g, '$& '),
  ]
  const lines = output
    .split('\n')
    .filter((line) => forms.some((form) => line.toLowerCase().includes(form.toLowerCase())))
  return lines.map((line) => line.slice(0, 160))
}

async function ended(program: Program, secret: string): Promise<{ code: number | null; output: string }> {
  const { code } = await program.exit
  const { output } = program
  expect(leaks(output, secret)).toEqual([])
  return { code, output }
}

/** The errors that the JSON logger has printed. */
function loggedErrors(output: string): string {
  const lines = output.split('\n').filter((line) => line.startsWith('{"level":"error","message":"'))
  return lines.map((line) => (JSON.parse(line) as { message: string }).message).join('\n')
}

interface Connection {
  readonly client: string
  /** Starts a server, and resolves to its address with the password; or one where nothing listens. */
  readonly server: (cleanup: Cleanup) => Promise<string>
  readonly missing?: string | undefined
  /** Patterns of the output that is useful all the same. */
  readonly prints?: readonly RegExp[]
}

/** An address at which nothing listens. */
function refused(scheme: string): () => Promise<string> {
  return async () => `${scheme}://app:${makeSecret()}@127.0.0.1:${await freePort()}/orders`
}

const postgres = {
  server: async (): Promise<string> => databaseUrl ?? '',
  missing: noPostgres,
}
const redis = { server: (cleanup: Cleanup) => startRedis(cleanup, makeSecret()), missing: noRedis }
const mosquitto = { server: (cleanup: Cleanup) => startMosquitto(cleanup, makeSecret()), missing: noMosquitto }

describe('a client that connects', () => {
  const connections: Connection[] = [
    { client: 'typeorm', ...postgres },
    { client: 'sequelize.authenticate', ...postgres },
    { client: 'sequelize.sync', ...postgres },
    { client: 'pg.Pool', ...postgres },
    { client: 'pg.Client', ...postgres },
    { client: 'ioredis', ...redis, prints: [/database .*OK/] },
    { client: 'mqtt', ...mosquitto },
    // Debian has no MongoDB. The hook returns a connection object that has not connected.
    { client: 'mongoose.connection', server: refused('mongodb') },
  ]
  for (const { client, server, missing, prints = [] } of connections) {
    test.skipIf(missing).concurrent(named(`${client} prints no password`, missing), async (context) => {
      const address = await server(context)
      const program = start('clients-with-a-password', context, { env: { CLIENT: client, SERVER: address } })
      const { code, output } = await ended(program, new URL(address).password)
      for (const pattern of [/^database: started$/m, /stopped by a test/, ...prints]) expect(output).toMatch(pattern)
      expect(code).toBe(0)
    })
  }
})

/** A broker with another password. */
async function wrongMqttPassword(cleanup: Cleanup): Promise<string> {
  const url = new URL(await startMosquitto(cleanup, makeSecret()))
  url.password = makeSecret()
  return url.href
}

/** A Redis with another password: the error of ioredis contains the command with the wrong one. */
async function wrongRedisPassword(cleanup: Cleanup): Promise<string> {
  const url = new URL(await startRedis(cleanup))
  url.password = makeSecret()
  return url.href
}

describe('a client that fails to connect prints its error, and no password', () => {
  const connections: Connection[] = [
    { client: 'typeorm', server: refused('postgres'), prints: [/ECONNREFUSED/] },
    {
      client: 'sequelize.authenticate',
      server: refused('postgres'),
      prints: [/ConnectionRefusedError/, /ECONNREFUSED/],
    },
    { client: 'sequelize.sync', server: refused('postgres'), prints: [/ConnectionRefusedError/, /ECONNREFUSED/] },
    { client: 'pg.Pool', server: refused('postgres'), prints: [/ECONNREFUSED/] },
    { client: 'pg.Client', server: refused('postgres'), prints: [/ECONNREFUSED/] },
    { client: 'mongoose', server: refused('mongodb'), prints: [/ServerSelectionError/, /ECONNREFUSED/] },
    { client: 'mqtt', server: refused('mqtt'), prints: [/ECONNREFUSED/] },
    { client: 'mqtt', server: wrongMqttPassword, missing: noMosquitto, prints: [/Not authorized/] },
    { client: 'ioredis', server: refused('redis'), prints: [/Connection is closed/] },
    { client: 'ioredis.auth', server: wrongRedisPassword, missing: noRedis, prints: [/WRONGPASS/] },
    {
      client: 'axios, at the start',
      server: refused('http'),
      prints: [/AxiosError/, /status code 500/, /ERR_BAD_RESPONSE/],
    },
  ]
  for (const [index, { client, server, missing, prints = [] }] of connections.entries()) {
    test.skipIf(missing).concurrent(named(`${index + 1}: ${client}`, missing), async (context) => {
      const address = await server(context)
      const program = start('clients-with-a-password', context, { env: { CLIENT: client, SERVER: address } })
      const { code, output } = await ended(program, new URL(address).password)
      const logged = loggedErrors(output)
      for (const pattern of [/^database: start failed: .+\n(?:.*\n)*? +at /, ...prints]) expect(logged).toMatch(pattern)
      expect(code).toBe(1)
    })
  }

  test.concurrent('axios, at the stop', async (context) => {
    const address = await refused('http')()
    const env = { CLIENT: 'axios, at the stop', SERVER: address }
    const { code, output } = await ended(start('clients-with-a-password', context, { env }), new URL(address).password)
    expect(loggedErrors(output)).toMatch(
      /^database: stop failed: AxiosError(?: \[ERR_BAD_RESPONSE\])?: Request failed with status code 500\n +at /m,
    )
    expect(code).toBe(1)
  })
})

test.concurrent.for([
  ['start', []],
  // The report, which prints as its picture.
  ['stop', ['object']],
  ['hook', ['string']],
] as const)('the channel lastcall:%s publishes %j as its results', async ([kind, types], context) => {
  const secret = makeSecret()
  const program = start('values-with-a-secret', context, { env: { SECRET: secret } })
  await program.exit
  expect(program.output).not.toContain(secret)
  const kinds = [...program.output.matchAll(/^trace (\w+) \w+: result is a (\w+)$/gm)].filter(
    (match) => match[1] === kind,
  )
  expect([...new Set(kinds.map(([, , type]) => type))]).toEqual(types)
})

test.concurrent('what a hook returns is printed only where it is text', async (context) => {
  const secret = makeSecret()
  const { code, output } = await ended(start('values-with-a-secret', context, { env: { SECRET: secret } }), secret)
  expect(output).toMatch(/^map: started$/m)
  expect(output).toMatch(/^text: listening on port 80$/m)
  expect(output).toMatch(/^own text: 3 tasks finished$/m)
  expect(output).toMatch(/^ {2}text .*7 requests finished$/m)
  expect(code).toBe(0)
})

describe('an error is printed by its stack, and by those of its cause and members', () => {
  const errors = [
    { error: 'properties', texts: ['ClientError [ECLIENT]: cannot connect'] },
    { error: 'cause', texts: ['Error: cannot connect', 'ClientError [ECLIENT]: refused'] },
    { error: 'plain cause', texts: ['Error: cannot connect'] },
    {
      error: 'members',
      texts: [
        'AggregateError: cannot connect',
        'ClientError [ECLIENT]: refused',
        'ClientError [ECLIENT]: refused again',
      ],
    },
    { error: 'plain members', texts: ['AggregateError: cannot connect'] },
    { error: 'a cycle', texts: ['ClientError [ECLIENT]: cannot connect', 'ClientError [ECLIENT]: refused'] },
    { error: 'inspect', texts: ['ClientError [ECLIENT]: cannot connect'] },
    { error: 'toJSON', texts: ['ClientError [ECLIENT]: cannot connect'] },
    { error: 'plain object', texts: [] },
    { error: 'array', texts: [] },
    { error: 'map', texts: [] },
    { error: 'buffer', texts: [] },
    { error: 'function', texts: [] },
  ]
  const places = [
    { place: 'start', line: /^database: start failed: /m },
    { place: 'stop', line: /^database: stop failed: /m },
    { place: 'rejection', line: /^unhandled rejection: /m },
    { place: 'exception', line: /uncaught|Error: cannot connect/i },
    { place: 'report', line: /^StartError: / },
    { place: 'dispose', line: /^StopError: / },
  ]
  // Every error at the start, and two in every place.
  const cases = places.flatMap(({ place, line }) =>
    errors
      .filter(({ error }) => place === 'start' || error === 'cause' || error === 'plain object')
      .map(({ error, texts }) => ({ error, texts, place, line })),
  )
  test.concurrent.for(cases)('$error, thrown in $place', async ({ error, texts, place, line }, context) => {
    const secret = makeSecret()
    const env = { SECRET: secret, ERROR: error, PLACE: place }
    const { code, output } = await ended(start('errors-with-a-secret', context, { env }), secret)
    expect(output).toMatch(line)
    const isLogged = place !== 'report' && place !== 'dispose'
    const printed = isLogged ? loggedErrors(output) : output
    for (const text of texts) expect(printed).toContain(isLogged ? text : 'cannot connect')
    if (texts.length > 0 && isLogged) expect(printed).toMatch(/^ +at .*errors-with-a-secret\.js:\d+:\d+/m)
    expect(code).toBe(isLogged ? 1 : 0)
  })
})

test.concurrent('without a logger, Node.js prints the error of the start without its properties', async (context) => {
  const secret = makeSecret()
  const program = start('fails-to-start-without-a-logger', context, { env: { SECRET: secret } })
  const { code, output } = await ended(program, secret)
  expect(output).toMatch(/StartError[^]*cannot connect[^]*refused/)
  expect(code).toBe(1)
})
