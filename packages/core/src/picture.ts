import { formatDuration, formatLimit } from './duration.ts'
import { reasonText } from './errors.ts'
import type { HookReport, Outcome, StopReport } from './report.ts'
import { valueText } from './value-text.ts'

const columns = 100
const barColumns = 30
const longestName = 24
const durationColumns = 8

const glyphs: Readonly<Record<Outcome, string>> = {
  stopped: '█',
  forced: '▓',
  'timed-out': '▒',
  failed: '░',
  'not-started': '·',
}

/** A hook with how deep it lies: 0 in the lifecycle itself, 1 in one within it, and so on. */
interface Row {
  readonly hook: HookReport
  readonly depth: number
}

/** Draws a report: a line that says how it went, then a line a hook, its bar on the time axis of the whole stop. */
export function drawReport(report: StopReport): string {
  const rows = rowsOf(report.hooks, 0)
  const widths = rows.map(({ hook, depth }) => 2 * depth + printable(hook.name).length)
  const nameColumns = Math.min(
    longestName,
    widths.reduce((widest, width) => Math.max(widest, width), 0),
  )
  return [title(report), ...rows.flatMap((row) => drawRow(row, report, nameColumns))].join('\n')
}

/** The hooks of a lifecycle, each followed by those within it. */
function rowsOf(hooks: readonly HookReport[], depth: number): Row[] {
  return hooks.flatMap((hook) => [{ hook, depth }, ...rowsOf(nested(hook.detail)?.hooks ?? [], depth + 1)])
}

/** The report of a lifecycle within the lifecycle, if that is what a hook returned. */
function nested(detail: unknown): StopReport | undefined {
  return typeof detail === 'object' && detail !== null && 'hooks' in detail && Array.isArray(detail.hooks)
    ? (detail as StopReport)
    : undefined
}

function title(report: StopReport): string {
  const reason = report.reason instanceof Error ? `"${reasonText(report.reason)}"` : reasonText(report.reason)
  const scaled = report.scale < 1 ? `, declared timeouts scaled to ${Math.floor(report.scale * 100)} % to fit` : ''
  const times = ` in ${formatDuration(report.duration)} of ${formatLimit(report.timeout)}`
  const ending = `${report.ok ? '' : ', not clean'}${scaled}`
  return `stopped by ${clip(printable(reason), columns - 11 - times.length - ending.length)}${times}${ending}`
}

function drawRow({ hook, depth }: Row, report: StopReport, nameColumns: number): string[] {
  const name = clip('  '.repeat(depth) + printable(hook.name), nameColumns).padEnd(nameColumns)
  const lead = `  ${name}  ${bar(hook, report)}  `
  const [first = '', ...more] = remarks(hook)
  const time = hook.outcome === 'not-started' ? '' : formatDuration(hook.duration)
  const line = `${lead}${time.padStart(durationColumns)}  ${first}`
  const indent = ' '.repeat(lead.length + durationColumns + 2)
  return [line, ...more.map((remark) => indent + remark)].map((text) => clip(text.trimEnd(), columns))
}

function bar(hook: HookReport, report: StopReport): string {
  const cell = (instant: number): number => (report.duration > 0 ? (instant / report.duration) * barColumns : 0)
  const begin = Math.min(barColumns - 1, Math.max(0, Math.floor(cell(hook.startedAt - report.startedAt))))
  const end = Math.min(barColumns, Math.round(cell(hook.startedAt - report.startedAt + hook.duration)))
  return (' '.repeat(begin) + glyphs[hook.outcome].repeat(Math.max(1, end - begin))).padEnd(barColumns)
}

/** What is to be said of a hook beside its bar, a string for each line. */
function remarks(hook: HookReport): string[] {
  const detail = detailText(hook.detail)
  const error = hook.outcome === 'failed' && !nested(hook.detail) ? printable(errorText(hook.error)) : ''
  const late = hook.settledLate === undefined ? '' : `settled ${formatDuration(hook.settledLate)} late`
  const [first = '', ...more] = detail
  const words = [hook.outcome === 'stopped' ? '' : hook.outcome.replace('-', ' '), error, late, first]
  return [words.filter((word) => word !== '').join(': '), ...more]
}

function detailText(detail: unknown): string[] {
  if (detail === undefined || detail === null || nested(detail)) return []
  return valueText(detail).split('\n').map(printable)
}

function errorText(error: unknown): string {
  return (valueText(error).split('\n', 1)[0] ?? '').replace(/^Error: /, '')
}

/** Replaces what would move the cursor or colour the terminal. */
function printable(value: string): string {
  return value.replaceAll(/\p{Cc}/gu, '?')
}

function clip(value: string, length: number): string {
  return value.length <= length ? value : `${value.slice(0, Math.max(0, length - 1))}…`
}
