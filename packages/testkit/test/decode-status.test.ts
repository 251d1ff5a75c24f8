import { expect, test } from 'vitest'
import { decodeStatus } from '../src/decode-status.ts'
import { encodeHeaderBlock } from '../src/encode-header-block.ts'

test.each([
  ['an entry of the table', [0x8d], 404],
  ['a literal that a table may remember', [0x48, 3, 0x35, 0x30, 0x33], 503],
  ['a literal without indexing', [0x08, 3, 0x34, 0x31, 0x38], 418],
  ['a literal never to be indexed', [0x1e, 3, 0x34, 0x31, 0x38], 418],
  ['the Huffman code for 201', [0x48, 0x82, 0b00010_000, 0b00_00001_1], 201],
  ['the Huffman code for 399', [0x48, 0x83, 0b011001_01, 0b1111_0111, 0b11_111111], 399],
  ['a table size update before it', [0x20, 0x88], 200],
  ['other fields around it', [0x40, 1, 0x61, 1, 0x62, 0x88, 0x0f, 0x0d, 1, 0x39], 200],
  ['an update of two bytes before it', [0x3f, 0xe1, 0x1f, 0x89], 204],
])('takes the status from %s', (_name, block, status) => {
  expect(decodeStatus(Buffer.from(block))).toBe(status)
})

test('finds no status in trailers', () => {
  expect(decodeStatus(encodeHeaderBlock({ 'x-checksum': 'x'.repeat(300) }))).toBeUndefined()
})

test.each([
  ['an indexed field', [0xbe]],
  ['the name of a literal', [0x7e, 1, 0x31]],
])('throws for %s of the dynamic table', (_name, block) => {
  expect(() => decodeStatus(Buffer.from(block))).toThrow('Expected no entry of the dynamic table, got 62')
})
