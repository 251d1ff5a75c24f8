/** A string of a header block, as it was sent. */
export interface HeaderText {
  /** Whether its bytes are in the Huffman code. */
  readonly huffman: boolean
  readonly bytes: Buffer
}

/** Reads a header block piece by piece (RFC 7541, section 5). */
export class HeaderBlockReader {
  readonly #block: Buffer
  #offset = 0

  constructor(block: Buffer) {
    this.#block = block
  }

  get done(): boolean {
    return this.#offset >= this.#block.length
  }

  /** The next byte, which stays there to be read. */
  get next(): number {
    return this.#block.readUInt8(this.#offset)
  }

  /** Takes an integer that begins in the last bits of the next byte. */
  integer(prefixBits: number): number {
    const limit = 2 ** prefixBits - 1
    let value = this.#byte() & limit
    if (value < limit) return value
    for (let scale = 1; ; scale *= 0x80) {
      const byte = this.#byte()
      value += (byte & 0x7f) * scale
      if (byte < 0x80) return value
    }
  }

  text(): HeaderText {
    const huffman = this.next >= 0x80
    const size = this.integer(7)
    const bytes = this.#block.subarray(this.#offset, this.#offset + size)
    this.#offset += size
    return { huffman, bytes }
  }

  #byte(): number {
    const byte = this.next
    this.#offset += 1
    return byte
  }
}
