import type { Socket } from 'node:net'
import { AnswerReader } from './answer-reader.ts'
import { connectLoad } from './connect-load.ts'
import type { LoadContext } from './load-context.ts'

const request = Buffer.from('GET / HTTP/1.1\r\nHost: localhost\r\n\r\n')
const shortestPause = 5
const longestPause = 15

/** A client on one keep-alive connection that obeys `Connection: close`: it asks again 5–15 ms after each answer. */
export class KeepAliveClient {
  readonly #context: LoadContext
  readonly #reader = new AnswerReader()
  #socket: Socket | undefined
  /** Whether a request has been written and is not answered. */
  #asking = false
  #ended = false

  constructor(context: LoadContext) {
    this.#context = context
  }

  begin(): void {
    this.#socket = connectLoad(this.#context, this.#onRead)
    this.#socket.once('connect', this.#whenDue).once('end', this.#onEnd).once('error', this.#onError)
  }

  readonly #whenDue = (): void => this.#context.writes.add(this.#ask)

  readonly #ask = (): void => {
    if (this.#ended) return
    if (this.#context.over) return this.#end()
    this.#asking = true
    this.#socket?.write(request)
  }

  readonly #onRead = (length: number): boolean => {
    const progress = this.#reader.read(this.#context.buffer.subarray(0, length))
    if (progress === 'part') return true
    this.#asking = false
    if (progress === 'refused') {
      this.#context.refused()
      this.#end()
      return true
    }
    this.#context.answered()
    if (progress === 'closing') this.#end()
    else setTimeout(this.#whenDue, shortestPause + Math.random() * (longestPause - shortestPause))
    return true
  }

  readonly #onEnd = (): void => this.#onError({})

  readonly #onError = ({ syscall }: { readonly syscall?: string }): void => {
    // A write that fails is no request that was written.
    if (this.#asking && syscall !== 'write') this.#context.lost()
    else this.#context.refused()
    this.#end()
  }

  #end(): void {
    if (this.#ended) return
    this.#ended = true
    this.#socket?.destroy()
    this.#context.ended()
  }
}
