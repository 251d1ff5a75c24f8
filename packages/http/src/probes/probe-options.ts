import type { OptionNames } from '@lastcall/core'

/** How probes are answered, wherever that is. */
export interface ProbeOptions {
  /**
   * The paths that say whether the process is up: a path, or a list of them; an empty list for none. Each is compared as it stands
   * with the path of a request, without its query. Default `'/livez'`.
   */
  readonly livez?: string | readonly string[] | undefined
  /** The same for whether it takes work. Default `['/readyz', '/healthz']`: what is given stands in place of both. */
  readonly readyz?: string | readonly string[] | undefined
  /**
   * How long the result of the checks is used again, good or bad. Those who ask while checks are under way get their result in any
   * case. With the default they run once a second at most, however many ask: as often as for a single Kubernetes probe, which asks
   * every 10 s unless told otherwise, and every second at most; it takes three failures in a row to count (Kubernetes API,
   * `periodSeconds`, `failureThreshold`). Milliseconds, 0 to 2^31−1. Default 1,000.
   */
  readonly cache?: number | undefined
  /**
   * The time for each hook's `check`: less than whoever asks waits for an answer (Kubernetes API, `timeoutSeconds`: default 1).
   * Milliseconds, 1 to 2^31−1. Default 900, as of `lifecycle.check()`.
   */
  readonly timeout?: number | undefined
  /** Whether to tell how long each check took, and what those that failed have thrown. Default `false`: names alone. */
  readonly verbose?: boolean | undefined
}

export const probeOptionNames: OptionNames<ProbeOptions> = {
  livez: true,
  readyz: true,
  cache: true,
  timeout: true,
  verbose: true,
}
