import { readTable, writeTable } from './markdown-table.ts'
import { column } from './results-text.ts'

const begin = '<!-- The comparison: written by `npx -y pnpm@12 bench readme` from bench/RESULTS.md. -->'
const end = '<!-- The end of the comparison. -->'

/** What the README tells of the figures: the name of a column there, and here. */
const told: Readonly<Record<string, string>> = {
  '': column.peer,
  'cases that hold': column.cases,
  'lost by 200 clients, 5 stops': column.keepAliveLosses,
  'last byte to exit': column.timeToExit,
  'exit with 5,000 idle': column.stopWithIdle,
  'processor time': column.processorTime,
  installed: column.installed,
}

/** Makes the comparison of the README from RESULTS.md. */
export function comparisonText(results: string): string {
  const rows = readTable(results, 'Figures').map((row) =>
    Object.fromEntries(Object.entries(told).map(([here, there]) => [here, row[there] ?? ''])),
  )
  return writeTable(rows)
}

/** Puts the comparison into the README, where its marks are. */
export function withComparison(readme: string, results: string): string {
  const [before, rest] = split(readme, begin)
  const [, after] = split(rest, end)
  return `${before}${begin}\n\n${comparisonText(results)}\n\n${end}${after}`
}

function split(text: string, mark: string): [string, string] {
  const at = text.indexOf(mark)
  if (at < 0) throw new Error(`Expected a README with the mark ${mark}`)
  return [text.slice(0, at), text.slice(at + mark.length)]
}
