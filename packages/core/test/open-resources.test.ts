import { describe, expect, test } from 'vitest'
import { describeResources } from '../src/open-resources.ts'

class Socket {
  readonly localPort: number | undefined
  readonly remoteAddress: string | undefined
  readonly remotePort: number | undefined

  constructor(facts: Partial<Socket> = {}) {
    this.localPort = facts.localPort
    this.remoteAddress = facts.remoteAddress
    this.remotePort = facts.remotePort
  }
}

const database = new Socket({ localPort: 40_696, remoteAddress: '10.0.0.7', remotePort: 5432 })

/** An object of a class of which only the name is known. */
function named(name: string): object {
  return Object.create({ constructor: { name } }) as object
}

function server(address: unknown): object {
  return { listening: true, address: () => address }
}

describe('what holds a process open', () => {
  test('is told by kind, with its count', () => {
    const kinds = ['Timeout', 'Immediate', 'Timeout', 'FSReqPromise', 'FSReqCallback', 'GetAddrInfoReqWrap']
    expect(describeResources(kinds, [])).toBe('2 timers, 1 immediate, 2 file operations, 1 DNS lookup')
  })

  test('is nothing where there is nothing', () => {
    expect(describeResources([], [])).toBe('')
    expect(describeResources([], undefined)).toBe('')
  })

  test.each<[string, object]>([
    ['1 TCP socket (port 40696 to 10.0.0.7:5432)', database],
    ['1 TCP socket (port 80 to [::1]:81)', new Socket({ localPort: 80, remoteAddress: '::1', remotePort: 81 })],
    ['1 pipe', new Socket()],
    ['1 server (on [::]:80)', server({ address: '::', port: 80 })],
    ['1 server (on /run/app.sock)', server('/run/app.sock')],
    ['1 server', server(null)],
    ['1 UDP socket (on 0.0.0.0:53)', { bind: () => {}, address: () => ({ address: '0.0.0.0', port: 53 }) }],
    ['1 child process (/usr/bin/tail, pid 42)', { pid: 42, spawnfile: '/usr/bin/tail' }],
    ['1 file watcher', named('FSWatcher')],
    ['1 SomethingNew', named('SomethingNew')],
    ['1 pipe', Object.create(null) as object],
  ])('is told as %s', (text, handle) => {
    expect(describeResources([], [handle])).toBe(text)
  })

  test('is told once: where there is the object behind a handle, its kind is not counted besides', () => {
    expect(describeResources(['TCPSocketWrap', 'PipeWrap', 'Timeout'], [database])).toBe(
      '1 timer, 1 TCP socket (port 40696 to 10.0.0.7:5432)',
    )
  })

  test('is told by kind alone where the objects are not known, and as Node calls what nobody has a better word for', () => {
    const kinds = ['TCPSocketWrap', 'TCPSocketWrap', 'TCPServerWrap', 'PipeWrap', 'Zlib', '__proto__', 'constructor']
    expect(describeResources(kinds, undefined)).toBe(
      '2 TCP sockets, 1 server, 1 pipe, 1 Zlib, 1 __proto__, 1 constructor',
    )
  })

  test('is told one by one up to five of a kind', () => {
    const handles = [1, 2, 3, 4, 5, 6, 7].map((pid) => ({ pid, spawnfile: 'a' }))
    expect(describeResources([], handles)).toBe(
      '7 child processes (a, pid 1; a, pid 2; a, pid 3; a, pid 4; a, pid 5; 2 more)',
    )
  })
})
