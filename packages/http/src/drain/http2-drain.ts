import type { ServerHttp2Stream } from 'node:http2'
import { longPatience, patience, smallResponse } from './close-gently.ts'
import type { ConnectionDrain, DrainParts } from './connection-drain.ts'
import type { Http2Connection, StreamRequest } from '../connections/http2-connection.ts'
import { http2Error } from './http2-error.ts'
import { SecondLook } from './second-look.ts'
import { answerUnavailable } from './unavailable.ts'

/**
 * The drain of a connection that speaks HTTP/2.
 *
 * It ends with one GOAWAY, which names the latest stream that has come. Two, the first with the highest id there is, would
 * serve a stream that crosses them; but Node's `goaway` makes nghttp2 ignore every later stream, whatever id it names, and a
 * stream that is ignored below the named id would never be tried again. So it is sent when a stream is least likely to be on
 * its way: while a request is in flight, when the client waits, right behind the next one, or after a silence. One that
 * crosses it may be retried (RFC 9113, section 6.8).
 */
export class Http2Drain implements ConnectionDrain {
  readonly #connection: Http2Connection
  readonly #parts: DrainParts
  readonly #secondLook = new SecondLook()
  /** When the client was last active: soon after, it may have sent another request. */
  #activeAt = 0
  /** Whether a GOAWAY is about to be sent. */
  #goingAway = false
  #leaving = false
  #goneAway = false
  #closing = false
  /** How many bytes had been sent when the drain was announced. */
  #sentBefore = 0
  /** Whether it has answered requests during the drain, so that the client may still be reading. */
  #answering = false

  constructor(connection: Http2Connection, parts: DrainParts) {
    this.#connection = connection
    this.#parts = parts
  }

  announce(): void {
    this.#activeAt = this.#connection.lastActiveAt
    if (this.#connection.inFlight === 0) this.#sentBefore = this.#connection.socket?.bytesWritten ?? 0
    for (const [stream, request] of this.#connection.streams) this.#watch(stream, request)
    if (this.#connection.inFlight > 0) this.#goAwaySoon()
  }

  leave(): void {
    this.#leaving = true
    this.#look()
  }

  /** A stream has been opened. */
  opened(stream: ServerHttp2Stream, request: StreamRequest): void {
    this.#activeAt = request.requestedAt
    this.#watch(stream, request)
    /* v8 ignore else -- Node ignores what comes behind a GOAWAY: see node-facts.test.ts */
    if (!this.#goneAway) this.#goAwaySoon()
  }

  cut(): void {
    for (const [stream] of this.#connection.streams) {
      if (stream.destroyed || stream.closed) continue
      if (stream.headersSent) stream.close(http2Error.cancel)
      else answerUnavailable(stream)
    }
  }

  closed(): void {
    this.#leaving = false
    this.#closing = true
    this.#secondLook.cancel()
    for (const [stream] of this.#connection.streams) this.#parts.ledger.end(stream)
  }

  #watch(stream: ServerHttp2Stream, { headers, requestedAt }: StreamRequest): void {
    const { ledger } = this.#parts
    const { ':method': method = '', ':path': target = '' } = headers
    const bytesSent = (): number | undefined => (stream.headersSent ? undefined : 0)
    this.#answering = true
    ledger.open(stream, { method, target, request: stream, requestedAt, upgraded: false, bytesSent })
    stream.once('close', () => {
      if (stream.writableFinished && !stream.aborted && stream.rstCode === http2Error.noError) ledger.finish(stream)
      else ledger.end(stream)
      // Who has waited for long, as for events, will not ask again at once.
      if (performance.now() - requestedAt < this.#parts.patience.closeIdleAfter) this.#activeAt = performance.now()
      this.#look()
    })
  }

  /** Goes on with what can be done now. */
  #look(): void {
    if (this.#goneAway && this.#connection.inFlight === 0) this.#close()
    else if (this.#leaving && !this.#goneAway && !this.#goingAway) this.#goAwayInTime()
  }

  /** Sends the GOAWAY when the streams that are there to be read have come. */
  #goAwaySoon(): void {
    this.#goingAway = true
    // What is there may be read in the next turn of the event loop, and not in this one.
    this.#secondLook.next(() => this.#secondLook.next(() => this.#goAway()))
  }

  #goAwayInTime(): void {
    const { closeIdleAfter, closeSilentAfter } = this.#parts.patience
    const linger = this.#connection.used ? closeIdleAfter : closeSilentAfter
    this.#secondLook.at(
      this.#activeAt + linger,
      () => this.#look(),
      () => this.#goAway(),
    )
  }

  #goAway(): void {
    const { session } = this.#connection
    this.#goneAway = true
    if (!session.destroyed) session.goaway(http2Error.noError)
    this.#look()
  }

  /** Sends our end behind all that is still to be sent, which a slow reader has all the time for that the stop has. */
  #close(): void {
    if (this.#closing) return
    this.#closing = true
    const { session, socket } = this.#connection
    session.close()
    if (socket === undefined || socket.writableFinished) this.#waitForEnd()
    else socket.once('finish', () => this.#waitForEnd())
  }

  #waitForEnd(): void {
    // One with much to read may rest for any time, and a reset would take from it what it has not read.
    if (this.#bytesSent > smallResponse) return
    this.#whenSilent(() => this.#connection.destroy())
  }

  /** How much has been sent during the drain, or since the connection began where a response had begun before. */
  get #bytesSent(): number {
    return (this.#connection.socket?.bytesWritten ?? 0) - this.#sentBefore
  }

  /** Calls back when the client has sent nothing for so long that it is taken for gone: one that still reads says so. */
  #whenSilent(callback: () => void): void {
    const bytesRead = this.#connection.socket?.bytesRead
    this.#secondLook.in(this.#answering ? longPatience : patience, () => {
      if (this.#connection.socket?.bytesRead === bytesRead) callback()
      else this.#whenSilent(callback)
    })
  }
}
