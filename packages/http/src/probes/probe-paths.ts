import { describe } from '@lastcall/core'
import { pathOf } from '../target.ts'

/** What a probe asks: is the process up, does it take work. */
export type ProbeKind = 'live' | 'ready'

/** The paths of the probes. */
export class ProbePaths {
  readonly #kinds: ReadonlyMap<string, ProbeKind>

  /** @throws TypeError when one is no path, or is in both. */
  constructor(livez: unknown, readyz: unknown) {
    const live = expectPaths('livez', livez)
    const ready = expectPaths('readyz', readyz)
    const common = live.find((path) => ready.includes(path))
    if (common !== undefined) {
      throw new TypeError(
        `Expected \`livez\` and \`readyz\` to have no path in common, got ${describe(common)} in both`,
      )
    }
    this.#kinds = new Map([
      ...live.map((path) => [path, 'live'] as const),
      ...ready.map((path) => [path, 'ready'] as const),
    ])
  }

  /** What a request asks; `undefined` when it is no probe. */
  kindOf(url: string): ProbeKind | undefined {
    return this.#kinds.get(pathOf(url))
  }
}

function expectPaths(option: string, value: unknown): readonly string[] {
  const paths: readonly unknown[] = Array.isArray(value) ? value : [value]
  const wrong = paths.filter((path) => !isPath(path))
  if (wrong.length > 0) {
    throw new TypeError(
      `Expected \`${option}\` to be a path that begins with / and has no query, or a list of such paths, got ${describe(wrong[0])}`,
    )
  }
  return paths as readonly string[]
}

function isPath(value: unknown): boolean {
  return typeof value === 'string' && /^\/[^?#\s]*$/.test(value)
}
