import { errorLine, firstLine, formatDuration, formatLimit, printable, reasonText, valueText } from './format.ts'
import { isInstance } from './is-instance.ts'
import type { HookReport, Outcome, StopReport } from './report.ts'

const columns = 100
const barColumns = 30
const longestName = 24
const durationColumns = 8

const glyphs: Readonly<Record<Outcome, string>> = {
  stopped: '█',
  aborted: '▓',
  abandoned: '▒',
  failed: '░',
  'not-started': '·',
}

const announcing = '─'
const starting = '╌'

interface Span {
  readonly startedAt: number
  readonly duration: number
}

/** A hook with how deep it lies: 0 in the lifecycle itself, 1 in one within it, and so on. */
interface Row {
  readonly hook: HookReport
  readonly depth: number
  /** The report of the lifecycle that it is, if it is one. */
  readonly inner: StopReport | undefined
}

/** Tells the report of a lifecycle within the lifecycle from anything else that a hook may return. */
type IsReport = (detail: unknown) => detail is StopReport

/** Draws a report: a line that says how it went, then a line a hook, its bar on the time axis of the whole stop. */
export function drawReport(report: StopReport, isReport: IsReport): string {
  const rows = rowsOf(report.hooks, 0, isReport)
  const widths = rows.map(({ hook, depth }) => 2 * depth + printable(hook.name).length)
  const nameColumns = Math.min(
    longestName,
    widths.reduce((widest, width) => Math.max(widest, width), 0),
  )
  return [title(report), ...rows.flatMap((row) => drawRow(row, report, nameColumns))].join('\n')
}

/** The hooks of a lifecycle, each followed by those within it. */
function rowsOf(hooks: readonly HookReport[], depth: number, isReport: IsReport): Row[] {
  return hooks.flatMap((hook) => {
    const inner = isReport(hook.detail) ? hook.detail : undefined
    return [{ hook, depth, inner }, ...rowsOf(inner?.hooks ?? [], depth + 1, isReport)]
  })
}

function title(report: StopReport): string {
  const reason = isInstance(report.reason, Error) ? `"${reasonText(report.reason)}"` : reasonText(report.reason)
  const scaled = report.scale < 1 ? `, declared timeouts scaled to ${Math.floor(report.scale * 100)} % to fit` : ''
  const times = ` in ${formatDuration(report.duration)} of ${formatLimit(report.timeout)}`
  const ending = `${report.ok ? '' : ', not clean'}${scaled}`
  return `stopped by ${clip(printable(reason), columns - 11 - times.length - ending.length)}${times}${ending}`
}

function drawRow(row: Row, report: StopReport, nameColumns: number): string[] {
  const { hook, depth } = row
  const name = clip('  '.repeat(depth) + printable(hook.name), nameColumns).padEnd(nameColumns)
  const lead = `  ${name}  ${bar(hook, report)}  `
  const [first = '', ...more] = remarks(row)
  const time = hook.outcome === 'not-started' ? '' : formatDuration(hook.duration)
  const line = `${lead}${time.padStart(durationColumns)}  ${first}`
  const indent = ' '.repeat(lead.length + durationColumns + 2)
  return [line, ...more.map((remark) => indent + remark)].map((text) => clip(text.trimEnd(), columns))
}

function bar({ start, beforeStop, ...hook }: HookReport, report: StopReport): string {
  const cells = Array.from({ length: barColumns }, () => ' ')
  if (start) paint(cells, start, report, starting, 0)
  if (beforeStop) paint(cells, beforeStop, report, announcing, 0)
  paint(cells, hook, report, glyphs[hook.outcome], 1)
  return cells.join('')
}

/** Fills the cells from the begin of something to its end, and at least so many. */
function paint(cells: string[], { startedAt, duration }: Span, report: StopReport, glyph: string, least: number): void {
  const cell = (time: number): number => (report.duration > 0 ? (time / report.duration) * barColumns : 0)
  const begin = Math.min(barColumns - 1, Math.max(0, Math.floor(cell(startedAt - report.startedAt))))
  const end = Math.min(barColumns, Math.round(cell(startedAt - report.startedAt + duration)))
  cells.fill(glyph, begin, Math.max(begin + least, end))
}

/** What is to be said of a hook beside its bar, a string for each line. */
function remarks({ hook, inner }: Row): string[] {
  const detail = inner ? [] : detailText(hook.detail)
  const error = hook.outcome === 'failed' && !inner ? printable(errorLine(hook.error)) : ''
  const { start, beforeStop } = hook
  const interrupted = start
    ? `start ${start.outcome === 'started' ? 'ended' : start.outcome} after ${formatDuration(start.duration)}`
    : ''
  const announcement =
    beforeStop && beforeStop.outcome !== 'stopped' ? `beforeStop ${outcomeText(beforeStop.outcome)}` : ''
  const late = hook.settledLate === undefined ? '' : `settled ${formatDuration(hook.settledLate)} late`
  const waiting = hook.waitingFor === undefined ? '' : `waiting for ${printable(firstLine(hook.waitingFor))}`
  const [first = '', ...more] = detail
  const outcome = hook.outcome === 'stopped' ? '' : outcomeText(hook.outcome)
  // The error of a hook that fails by what it returned repeats that.
  const cause = first !== '' && error.endsWith(first) ? '' : error
  const words = [outcome, interrupted, cause, announcement, waiting, late, first]
  return [words.filter((word) => word !== '').join(': '), ...more]
}

function outcomeText(outcome: Outcome): string {
  return outcome.replace('-', ' ')
}

function detailText(detail: unknown): string[] {
  return valueText(detail)?.split('\n').map(printable) ?? []
}

function clip(value: string, length: number): string {
  if (value.length <= length) return value
  const cut = value.slice(0, Math.max(0, length - 1))
  // A character outside the basic plane is two of a string's.
  return `${/[\uD800-\uDBFF]$/.test(cut) ? cut.slice(0, -1) : cut}…`
}
