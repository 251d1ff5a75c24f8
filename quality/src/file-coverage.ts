import { parse } from 'acorn'
import { convert } from 'ast-v8-to-istanbul'
import istanbul, { type CoverageSummary, type FileCoverage } from 'istanbul-lib-coverage'
import type { Profiler } from 'node:inspector'
import { type CoverageException, exceptionsIn, withoutException } from './coverage-exceptions.ts'

/** A place that no test has reached. */
export interface Gap {
  readonly line: number
  readonly kind: 'statement' | 'function' | 'branch'
}

/** What the tests reach of one source file. */
export interface SourceCoverage {
  readonly summary: CoverageSummary
  readonly gaps: readonly Gap[]
  readonly exceptions: readonly (CoverageException & { readonly isNeeded: boolean })[]
}

/** A source file, and the file that is run in its place. */
export interface CompiledFile {
  readonly url: string
  readonly source: string
  readonly code: string
}

/**
 * Maps what was counted of a compiled file to its source.
 *
 * @param counted - `undefined` where it was never loaded.
 */
export async function measure(
  { url, source, code }: CompiledFile,
  counted: Profiler.ScriptCoverage | undefined,
): Promise<SourceCoverage> {
  const { functions } = counted ?? neverLoaded(code)
  const coverage = { url, functions }
  const whole = await mapped(code, coverage)
  const gaps = gapsOf(whole)
  const exceptions = []
  for (const [index, exception] of exceptionsIn(source).entries()) {
    const stricter = gapsOf(await mapped(withoutException(code, index), coverage))
    exceptions.push({ ...exception, isNeeded: stricter.length > gaps.length })
  }
  return { summary: whole.toSummary(), gaps, exceptions }
}

function neverLoaded(code: string): Pick<Profiler.ScriptCoverage, 'functions'> {
  const ranges = [{ startOffset: 0, endOffset: code.length, count: 0 }]
  return { functions: [{ functionName: '', ranges, isBlockCoverage: true }] }
}

async function mapped(
  code: string,
  coverage: Pick<Profiler.ScriptCoverage, 'functions' | 'url'>,
): Promise<FileCoverage> {
  const ast = parse(code, { ecmaVersion: 'latest', sourceType: 'module' })
  const [file] = Object.values(await convert({ code, coverage, ast }))
  if (file === undefined) throw new Error(`Expected ${coverage.url} to have a source`)
  return istanbul.createFileCoverage(file)
}

function gapsOf({ s, statementMap, f, fnMap, b, branchMap }: FileCoverage): Gap[] {
  const statements = missing(s).map((key) => ({ line: statementMap[key]?.start.line ?? 0, kind: 'statement' as const }))
  const functions = missing(f).map((key) => ({ line: fnMap[key]?.loc.start.line ?? 0, kind: 'function' as const }))
  const branches = Object.entries(b).flatMap(([key, counts]) =>
    // An `else` that is not written has no place of its own.
    missing(counts).map((index) => {
      const branch = branchMap[key]
      const line = branch?.locations[Number(index)]?.start.line ?? branch?.loc.start.line ?? 0
      return { line, kind: 'branch' as const }
    }),
  )
  return [...statements, ...functions, ...branches].toSorted((one, other) => one.line - other.line)
}

/** The keys of what was never counted. */
function missing(counts: { readonly [key: string]: number } | readonly number[]): string[] {
  return Object.entries(counts).flatMap(([key, count]) => (count === 0 ? [key] : []))
}
