import { describe, expect, test } from 'vitest'
import { describeResources, type LibuvHandle } from '../src/open-resources.ts'

function handle(type: string, facts: Partial<LibuvHandle> = {}): LibuvHandle {
  return { type, is_active: true, is_referenced: true, ...facts }
}

const database = {
  localEndpoint: { host: '127.0.0.1', port: 40_696 },
  remoteEndpoint: { host: '10.0.0.7', port: 5432 },
}

describe('what holds a process open', () => {
  test('is told by kind, with its count', () => {
    const active = ['Timeout', 'Immediate', 'Timeout', 'FSReqPromise', 'FSReqCallback', 'GetAddrInfoReqWrap']
    expect(describeResources(active, [])).toBe('2 timers, 1 immediate, 2 file operations, 1 DNS lookup')
  })

  test('is nothing where there is nothing', () => {
    expect(describeResources([], [])).toBe('')
    expect(describeResources([], undefined)).toBe('')
  })

  test.each<[string, LibuvHandle]>([
    ['1 TCP socket (port 40696 to 10.0.0.7:5432)', handle('tcp', database)],
    ['1 TCP socket (to [::1]:80)', handle('tcp', { localEndpoint: null, remoteEndpoint: { host: '::1', port: 80 } })],
    ['1 TCP server (on [::]:80)', handle('tcp', { localEndpoint: { host: '::', port: 80 }, remoteEndpoint: null })],
    ['1 UDP socket (on 0.0.0.0:53)', handle('udp', { localEndpoint: { host: '0.0.0.0', port: 53 } })],
    ['1 pipe (on /run/app.sock)', handle('pipe', { localEndpoint: null, remoteEndpoint: '/run/app.sock' })],
    ['1 pipe', handle('pipe', { localEndpoint: null, remoteEndpoint: null })],
    ['1 pipe (stdin)', handle('pipe', { stdio: 'stdin', localEndpoint: null, remoteEndpoint: null })],
    [
      '1 pipe (stdout, 2,097,156 bytes unread)',
      handle('pipe', { stdio: 'stdout', is_active: false, writeQueueSize: 2_097_156 }),
    ],
    ['1 pipe (20 bytes unread)', handle('pipe', { writeQueueSize: 20 })],
    ['1 child process (pid 42)', handle('process', { pid: 42 })],
    ['1 file watcher (/etc/app.json)', handle('fs_event', { filename: '/etc/app.json' })],
    ['1 worker thread, message port or native addon', handle('async')],
    ['1 something_new', handle('something_new')],
  ])('is told as %s', (text, of) => {
    expect(describeResources([], [of])).toBe(text)
  })

  test('is not what is inactive, unreferenced, or the loop itself', () => {
    const handles = [
      handle('tcp', { ...database, is_active: false }),
      handle('async', { is_referenced: false }),
      handle('loop'),
      handle('idle'),
    ]
    expect(describeResources([], handles)).toBe('')
  })

  test('is told once: where libuv tells of a handle, Node need not', () => {
    expect(
      describeResources(['TCPSocketWrap', 'PipeWrap', 'MessagePort', 'WriteWrap'], [handle('tcp', database)]),
    ).toBe('1 TCP socket (port 40696 to 10.0.0.7:5432)')
  })

  test('is told as Node calls it where libuv does not tell, or nobody has a better word', () => {
    expect(describeResources(['TCPSocketWrap', 'TCPSocketWrap', 'Zlib'], undefined)).toBe('2 TCPSocketWrap, 1 Zlib')
  })

  test('is told one by one up to five of a kind', () => {
    const handles = [1, 2, 3, 4, 5, 6, 7].map((pid) => handle('process', { pid }))
    expect(describeResources([], handles)).toBe('7 child processes (pid 1; pid 2; pid 3; pid 4; pid 5; 2 more)')
  })

  test('is, for timers, told with when the next one may be due', () => {
    const [due, overdue] = [800, -3].map((firesInMsFromNow) => handle('timer', { firesInMsFromNow })) as [
      LibuvHandle,
      LibuvHandle,
    ]
    expect(describeResources(['Timeout', 'Timeout'], [due])).toBe('2 timers (due in 0.80 s or later)')
    expect(describeResources(['Timeout'], [overdue])).toBe('1 timer')
    expect(describeResources([], [due])).toBe('')
  })
})
