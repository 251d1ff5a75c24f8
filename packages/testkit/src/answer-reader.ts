/** How far a response has come: a part of it, or all, after which the connection is kept or closed; or it says 503. */
export type Progress = 'part' | 'kept' | 'closing' | 'refused'

const headEnd = Buffer.from('\r\n\r\n')

/** Finds where the responses on one connection end: their heads are looked at once, their bodies only counted. */
export class AnswerReader {
  /** What has come of a head that is not there to its end. */
  #head: Buffer | undefined
  /** How many bytes of the body are still to come, once the head is there. */
  #missing = 0
  #inBody = false
  #closing = false
  #refused = false

  /** Takes what has arrived; throws when that is no response with status 200 or 503, and a length. */
  read(bytes: Buffer): Progress {
    if (this.#inBody) this.#missing -= bytes.length
    else if (!this.#readHead(bytes)) return 'part'
    if (this.#missing > 0) return 'part'
    this.#inBody = false
    if (this.#refused) return 'refused'
    return this.#closing ? 'closing' : 'kept'
  }

  /** Returns whether the head has come to its end. */
  #readHead(bytes: Buffer): boolean {
    const received = this.#head === undefined ? bytes : Buffer.concat([this.#head, bytes])
    const end = received.indexOf(headEnd)
    if (end === -1) {
      // The bytes are in a buffer that the next read overwrites.
      this.#head = Buffer.from(received)
      return false
    }
    const head = received.toString('latin1', 0, end + 2)
    const length = /^content-length: (\d+)\r$/im.exec(head)?.[1]
    this.#refused = head.startsWith('HTTP/1.1 503 ')
    if (!(this.#refused || head.startsWith('HTTP/1.1 200 ')) || length === undefined) {
      throw new Error(`Expected a response with status 200 or 503 and a Content-Length, got:\n${head}`)
    }
    this.#head = undefined
    this.#inBody = true
    this.#missing = end + headEnd.length + Number(length) - received.length
    this.#closing = /^connection: close\r$/im.test(head)
    return true
  }
}
