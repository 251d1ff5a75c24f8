import type { Socket } from 'node:net'
import { AnswerReader } from './answer-reader.ts'
import { connectLoad } from './connect-load.ts'
import type { LoadContext } from './load-context.ts'

const request = Buffer.from('GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n')

/** A client that opens a connection for each request, the next one right after the answer, until one is refused. */
export class FreshClient {
  readonly #context: LoadContext
  readonly #reader = new AnswerReader()
  #socket: Socket | undefined
  /** Whether the request has been written. */
  #asking = false

  constructor(context: LoadContext) {
    this.#context = context
  }

  begin(): void {
    this.#socket = connectLoad(this.#context, this.#onRead)
    this.#socket.once('connect', this.#ask).once('end', this.#onEnd).once('error', this.#onError)
  }

  /** The poll phase has just looked at the connection; and a write to one that has been reset fails. */
  readonly #ask = (): void => {
    this.#asking = true
    this.#socket?.write(request)
  }

  readonly #onRead = (length: number): boolean => {
    const progress = this.#reader.read(this.#context.buffer.subarray(0, length))
    if (progress === 'part') return true
    this.#asking = false
    if (progress === 'refused') this.#context.refused()
    else this.#context.answered()
    this.#socket?.destroy()
    if (this.#context.over || progress === 'refused') this.#context.ended()
    else this.begin()
    return false
  }

  readonly #onEnd = (): void => this.#onError({})

  readonly #onError = ({ syscall }: { readonly syscall?: string }): void => {
    // A write that fails is no request that was written.
    if (this.#asking && syscall !== 'write') this.#context.lost()
    else this.#context.refused()
    this.#socket?.destroy()
    this.#context.ended()
  }
}
