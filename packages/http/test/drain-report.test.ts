import { expect, test } from 'vitest'
import { DrainReport } from '../src/drain/drain-report.ts'

const nothing = { finished: 0, unfinished: 0, refused: 0, cut: 0, cutUpgraded: 0, cutRequests: [], cutConnections: 0 }

test.each([
  [undefined, 'partly sent'],
  [0, 'answered 503'],
  [1_234, '1,234 bytes sent'],
])('a request that was cut after %s bytes is told as %s', (bytesSent, text) => {
  const request = { method: 'GET', path: '/slow', age: 52, bytesSent, upgraded: false }
  const report = new DrainReport({ ...nothing, cut: 1, cutRequests: [request] })
  expect(String(report)).toBe(`0 requests finished, 1 cut\ncut after 52 ms: GET /slow, ${text}`)
})
