import { decodeFrame, type Http2Frame } from './http2-frame.ts'

/** Takes frames out of chunks, however the frames were cut. */
export class Http2FrameReader {
  #rest: Buffer = Buffer.alloc(0)

  /** How many bytes of a frame that is not there whole it holds. */
  get pending(): number {
    return this.#rest.length
  }

  /** The frames that a chunk completes. */
  read(chunk: Buffer): readonly Http2Frame[] {
    const frames: Http2Frame[] = []
    let bytes = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk])
    for (let next = decodeFrame(bytes); next; next = decodeFrame(bytes)) {
      frames.push(next.frame)
      bytes = bytes.subarray(next.size)
    }
    this.#rest = bytes
    return frames
  }
}
