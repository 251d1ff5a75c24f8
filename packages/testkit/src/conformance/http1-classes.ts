import type { CutRequest } from '@lastcall/http'
import { expect } from 'vitest'
import type { RawClient } from '../raw-client.ts'
import type { StalledTls } from '../stalled-tls.ts'
import { type Service, passTurns, until } from './service.ts'
import type { StageApp } from './stage-app.ts'

/** A connection of a class, and what it takes to move it. */
export interface Scene {
  readonly app: StageApp
  readonly service: Service
  readonly client: RawClient
  /** Its TLS handshake, where that is part of the class. */
  readonly tls: StalledTls | undefined
}

/** What keeps a connection open: the age of a silent one, the time that it has been idle, or the deadline alone. */
export type Bound = 'closeSilentAfter' | 'closeIdleAfter' | 'deadline'

/** A class of connections over HTTP/1. */
export interface Http1Class {
  readonly name: string
  /** Whether its TLS handshake has not come to its end. */
  readonly handshake?: true
  /** Whether it has had a request before. */
  readonly used?: true
  readonly upgraded?: true
  /** Brings a connection into the class. */
  enter(scene: Scene): Promise<unknown>
  /** Does what there is to do on it: client and application come to an end. */
  act(scene: Scene): void
  /** How the bodies of the answers end that come of it. */
  readonly answers: readonly string[]
  /** Whether the head of the answer has left when the class is entered. */
  readonly headersSent?: true
  /** When it is closed if the client is silent. */
  readonly bound: Bound
  /** What is then reported as cut: a request for each answer, or a connection without one. */
  readonly cut?: Partial<CutRequest> | 'connection'
}

const head = 'GET / HTTP/1.1\r\nHost: localhost\r\n\r\n'
const half = 'GET / HT'
const restOfHead = head.slice(half.length)
const unsent = { method: 'GET', path: '/desk', bytesSent: 0, upgraded: false }

const inFlight =
  (requests: string, count = 1) =>
  async ({ client, service }: Scene): Promise<void> => {
    client.send(requests)
    await until(() => service.adapter.inFlight >= count)
    expect(service.adapter.inFlight).toBe(count)
  }

const halfHead = {
  enter: async ({ client }: Scene): Promise<void> => {
    client.send(half)
    await passTurns()
  },
  bound: 'deadline',
  cut: 'connection',
} as const

/** The classes of connections over HTTP/1, as the table in the design has them. */
export const http1Classes: readonly Http1Class[] = [
  {
    name: 'that is silent',
    enter: () => Promise.resolve(),
    act: ({ client }) => client.get('/'),
    answers: ['hi'],
    bound: 'closeSilentAfter',
  },
  { name: 'with half a head', ...halfHead, act: ({ client }) => client.send(restOfHead), answers: ['hi'] },
  {
    name: 'that was used, with half a head',
    used: true,
    ...halfHead,
    act: ({ client }) => client.send(restOfHead),
    answers: ['hi'],
  },
  {
    name: 'with half a head, whose rest comes with two more requests in one piece,',
    ...halfHead,
    act: ({ client }) => client.send(restOfHead + head + head),
    answers: ['hi', 'hi', 'hi'],
  },
  {
    name: 'that is idle',
    used: true,
    enter: () => Promise.resolve(),
    act: ({ client }) => client.get('/'),
    answers: ['hi'],
    bound: 'closeIdleAfter',
  },
  {
    name: 'with a request in flight whose headers are unsent',
    enter: inFlight(head.replace('/', '/desk')),
    act: ({ app }) => app.desk.answer('late'),
    answers: ['late'],
    bound: 'deadline',
    cut: unsent,
  },
  {
    name: 'with a request in flight whose headers are sent',
    enter: async (scene) => {
      await inFlight(head.replace('/', '/sent'))(scene)
      await scene.client.receives(/first\r\n$/)
    },
    act: ({ app }) => app.desk.answer('last'),
    answers: ['first\r\n4\r\nlast\r\n0\r\n\r\n'],
    headersSent: true,
    bound: 'deadline',
    cut: { ...unsent, path: '/sent', bytesSent: expect.any(Number) as number },
  },
  {
    name: 'with an upload in progress',
    enter: inFlight('POST /upload HTTP/1.1\r\nHost: localhost\r\nContent-Length: 6\r\n\r\none'),
    act: ({ client }) => client.send('two'),
    answers: ['got onetwo'],
    bound: 'deadline',
    cut: { ...unsent, method: 'POST', path: '/upload' },
  },
  {
    name: 'with requests behind one another',
    enter: inFlight(head.replace('/', '/desk').repeat(3), 3),
    act: ({ app }) => ['first', 'second', 'third'].forEach((text) => app.desk.answer(text)),
    answers: ['first', 'second', 'third'],
    bound: 'deadline',
    cut: unsent,
  },
  {
    name: 'with an answer that has ended and is not flushed',
    enter: (scene) => {
      scene.client.pause()
      return inFlight(head.replace('/', '/large'))(scene)
    },
    act: ({ client }) => client.resume(),
    answers: ['xwhole'],
    headersSent: true,
    bound: 'deadline',
    cut: { ...unsent, path: '/large', bytesSent: expect.any(Number) as number },
  },
  {
    name: 'that is upgraded',
    upgraded: true,
    enter: ({ client }) => {
      client.send('GET /chat HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: test\r\n\r\n')
      return client.receives(/101 Switching Protocols[^]*\r\n\r\n$/)
    },
    act: ({ client }) => client.end(),
    answers: [],
    bound: 'deadline',
    cut: { ...unsent, path: '/chat', bytesSent: expect.any(Number) as number, upgraded: true },
  },
  {
    name: 'whose TLS handshake has not begun',
    handshake: true,
    enter: () => Promise.resolve(),
    act: ({ client, tls }) => {
      client.get('/')
      tls?.goOn()
    },
    answers: ['hi'],
    bound: 'closeSilentAfter',
  },
  {
    name: 'of which half a ClientHello has come',
    handshake: true,
    enter: async ({ tls }) => {
      tls?.begin()
      await passTurns()
    },
    act: ({ client, tls }) => {
      client.get('/')
      tls?.goOn()
    },
    answers: ['hi'],
    bound: 'deadline',
    cut: 'connection',
  },
]
