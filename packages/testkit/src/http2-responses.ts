import { decodeStatus } from './decode-status.ts'
import { contentOf, flag, type Http2Frame } from './http2-frame.ts'

/** What has been received on a stream. */
export interface Http2Response {
  /** The status, once one has come; that of an informational response until the final one comes. */
  readonly status: number | undefined
  /** How many HEADERS have come: informational ones, the head and trailers. */
  readonly headersFrames: number
  /** The body so far, a character a byte. */
  readonly body: string
  /** Whether it has ended with END_STREAM. */
  readonly ended: boolean
  /** The code of the RST_STREAM that cut it, if one did. */
  readonly resetCode: number | undefined
}

const noResponse: Http2Response = { status: undefined, headersFrames: 0, body: '', ended: false, resetCode: undefined }

/** The responses on a connection, put together from its frames. */
export class Http2Responses {
  readonly #responses = new Map<number, Http2Response>()
  /** The header block whose end has not come yet: no other frame comes in between. */
  #block: Buffer = Buffer.alloc(0)

  get all(): ReadonlyMap<number, Http2Response> {
    return this.#responses
  }

  /** Takes in a frame; those that are no part of a response change nothing. */
  take(frame: Http2Frame): void {
    const { type, flags, streamId, payload } = frame
    const response = this.#responses.get(streamId) ?? noResponse
    const ended = response.ended || (flags & flag.endStream) > 0
    if (type === 'DATA') {
      this.#responses.set(streamId, { ...response, body: response.body + contentOf(frame).toString('latin1'), ended })
    } else if (type === 'HEADERS') {
      this.#responses.set(streamId, { ...response, headersFrames: response.headersFrames + 1, ended })
      this.#takeBlock(frame, contentOf(frame))
    } else if (type === 'CONTINUATION') {
      this.#takeBlock(frame, payload)
    } else if (type === 'RST_STREAM') {
      this.#responses.set(streamId, { ...response, resetCode: payload.readUInt32BE(0) })
    }
  }

  #takeBlock({ flags, streamId }: Http2Frame, part: Buffer): void {
    this.#block = Buffer.concat([this.#block, part])
    if ((flags & flag.endHeaders) === 0) return
    const response = this.#responses.get(streamId) ?? noResponse
    this.#responses.set(streamId, { ...response, status: decodeStatus(this.#block) ?? response.status })
    this.#block = Buffer.alloc(0)
  }
}
