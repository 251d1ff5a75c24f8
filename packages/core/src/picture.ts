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

/** Draws a report: a line that says how it went, then a line a hook, its bar on the time axis of the whole stop. */
export function drawReport(report: StopReport): string {
  const nameColumns = Math.min(longestName, Math.max(0, ...report.hooks.map(({ name }) => printable(name).length)))
  return [title(report), ...report.hooks.flatMap((hook) => drawHook(hook, report, nameColumns))].join('\n')
}

function title(report: StopReport): string {
  const reason = report.reason instanceof Error ? `"${reasonText(report.reason)}"` : reasonText(report.reason)
  const scaled = report.scale < 1 ? `, declared timeouts scaled to ${Math.floor(report.scale * 100)} % to fit` : ''
  const times = ` in ${formatDuration(report.duration)} of ${formatLimit(report.timeout)}`
  const ending = `${report.ok ? '' : ', not clean'}${scaled}`
  return `stopped by ${clip(printable(reason), columns - 11 - times.length - ending.length)}${times}${ending}`
}

function drawHook(hook: HookReport, report: StopReport, nameColumns: number): string[] {
  const name = clip(printable(hook.name), nameColumns).padEnd(nameColumns)
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
  const error = hook.outcome === 'failed' ? printable(errorText(hook.error)) : ''
  const late = hook.settledLate === undefined ? '' : `settled ${formatDuration(hook.settledLate)} late`
  const [first = '', ...more] = detail
  const words = [hook.outcome === 'stopped' ? '' : hook.outcome.replace('-', ' '), error, late, first]
  return [words.filter((word) => word !== '').join(': '), ...more]
}

function detailText(detail: unknown): string[] {
  if (detail === undefined || detail === null) return []
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
