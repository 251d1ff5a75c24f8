import type { IncomingMessage } from 'node:http'
import { Socket } from 'node:net'
import { describe, expect, test } from 'vitest'
import { closersOf } from '../src/connections/closers-of.ts'
import { Http1Connection } from '../src/connections/http1-connection.ts'
import { DrainNotice } from '../src/drain-notice.ts'

describe('a notice', () => {
  test('is not given to a listener that another has removed, nor to one that was removed before its tick', async () => {
    const notice = new DrainNotice()
    const calls: string[] = []
    notice.subscribe(() => {
      calls.push('first')
      removeSecond()
    })
    const removeSecond = notice.subscribe(() => calls.push('second'))
    notice.give()
    notice.subscribe(() => calls.push('late'))()
    notice.subscribe(() => calls.push('later'))
    await new Promise((resolve) => setImmediate(resolve))
    expect(calls).toEqual(['first', 'later'])
  })
})

test('nothing closes with a request that has been answered', () => {
  const socket = new Socket()
  const request = { socket } as IncomingMessage
  expect(closersOf(request, () => new Http1Connection(socket, 0))).toEqual([])
  expect(closersOf(request, () => undefined)).toEqual([socket])
})
