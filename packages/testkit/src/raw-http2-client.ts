import type { Socket } from 'node:net'
import { Changes } from './changes.ts'
import { describeFrames } from './describe-frames.ts'
import { encodeHeaderBlock } from './encode-header-block.ts'
import { encodeFrame, flag, type Http2Frame, type Http2FrameType, streamIdAt } from './http2-frame.ts'
import { Http2FrameReader } from './http2-frame-reader.ts'
import { type Http2Response, Http2Responses } from './http2-responses.ts'
import { openSocket } from './open-socket.ts'
import { SocketEnd } from './socket-end.ts'

/** How a client of bare frames connects and behaves. */
export interface RawHttp2Options {
  /** Whether to speak TLS, with `h2` in its handshake; default false: prior knowledge. */
  readonly secure?: boolean
  /** Whether to leave our side open when the server has ended its own; default false. */
  readonly allowHalfOpen?: boolean
  /** Whether to answer each PING at once; default true. */
  readonly answersPings?: boolean
  /** Whether to give the server new credit for each DATA (WINDOW_UPDATE); default true. Without, it sends what the windows let it send. */
  readonly reads?: boolean
  /** How many bytes the server may send without new credit, on each stream and altogether; 65,535 to 2^31−1, default 65,535. */
  readonly windowSize?: number
}

/** How a request is sent. */
export interface Http2RequestOptions {
  /** Default `GET`. */
  readonly method?: string
  /** Headers besides those that each request has; names in lower case. */
  readonly headers?: Readonly<Record<string, string>>
  /** Whether the request has no body; default true. */
  readonly endStream?: boolean
  /** The stream; default the next odd number. */
  readonly streamId?: number
}

/** A GOAWAY that was received. */
export interface Goaway {
  readonly lastStreamId: number
  readonly code: number
}

const preface = 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'
const setting = { headerTableSize: 0x1, initialWindowSize: 0x4 } as const
/** The size of windows and the limit of frames until SETTINGS say otherwise (RFC 9113, section 6.5.2). */
const defaultWindowSize = 65_535
const longestPayload = 16_384

/** An HTTP/2 connection of which every frame is seen: no client library hides what was sent, nor opens streams by rules of its own. */
export class RawHttp2Client {
  /** Resolves when the server has half-closed or closed it. */
  readonly ended: Promise<void>
  /** Resolves when it is closed altogether, to the code of the error that closed it, if one did. */
  readonly closed: Promise<string | undefined>
  readonly #socket: Socket
  readonly #end: SocketEnd
  readonly #scheme: 'http' | 'https'
  readonly #answersPings: boolean
  readonly #reader = new Http2FrameReader()
  readonly #frames: Http2Frame[] = []
  readonly #responses = new Http2Responses()
  readonly #goaways: Goaway[] = []
  readonly #unansweredPings: Buffer[] = []
  readonly #changes = new Changes()
  /** The credit that is owed for DATA, by stream; 0 is the connection. */
  readonly #owed = new Map<number, number>()
  #reads: boolean
  #pings = 0
  #nextStreamId = 1

  constructor(socket: Socket, options: RawHttp2Options = {}) {
    const { secure = false, answersPings = true, reads = true, windowSize = defaultWindowSize } = options
    this.#socket = socket
    this.#scheme = secure ? 'https' : 'http'
    this.#answersPings = answersPings
    this.#reads = reads
    this.#end = new SocketEnd(socket)
    this.ended = this.#end.ended
    this.closed = this.#end.closed
    socket.on('data', (chunk: Buffer) => this.#onChunk(chunk))
    socket.once('close', () => this.#changes.notify())
    socket.write(preface)
    // Without room in its dynamic table the server refers to no entry of it, and a header block can be read by itself.
    this.sendFrame('SETTINGS', {
      payload: settings([setting.headerTableSize, 0], [setting.initialWindowSize, windowSize]),
    })
    if (windowSize > defaultWindowSize) this.#giveCredit(0, windowSize - defaultWindowSize)
  }

  /** Every frame received so far, oldest first. */
  get frames(): readonly Http2Frame[] {
    return this.#frames
  }

  /** What has been received so far by stream. */
  get responses(): ReadonlyMap<number, Http2Response> {
    return this.#responses.all
  }

  /** The GOAWAYs received so far, oldest first. */
  get goaways(): readonly Goaway[] {
    return this.#goaways
  }

  /** How many PINGs have been received; answers to our own do not count. */
  get pings(): number {
    return this.#pings
  }

  /** Whether it is still open in both directions. */
  get open(): boolean {
    return this.#socket.readyState === 'open'
  }

  /** The frames received from an index on: `framesFrom(client.frames.length)` later tells what is new. */
  framesFrom(index: number): readonly Http2Frame[] {
    return this.#frames.slice(index)
  }

  /** Sends a frame just as it is. */
  sendFrame(type: Http2FrameType, frame: Partial<Omit<Http2Frame, 'type'>> = {}): void {
    this.#socket.write(encodeFrame(type, frame))
  }

  /** Sends a request, and returns the id of its stream. */
  request(path: string, options: Http2RequestOptions = {}): number {
    const { method = 'GET', headers = {}, endStream = true, streamId = this.#nextStreamId } = options
    this.#nextStreamId = Math.max(this.#nextStreamId, streamId + 2)
    const payload = encodeHeaderBlock({
      ':method': method,
      ':scheme': this.#scheme,
      ':path': path,
      ':authority': 'localhost',
      ...headers,
    })
    this.sendFrame('HEADERS', { flags: flag.endHeaders | (endStream ? flag.endStream : 0), streamId, payload })
    return streamId
  }

  /** Sends a part of a body, a byte a character; it does not wait for credit, so not more than 65,535 bytes. */
  data(streamId: number, text: string, { endStream = false }: { readonly endStream?: boolean } = {}): void {
    const bytes = Buffer.from(text, 'latin1')
    let offset = 0
    do {
      const payload = bytes.subarray(offset, offset + longestPayload)
      offset += longestPayload
      this.sendFrame('DATA', { flags: endStream && offset >= bytes.length ? flag.endStream : 0, streamId, payload })
    } while (offset < bytes.length)
  }

  /** Cuts a stream off. */
  reset(streamId: number, code: number): void {
    this.sendFrame('RST_STREAM', { streamId, payload: unsigned(code) })
  }

  /** Sends a PING with eight bytes; the answer is among the frames. */
  ping(bytes = 'lastcall'): void {
    this.sendFrame('PING', { payload: Buffer.from(bytes, 'latin1') })
  }

  /**
   * Answers the oldest PING that has no answer.
   *
   * @throws An `Error` when there is none.
   */
  answerPing(): void {
    const payload = this.#unansweredPings.shift()
    if (payload === undefined) throw new Error('Expected a PING without an answer, got none')
    this.sendFrame('PING', { flags: flag.ack, payload })
  }

  /** Resolves to what is looked for, once there is such a thing; rejects, and tells all frames, when the connection closes before. */
  async receives<Found>(find: (client: this) => Found | undefined | false): Promise<Found> {
    for (;;) {
      const found = find(this)
      if (found !== undefined && found !== false) return found
      if (this.#socket.closed) throw new Error(`Expected to receive ${String(find)}, got:\n${this.#describe()}`)
      await this.#changes.next()
    }
  }

  /** Resolves to the response on a stream, once that has ended or was reset. */
  answer(streamId: number): Promise<Http2Response> {
    return this.receives(() => {
      const response = this.responses.get(streamId)
      return (response?.ended || response?.resetCode !== undefined) && response
    })
  }

  /** Reads nothing more from the connection, whatever the windows allow, so that the server's system cannot send either. */
  pause(): void {
    this.#socket.pause()
  }

  /** Reads on after `pause`, and gives the credit that is owed, from here on for each DATA. */
  resume(): void {
    this.#reads = true
    this.#payCredit()
    this.#socket.resume()
  }

  /** Sends our end, and goes on reading. */
  end(): void {
    this.#socket.end()
  }

  destroy(): void {
    this.#socket.destroy()
  }

  #onChunk(chunk: Buffer): void {
    try {
      for (const frame of this.#reader.read(chunk)) this.#onFrame(frame)
      if (this.#reads) this.#payCredit()
    } catch (error) {
      this.#socket.destroy(error as Error)
    }
    this.#changes.notify()
  }

  #onFrame(frame: Http2Frame): void {
    const { type, flags, streamId, payload } = frame
    this.#frames.push(frame)
    this.#responses.take(frame)
    if (type === 'GOAWAY') this.#goaways.push({ lastStreamId: streamIdAt(payload, 0), code: payload.readUInt32BE(4) })
    if (type === 'SETTINGS' && (flags & flag.ack) === 0) this.sendFrame('SETTINGS', { flags: flag.ack })
    if (type === 'PING' && (flags & flag.ack) === 0) this.#onPing(payload)
    if (type === 'DATA') {
      this.#owe(0, payload.length)
      // Nothing more comes on a stream that has ended.
      if ((flags & flag.endStream) > 0) this.#owed.delete(streamId)
      else this.#owe(streamId, payload.length)
    }
  }

  #onPing(payload: Buffer): void {
    this.#pings += 1
    this.#unansweredPings.push(payload)
    if (this.#answersPings) this.answerPing()
  }

  #owe(streamId: number, bytes: number): void {
    // Credit of 0 would be an error (RFC 9113, section 6.9).
    if (bytes > 0) this.#owed.set(streamId, (this.#owed.get(streamId) ?? 0) + bytes)
  }

  #payCredit(): void {
    for (const [streamId, bytes] of this.#owed) this.#giveCredit(streamId, bytes)
    this.#owed.clear()
  }

  #giveCredit(streamId: number, bytes: number): void {
    this.sendFrame('WINDOW_UPDATE', { streamId, payload: unsigned(bytes) })
  }

  #describe(): string {
    const lines = [describeFrames(this.#frames)]
    if (this.#reader.pending > 0) lines.push(`${this.#reader.pending} bytes that are no whole frame`)
    if (this.#end.error) lines.push(String(this.#end.error))
    return lines.join('\n')
  }
}

/**
 * Connects to an HTTP/2 server on a port of this machine, and sends the preface and SETTINGS; rejects when that is refused.
 * What is left open when the test ends is destroyed.
 */
export async function connectRawHttp2(port: number, options: RawHttp2Options = {}): Promise<RawHttp2Client> {
  const { secure = false, allowHalfOpen = false } = options
  return new RawHttp2Client(await openSocket(port, { secure, allowHalfOpen, protocols: ['h2'] }), options)
}

function unsigned(value: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32BE(value)
  return bytes
}

function settings(...entries: readonly (readonly [id: number, value: number])[]): Buffer {
  return Buffer.concat(entries.map(([id, value]) => Buffer.concat([Buffer.from([0, id]), unsigned(value)])))
}
