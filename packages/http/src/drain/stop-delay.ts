import { describe, expectDuration, expectOptions, type OptionNames } from '@lastcall/core'

/** How long to keep serving after the announcement, so that load balancers notice. All in milliseconds, 0 to 2^31−1. */
export interface AdaptiveDelay {
  /** Not shorter than this. Default 0. */
  readonly min?: number | undefined
  /**
   * Until no request has arrived for so long, but for those that `probes` answers; the time before the announcement counts.
   */
  readonly quiet: number
  /** Not longer than this. */
  readonly max: number
}

/** An {@link AdaptiveDelay} with all it needs. */
export interface Delay {
  readonly min: number
  readonly quiet: number
  readonly max: number
}

const delayNames: OptionNames<AdaptiveDelay> = { min: true, quiet: true, max: true }

/**
 * Makes a delay of what an option says: a number is a fixed one.
 *
 * @throws TypeError or RangeError when it is neither a duration nor durations with `min` up to `max`.
 */
export function expectStopDelay(option: number | AdaptiveDelay): Delay {
  if (typeof option === 'number') {
    const fixed = expectDuration('stopDelay', option, 0)
    return { min: fixed, quiet: 0, max: fixed }
  }
  if (typeof option !== 'object' || option === null || Array.isArray(option)) {
    throw new TypeError(
      `Expected \`stopDelay\` to be a number of milliseconds or { min, quiet, max }, got ${describe(option)}`,
    )
  }
  expectOptions(option, delayNames, 'stopDelay')
  const { min = 0, quiet, max } = option
  expectDuration('stopDelay.min', min, 0)
  expectDuration('stopDelay.quiet', quiet, 0)
  expectDuration('stopDelay.max', max, 0)
  if (min > max)
    throw new RangeError(`Expected \`stopDelay.min\` to be at most \`stopDelay.max\`, got \`${min}\` and \`${max}\``)
  return { min, quiet, max }
}

/**
 * Waits a delay out: until it has been quiet for long enough, never before `min` nor after `max`.
 *
 * @param latestRequestAt - When the latest request arrived, on the clock of `performance.now()`.
 * @param signal - Ends the wait.
 */
export async function waitOut(
  { min, quiet, max }: Delay,
  latestRequestAt: () => number,
  signal: AbortSignal | undefined,
): Promise<void> {
  const begin = performance.now()
  const remaining = (): number =>
    signal?.aborted ? 0 : begin + Math.min(max, Math.max(min, latestRequestAt() + quiet - begin)) - performance.now()
  // Each request that arrives puts the end off: it is looked up again only when the last one known has come.
  while (remaining() > 0) await sleep(Math.ceil(remaining()), signal)
}

function sleep(milliseconds: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve) => {
    const end = (): void => {
      clearTimeout(timer)
      signal?.removeEventListener('abort', end)
      resolve()
    }
    const timer = setTimeout(end, milliseconds)
    signal?.addEventListener('abort', end)
  })
}
