import { expect, test } from 'vitest'
import { DrainReport } from '../src/drain/drain-report.ts'

const nothing = {
  finished: 0,
  unfinished: 0,
  refused: 0,
  cut: 0,
  cutUpgraded: 0,
  cutRequests: [],
  cutConnections: 0,
  webSocketsClosed: 0,
  webSocketsTerminated: 0,
}

test.each([
  [undefined, 'partly sent'],
  [0, 'answered 503'],
  [1_234, '1,234 bytes sent'],
])('a request that was cut after %s bytes is told as %s', (bytesSent, text) => {
  const request = { method: 'GET', path: '/slow', age: 52, bytesSent, upgraded: false }
  const report = new DrainReport({ ...nothing, cut: 1, cutRequests: [request] })
  expect(String(report)).toBe(`0 requests finished, 1 cut\ncut after 52 ms: GET /slow, ${text}`)
})

test.each([
  [1, 0, ', 1 WebSocket closed'],
  [3, 0, ', 3 WebSockets closed'],
  [0, 1, ', 1 WebSocket terminated'],
  [12, 2, ', 12 WebSockets closed, 2 WebSockets terminated'],
])('%d WebSockets that were closed and %d that were terminated are counted', (closed, terminated, text) => {
  const report = new DrainReport({ ...nothing, webSocketsClosed: closed, webSocketsTerminated: terminated })
  expect(String(report)).toBe(`0 requests finished, 0 cut${text}`)
})
