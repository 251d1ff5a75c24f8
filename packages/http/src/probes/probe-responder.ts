import { describe, expectDuration, expectOptions, Lifecycle } from '@lastcall/core'
import { checkContents } from './check-content.ts'
import { jsonAnswer, type ProbeAnswer } from './probe-answer.ts'
import { probeOptionNames, type ProbeOptions } from './probe-options.ts'
import { type ProbeKind, ProbePaths } from './probe-paths.ts'
import { Readiness } from './readiness.ts'

const defaultLivez = '/livez'
const defaultReadyz: readonly string[] = ['/readyz', '/healthz']
const defaultCache = 1_000
const methods: readonly string[] = ['GET', 'HEAD']
const allow = methods.join(', ')

/**
 * Answers the probes of a lifecycle, for whoever has a way to send answers: what an adapter for a framework is built on.
 *
 * @example
 * const responder = new ProbeResponder(lifecycle)
 * const answer = await responder.respond(request.method, request.url)
 * if (answer) send(answer.status, answer.headers, answer.body)
 */
export class ProbeResponder {
  readonly #lifecycle: Lifecycle
  readonly #paths: ProbePaths
  readonly #readiness: Readiness
  readonly #verbose: boolean

  /** @throws TypeError or RangeError when an argument is not what it should be. */
  constructor(lifecycle: Lifecycle, options: ProbeOptions = {}) {
    expectOptions(options, probeOptionNames)
    const { livez = defaultLivez, readyz = defaultReadyz } = options
    const { cache = defaultCache, timeout, verbose = false } = options
    if (!(lifecycle instanceof Lifecycle)) {
      throw new TypeError(`Expected \`lifecycle\` to be a Lifecycle, got ${describe(lifecycle)}`)
    }
    if (typeof verbose !== 'boolean') {
      throw new TypeError(`Expected \`verbose\` to be a boolean, got ${describe(verbose)}`)
    }
    expectDuration('cache', cache, 0)
    if (timeout !== undefined) expectDuration('timeout', timeout)
    this.#lifecycle = lifecycle
    this.#paths = new ProbePaths(livez, readyz)
    this.#readiness = new Readiness(lifecycle, { cache, timeout })
    this.#verbose = verbose
  }

  /**
   * Resolves to the answer to a request; `undefined`, at once, for one that is no probe: another path, or a method that is neither
   * GET nor HEAD. Never rejects.
   *
   * @param url - The target of the request as it was received, with its query.
   */
  respond(method: string, url: string): Promise<ProbeAnswer> | undefined {
    const kind = methods.includes(method) ? this.#paths.kindOf(url) : undefined
    return kind === undefined ? undefined : this.#answer(kind, method)
  }

  /** The answer to a request that is no probe, where nobody else has one: 404, or 405 for the path of a probe. */
  refuse(method: string, url: string): ProbeAnswer {
    return this.#paths.kindOf(url) === undefined
      ? jsonAnswer(method, { status: 404, content: { status: 'not found' } })
      : jsonAnswer(method, { status: 405, content: { status: 'method not allowed' }, headers: { Allow: allow } })
  }

  async #answer(kind: ProbeKind, method: string): Promise<ProbeAnswer> {
    if (kind === 'live') return jsonAnswer(method, { status: 200, content: { status: 'live' } })
    const report = await this.#readiness.ask()
    if (report === undefined) {
      return jsonAnswer(method, { status: 503, content: { status: this.#lifecycle.state, checks: [] } })
    }
    const checks = checkContents(report, this.#verbose)
    return report.ok
      ? jsonAnswer(method, { status: 200, content: { status: 'ready', checks } })
      : jsonAnswer(method, { status: 503, content: { status: 'failing', checks } })
  }
}
