import { flag, type Http2Frame, streamIdAt } from './http2-frame.ts'

/** Frames for a person to read, one a line; a run of DATA on one stream is one line too. */
export function describeFrames(frames: readonly Http2Frame[]): string {
  const lines: string[] = []
  for (let index = 0; index < frames.length;) {
    const first = frames[index]!
    let end = index + 1
    while (first.type === 'DATA' && (frames[end - 1]!.flags & flag.endStream) === 0 && isLike(frames[end], first))
      end += 1
    lines.push(describe(frames.slice(index, end)))
    index = end
  }
  return lines.join('\n')
}

function isLike(frame: Http2Frame | undefined, { type, streamId }: Http2Frame): boolean {
  return frame?.type === type && frame.streamId === streamId
}

function describe(run: readonly Http2Frame[]): string {
  const { type, streamId, payload } = run[0]!
  const { flags } = run.at(-1)!
  const size = run.reduce((sum, frame) => sum + frame.payload.length, 0)
  const parts = [streamId > 0 ? `${type} on stream ${streamId}` : type]
  if (run.length > 1) parts.push(`${run.length} frames`)
  if (flags > 0) parts.push(`flags 0x${flags.toString(16)}`)
  if (type === 'GOAWAY') parts.push(`last stream ${streamIdAt(payload, 0)}`, `code ${payload.readUInt32BE(4)}`)
  else if (type === 'RST_STREAM') parts.push(`code ${payload.readUInt32BE(0)}`)
  else parts.push(`${size} bytes`)
  return parts.join(', ')
}
