import { HeaderBlockReader, type HeaderText } from './header-block-reader.ts'

/** The statuses in the static table, from index 8 on (RFC 7541, appendix A). */
const tableStatuses = [200, 204, 206, 304, 400, 404, 500]
const firstStatusIndex = 8
const tableSize = 61

/**
 * The `:status` in the header block of a response, or undefined in one of trailers.
 *
 * The peer must have been told that the dynamic table has no room (SETTINGS_HEADER_TABLE_SIZE of 0), and take the name from the static
 * table, as all do.
 *
 * @throws An `Error` for a block that refers to the dynamic table.
 */
export function decodeStatus(block: Buffer): number | undefined {
  const reader = new HeaderBlockReader(block)
  let status: number | undefined
  while (!reader.done) status = readField(reader) ?? status
  return status
}

/** Takes one field or table size update, and returns its status if it is one. */
function readField(reader: HeaderBlockReader): number | undefined {
  const kind = reader.next
  if (kind >= 0x80) return tableStatuses[knownIndex(reader.integer(7)) - firstStatusIndex]
  if (kind >= 0x20 && kind < 0x40) {
    reader.integer(5)
    return undefined
  }
  const name = knownIndex(reader.integer(kind >= 0x40 ? 6 : 4))
  if (name === 0) reader.text()
  const value = reader.text()
  return isStatus(name) ? Number(digitsOf(value)) : undefined
}

function knownIndex(index: number): number {
  if (index > tableSize) throw new Error(`Expected no entry of the dynamic table, got ${index}`)
  return index
}

function isStatus(index: number): boolean {
  return index >= firstStatusIndex && index < firstStatusIndex + tableStatuses.length
}

/** The three digits of a status: in the Huffman code 0 to 2 take five bits, and 3 to 9 six (RFC 7541, appendix B). */
function digitsOf({ huffman, bytes }: HeaderText): string {
  if (!huffman) return bytes.toString('latin1')
  const bits = Array.from(bytes, (byte) => byte.toString(2).padStart(8, '0')).join('')
  let digits = ''
  for (let offset = 0; digits.length < 3;) {
    const short = Number.parseInt(bits.slice(offset, offset + 5), 2)
    const size = short <= 2 ? 5 : 6
    digits += size === 5 ? short : Number.parseInt(bits.slice(offset, offset + 6), 2) - 0b011001 + 3
    offset += size
  }
  return digits
}
