import { expect, test } from 'vitest'
import { encodeFrame } from '../src/http2-frame.ts'
import { Http2FrameReader } from '../src/http2-frame-reader.ts'

const wire = Buffer.concat([
  encodeFrame('SETTINGS'),
  encodeFrame('DATA', { flags: 1, streamId: 2 ** 31 - 1, payload: Buffer.alloc(20_000, 'x') }),
  encodeFrame('PING', { payload: Buffer.from('12345678') }),
])

test.each([1, 9, 10, 4096, wire.length])('takes the same frames out of chunks of %d bytes', (size) => {
  const reader = new Http2FrameReader()
  const frames = []
  for (let offset = 0; offset < wire.length; offset += size)
    frames.push(...reader.read(wire.subarray(offset, offset + size)))

  expect(frames).toEqual([
    { type: 'SETTINGS', flags: 0, streamId: 0, payload: Buffer.alloc(0) },
    { type: 'DATA', flags: 1, streamId: 2 ** 31 - 1, payload: Buffer.alloc(20_000, 'x') },
    { type: 'PING', flags: 0, streamId: 0, payload: Buffer.from('12345678') },
  ])
  expect(reader.pending).toBe(0)
})

test('knows frames of extensions, and the bit in front of a stream id, to say nothing', () => {
  const altsvc = Buffer.from([0, 0, 1, 10, 0, 0x80, 0, 0, 5, 7])

  expect(new Http2FrameReader().read(altsvc)).toEqual([
    { type: 'UNKNOWN', flags: 0, streamId: 5, payload: Buffer.from([7]) },
  ])
})
