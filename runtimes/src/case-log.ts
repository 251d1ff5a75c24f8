import { appendFileSync, readFileSync } from 'node:fs'

/** How a case ended. */
export type CaseState = 'passed' | 'failed' | 'skipped'

/** What is known of a case: that it has begun, or how it ended. */
export interface CaseEntry {
  readonly name: string
  readonly state: 'begun' | CaseState
  readonly error?: string | undefined
}

/** A process that runs cases. */
export interface ProcessEntry {
  /** What it runs on: `bun`. */
  readonly runtime: string
  /** `ended` when there was no case left. */
  readonly state: 'begun' | 'ended'
}

/** A line of the log. */
export type LogEntry = CaseEntry | ProcessEntry

/** Where the file is that the cases of a run are logged to. */
export const caseLogVariable = 'LASTCALL_CASE_LOG'

/** Adds a line, which is there even if the process ends in the same instant. */
export function logCase(file: string, entry: LogEntry): void {
  appendFileSync(file, `${JSON.stringify(entry)}\n`)
}

/** Every line that is whole: the last may be half written when the process is killed. */
export function readCaseLog(file: string): LogEntry[] {
  const lines = readFileSync(file, 'utf8').split('\n').slice(0, -1)
  return lines.map((line) => JSON.parse(line) as LogEntry)
}

/** The latest that is known of each case, in the order in which they began. */
export function casesOf(entries: readonly LogEntry[]): Map<string, CaseEntry> {
  return new Map(entries.flatMap((entry) => ('name' in entry ? [[entry.name, entry] as const] : [])))
}
