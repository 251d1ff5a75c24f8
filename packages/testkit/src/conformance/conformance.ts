import { describe } from 'vitest'
import { endlessCases } from './endless-cases.ts'
import { eventStreamCases, http2EventStreamCases } from './event-stream-cases.ts'
import { http1ApplicationCases } from './http1-application-cases.ts'
import { http1ConnectionCases } from './http1-connection-cases.ts'
import { http1ForceCases } from './http1-force-cases.ts'
import { http1LateCases } from './http1-late-cases.ts'
import { http1OddCases } from './http1-odd-cases.ts'
import { http1WireCases } from './http1-wire-cases.ts'
import { http2Cases } from './http2-cases.ts'
import { http2OddCases } from './http2-odd-cases.ts'
import { http2StageCases } from './http2-stage-cases.ts'
import type { Kind } from './kind.ts'
import { lateCases } from './late-cases.ts'
import { listenerCases } from './listener-cases.ts'
import { onDrainCases } from './on-drain-cases.ts'
import { promptnessCases } from './promptness-cases.ts'
import { stageCases } from './stage-cases.ts'
import { stillClock } from './still-clock.ts'
import { stopDelayCases } from './stop-delay-cases.ts'
import { tlsCases } from './tls-cases.ts'
import { unusedCases } from './unused-cases.ts'
import { upgradeCases } from './upgrade-cases.ts'

/**
 * Declares the cases that every adapter has to pass, for one kind of server.
 *
 * @example
 * conformance({
 *   name: 'http',
 *   protocols: ['HTTP/1'],
 *   create: (handler, options) => {
 *     const server = createServer(handler)
 *     return { server, adapter: serverAdapter(server, options) }
 *   },
 * })
 */
export function conformance(kind: Kind): void {
  describe(kind.name, () => {
    stillClock()
    stopDelayCases(kind)
    lateCases(kind)
    promptnessCases(kind)
    onDrainCases(kind)
    unusedCases(kind)
    if (kind.protocols.includes('HTTP/1')) {
      describe('over HTTP/1', () => {
        http1ConnectionCases(kind)
        http1WireCases(kind)
        http1ApplicationCases(kind)
        http1ForceCases(kind)
        upgradeCases(kind)
        endlessCases(kind)
        eventStreamCases(kind)
        listenerCases(kind, 'HTTP/1')
        stageCases(kind)
        http1LateCases(kind)
        http1OddCases(kind)
      })
    }
    if (kind.secure) tlsCases(kind)
    if (kind.protocols.includes('HTTP/2')) {
      describe('over HTTP/2', () => {
        http2Cases(kind)
        http2StageCases(kind)
        http2OddCases(kind)
        http2EventStreamCases(kind)
        listenerCases(kind, 'HTTP/2')
      })
    }
  })
}
