import istanbul, { type CoverageSummary } from 'istanbul-lib-coverage'
import type { SourceCoverage } from './file-coverage.ts'

const kinds = ['lines', 'branches', 'functions', 'statements'] as const

/** What the tests reach of all files, as text for a terminal. */
export class CoverageReport {
  readonly #files: ReadonlyMap<string, SourceCoverage>

  /** @param files - By their paths. */
  constructor(files: ReadonlyMap<string, SourceCoverage>) {
    this.#files = files
  }

  /** Whether every line and branch is reached, or excepted for a reason that still holds. */
  get ok(): boolean {
    return [...this.#files.values()].every(
      ({ gaps, exceptions }) =>
        gaps.length === 0 && exceptions.every(({ reason, isNeeded }) => reason !== undefined && isNeeded),
    )
  }

  toString(): string {
    const files = [...this.#files]
    const exceptions = files.flatMap(([path, file]) => file.exceptions.map((exception) => ({ path, ...exception })))
    return [
      ...files.flatMap(([path, file]) => (file.gaps.length > 0 ? gapsText(path, file) : [])),
      count(exceptions.length),
      ...exceptions.map(({ path, line, reason, isNeeded }) => `  ${path}:${line}  ${verdict(reason, isNeeded)}`),
      share(
        `in ${files.length} ${files.length === 1 ? 'file' : 'files'}`,
        total(files.map(([, { summary }]) => summary)),
      ),
      this.ok
        ? 'Every line and branch is reached.'
        : 'Expected every line and branch to be reached, or excepted for a reason.',
    ].join('\n')
  }
}

function count(exceptions: number): string {
  if (exceptions === 0) return 'no exceptions'
  return exceptions === 1 ? '1 exception:' : `${exceptions} exceptions:`
}

function verdict(reason: string | undefined, isNeeded: boolean): string {
  if (reason === undefined) return 'NO REASON: expected `/* v8 ignore next -- <reason> */`, with `next`, `if` or `else`'
  return isNeeded ? reason : `NOT NEEDED: the tests reach what follows (${reason})`
}

function gapsText(path: string, { summary, gaps }: SourceCoverage): string[] {
  const places = new Set(gaps.map(({ line, kind }) => `  ${path}:${line}  ${kind}`))
  return [share(path, summary), ...places]
}

function share(name: string, summary: CoverageSummary): string {
  const parts = kinds.map((kind) => {
    const { covered, total: of, pct } = summary[kind]
    return `${covered} of ${of} ${kind} (${pct} %)`
  })
  return `${name}: ${parts.join(', ')}`
}

function total(summaries: readonly CoverageSummary[]): CoverageSummary {
  const sum = istanbul.createCoverageSummary()
  for (const summary of summaries) sum.merge(summary)
  return sum
}
