/** A row of a table, by the heads of its columns. */
export type TableRow = Readonly<Record<string, string>>

/** Writes a table of Markdown whose columns are as wide as their widest cell. */
export function writeTable(rows: readonly TableRow[]): string {
  const heads = Object.keys(rows[0] ?? {})
  const widths = heads.map((head) => Math.max(3, head.length, ...rows.map((row) => (row[head] ?? '').length)))
  const line = (cells: readonly string[], fill = ' '): string =>
    `| ${cells.map((cell, index) => cell.padEnd(widths[index] ?? 0, fill)).join(' | ')} |`
  const rule = heads.map(() => '')
  return [line(heads), line(rule, '-'), ...rows.map((row) => line(heads.map((head) => row[head] ?? '')))].join('\n')
}

/** Reads the first table of Markdown below a heading. */
export function readTable(text: string, heading: string): TableRow[] {
  const begin = text.indexOf(`\n## ${heading}\n`)
  const [, table] = /\n\n((?:\|.*\n)+)/.exec(begin < 0 ? '' : text.slice(begin)) ?? []
  if (table === undefined) throw new Error(`Expected a table below the heading "${heading}", got none`)
  const [heads = [], , ...rows] = table.trimEnd().split('\n').map(cellsOf)
  return rows.map((cells) => Object.fromEntries(heads.map((head, index) => [head, cells[index] ?? ''])))
}

function cellsOf(line: string): string[] {
  return line
    .split('|')
    .slice(1, -1)
    .map((cell) => cell.trim())
}
