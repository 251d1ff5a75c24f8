import type { Verdict } from './verdict.ts'

/** What is told of a runtime at the end. */
export interface Row extends Verdict {
  readonly name: string
  readonly version: string
  readonly seconds: number
}

const headings = ['runtime', 'version', 'passed', 'skipped', 'failed', 'seconds', '']

/** A line for each runtime, under a line of headings. */
export function table(rows: readonly Row[]): string {
  const lines = [headings, ...rows.map(cells)]
  const widths = headings.map((_, column) => Math.max(...lines.map((line) => line[column]?.length ?? 0)))
  return lines
    .map((line) => {
      const padded = line.map((cell, column) =>
        column < 2 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0),
      )
      return padded.join('  ').trimEnd()
    })
    .join('\n')
}

function cells({ name, version, passed, skipped, failed, seconds, faults }: Row): string[] {
  const verdict = faults.length === 0 ? 'as expected' : `${faults.length} not as expected`
  return [name, version, ...[passed, skipped, failed].map(String), seconds.toFixed(0), verdict]
}
