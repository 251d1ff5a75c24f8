import { formatDuration } from '@lastcall/core'
import type { IncomingMessage } from 'node:http'
import type { ServerHttp2Stream } from 'node:http2'
import type { FrameworkText, FrameworkTexts } from '../framework-texts.ts'
import { pathOf } from '../target.ts'
import { type CutRequest, DrainReport } from './drain-report.ts'
import type { WebSocketCounts } from './web-sockets.ts'

/** What is known of a request that is in flight. */
export interface OpenRequest {
  readonly method: string
  /** Its target, as it stands in the request, unless the framework knows better. */
  readonly target: string
  /** What a framework knows it by; none for an upgrade, which no framework routes. */
  readonly request: IncomingMessage | ServerHttp2Stream | undefined
  /** When it arrived, on the clock of `performance.now()`. */
  readonly requestedAt: number
  readonly upgraded: boolean
  /** How many bytes of its answer have been handed to the system, if that is known. */
  readonly bytesSent: () => number | undefined
}

/** How many cut requests are named at most. */
const longestList = 20
/** How many characters of a path are told: clients make them. */
const longestPath = 200

/** Counts what becomes of each request during a drain. A request is known by its response or its stream. */
export class RequestLedger {
  readonly #framework: FrameworkTexts
  readonly #open = new Map<object, OpenRequest>()
  readonly #cutRequests: CutRequest[] = []
  #finished = 0
  #unfinished = 0
  #refused = 0
  #cut = 0
  #cutUpgraded = 0
  #cutConnections = 0

  constructor(framework: FrameworkTexts) {
    this.#framework = framework
  }

  /** Follows a request. */
  open(key: object, request: OpenRequest): void {
    this.#open.set(key, request)
  }

  /** How many requests are open. */
  get size(): number {
    return this.#open.size
  }

  /** Names the first requests that are open, each with its age: `GET /slow for 1.20 s`. */
  nameOpen(count: number): readonly string[] {
    const now = performance.now()
    return [...this.#open.values()].slice(0, count).map((request) => {
      const { method, requestedAt } = request
      return `${method} ${this.#route(request) ?? this.#path(request)} for ${formatDuration(now - requestedAt)}`
    })
  }

  /** A request has been answered whole. */
  finish(key: object): void {
    if (this.#open.delete(key)) this.#finished += 1
  }

  /** A request has ended; not answered whole, unless that was said before. */
  end(key: object): void {
    if (this.#open.delete(key)) this.#unfinished += 1
  }

  /** A request is forgotten: what becomes of it is not counted. */
  forget(key: object): void {
    this.#open.delete(key)
  }

  /** A request is answered 503 because it came late. */
  refuse(key: object): void {
    this.forget(key)
    this.#refused += 1
  }

  /** A connection was cut that had sent no whole request. */
  cutConnection(): void {
    this.#cutConnections += 1
  }

  /** The time is over: every request that is open is cut. */
  cut(): void {
    for (const request of this.#open.values()) {
      const { method, requestedAt, upgraded, bytesSent } = request
      if (upgraded) this.#cutUpgraded += 1
      else this.#cut += 1
      if (this.#cutRequests.length === longestList) continue
      const age = performance.now() - requestedAt
      const [path, route] = [this.#path(request), this.#route(request)]
      this.#cutRequests.push({ method, path, route, age, bytesSent: bytesSent(), upgraded })
    }
    this.#open.clear()
  }

  report(webSockets: WebSocketCounts): DrainReport {
    return new DrainReport({
      finished: this.#finished,
      unfinished: this.#unfinished,
      refused: this.#refused,
      cut: this.#cut,
      cutUpgraded: this.#cutUpgraded,
      cutRequests: this.#cutRequests,
      cutConnections: this.#cutConnections,
      ...webSockets,
    })
  }

  #path({ request, target }: OpenRequest): string {
    const path = pathOf(ask(this.#framework.target, request) ?? target)
    return path.length > longestPath ? `${path.slice(0, longestPath)}…` : path
  }

  #route({ request }: OpenRequest): string | undefined {
    return ask(this.#framework.route, request)
  }
}

/** Asks a framework of a request that is about to be named: what goes wrong there must not disturb the drain. */
function ask(text: FrameworkText | undefined, request: OpenRequest['request']): string | undefined {
  try {
    return request && text?.(request)
  } catch {
    return undefined
  }
}
