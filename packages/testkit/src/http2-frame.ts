const types = [
  'DATA',
  'HEADERS',
  'PRIORITY',
  'RST_STREAM',
  'SETTINGS',
  'PUSH_PROMISE',
  'PING',
  'GOAWAY',
  'WINDOW_UPDATE',
  'CONTINUATION',
] as const

/** The type of a frame (RFC 9113, section 6). */
export type Http2FrameType = (typeof types)[number]

/** A frame of HTTP/2 (RFC 9113, section 4.1). */
export interface Http2Frame {
  /** Its type; `UNKNOWN` is one of an extension. */
  readonly type: Http2FrameType | 'UNKNOWN'
  readonly flags: number
  /** The stream that it belongs to, or 0 for the connection. */
  readonly streamId: number
  readonly payload: Buffer
}

/** The flags of frames (RFC 9113, section 6); which of them a frame can have, depends on its type. */
export const flag = { ack: 0x1, endStream: 0x1, endHeaders: 0x4, padded: 0x8, priority: 0x20 } as const

const headSize = 9

/** The bytes of a frame. */
export function encodeFrame(type: Http2FrameType, frame: Partial<Omit<Http2Frame, 'type'>> = {}): Buffer {
  const { flags = 0, streamId = 0, payload = Buffer.alloc(0) } = frame
  const head = Buffer.alloc(headSize)
  head.writeUIntBE(payload.length, 0, 3)
  head.writeUInt8(types.indexOf(type), 3)
  head.writeUInt8(flags, 4)
  head.writeUInt32BE(streamId, 5)
  return Buffer.concat([head, payload])
}

/** The frame that bytes begin with, and how many of them it takes; undefined while it is not there whole. */
export function decodeFrame(bytes: Buffer): { readonly frame: Http2Frame; readonly size: number } | undefined {
  if (bytes.length < headSize) return undefined
  const size = headSize + bytes.readUIntBE(0, 3)
  if (bytes.length < size) return undefined
  const frame: Http2Frame = {
    type: types[bytes.readUInt8(3)] ?? 'UNKNOWN',
    flags: bytes.readUInt8(4),
    streamId: streamIdAt(bytes, 5),
    payload: bytes.subarray(headSize, size),
  }
  return { frame, size }
}

/** A stream id in bytes: the first of its 32 bits means nothing. */
export function streamIdAt(bytes: Buffer, offset: number): number {
  return bytes.readUInt32BE(offset) & 0x7fffffff
}

/** What DATA or HEADERS carry, without the padding and the priority around it (RFC 9113, sections 6.1 and 6.2). */
export function contentOf({ type, flags, payload }: Http2Frame): Buffer {
  const padded = (flags & flag.padded) > 0
  const start = (padded ? 1 : 0) + (type === 'HEADERS' && (flags & flag.priority) > 0 ? 5 : 0)
  return payload.subarray(start, payload.length - (padded ? payload.readUInt8(0) : 0))
}
