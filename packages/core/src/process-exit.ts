import { fileURLToPath } from 'node:url'
import { stackFrames } from './format.ts'

/** What is known when a process ends. */
export interface ExitFacts {
  /** The number of the signal that forced the stop. */
  readonly forcedBy: number | undefined
  /** Whether the process has crashed, or its start has failed. */
  readonly failed: boolean
  /** Whether everything has stopped, and cleanly. */
  readonly clean: boolean
  /** The code that the application has set. */
  readonly applicationCode: string | number | null | undefined
}

/** The exit code that tells the truth; one that the application has set stands in place of 0. */
export function exitCode({ forcedBy, failed, clean, applicationCode }: ExitFacts): string | number {
  if (forcedBy !== undefined) return 128 + forcedBy
  return clean && !failed ? (applicationCode ?? 0) : 1
}

/** Whether an exit code means success to the system, which keeps eight bits of it. */
export function isSuccess(code: unknown): boolean {
  return (Number(code) & 0xff) === 0
}

/**
 * Where `process.exit()` was called, `/app/db.js:12:5`, by a stack that was taken in a listener of `'exit'`. It is `undefined` when
 * the process ends in another way, or the stack does not show it.
 */
export function exitCallSite(stack: unknown): string | undefined {
  const frames = stackFrames(stack)
  const exit = frames.findLastIndex((frame) => /\bat process\.(exit|reallyExit)\b/.test(frame))
  const caller = exit === -1 ? undefined : frames[exit + 1]
  if (caller === undefined) return exit === -1 ? undefined : 'an unknown place'
  const [, place = caller.trim().replace(/^at /, '')] = /\((.*)\)$/.exec(caller) ?? []
  return place.startsWith('file:') ? pathOf(place) : place
}

function pathOf(place: string): string {
  const position = place.search(/(?::\d+)*$/)
  try {
    return `${fileURLToPath(place.slice(0, position))}${place.slice(position)}`
  } catch {
    return place
  }
}

/** Names functions by their names: `shutdown, 2 × anonymous`. */
export function functionNames(functions: readonly Function[]): string {
  const counts = new Map<string, number>()
  for (const { name } of functions) counts.set(name || 'anonymous', (counts.get(name || 'anonymous') ?? 0) + 1)
  return [...counts].map(([name, count]) => (count === 1 ? name : `${count} × ${name}`)).join(', ')
}
