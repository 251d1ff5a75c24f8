import { expect, test } from 'vitest'
import { AnswerReader, type Progress } from '../src/answer-reader.ts'

const kept = 'HTTP/1.1 200 OK\r\nConnection: keep-alive\r\nContent-Length: 5\r\n\r\nhello'
const closing = 'HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: close\r\n\r\n'

/** Reads parts one after the other into the same buffer, as sockets with `onread` do. */
function readAll(parts: Iterable<string>): Progress[] {
  const reader = new AnswerReader()
  const buffer = Buffer.alloc(1_024)
  return Array.from(parts, (part) => reader.read(buffer.subarray(0, buffer.write(part, 'latin1'))))
}

test('a response is whole with the last byte of its body', () => {
  expect(readAll([kept, kept.slice(0, -5), 'hell', 'o', kept])).toEqual(['kept', 'part', 'part', 'kept', 'kept'])
})

test('a response may come byte by byte', () => {
  const progress = readAll(kept + closing)
  expect(progress.filter((one) => one !== 'part')).toEqual(['kept', 'closing'])
  expect(progress[kept.length - 1]).toBe('kept')
  expect(progress.at(-1)).toBe('closing')
})

test('a 503 is a refusal, once it is whole', () => {
  const refusal = 'HTTP/1.1 503 Service Unavailable\r\nConnection: close\r\nContent-Length: 2\r\n\r\nno'
  expect(readAll([refusal.slice(0, -1), 'o', kept])).toEqual(['part', 'refused', 'kept'])
})

test.each(['HTTP/1.1 500 Internal Server Error\r\nContent-Length: 0\r\n\r\n', 'HTTP/1.1 200 OK\r\n\r\n'])(
  'what is no answer with a length is an error: %j',
  (response) => {
    expect(() => readAll([response])).toThrow(
      'Expected a response with status 200 or 503 and a Content-Length, got:\nHTTP',
    )
  },
)
