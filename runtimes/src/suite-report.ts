import { relative } from 'node:path'

/** How many files may be run again: with more of them it is not the machine. */
const mostFilesAgain = 3

/** What is read of the report that vitest's reporter "json" writes. */
interface VitestReport {
  readonly testResults: readonly {
    /** The path of the file. */
    readonly name: string
    readonly status: 'passed' | 'failed'
    readonly assertionResults: readonly { readonly status: string }[]
  }[]
}

/** How the tests of one file ended. */
export interface FileReport {
  readonly passed: number
  readonly failed: number
  readonly skipped: number
  /** Whether none of them failed, and the file itself could be run. */
  readonly ok: boolean
}

/** How the tests of each file ended, by its path from the root. */
export class SuiteReport {
  readonly files: ReadonlyMap<string, FileReport>

  constructor(files: ReadonlyMap<string, FileReport>) {
    this.files = files
  }

  static parse(text: string, root: string): SuiteReport {
    const { testResults } = JSON.parse(text) as VitestReport
    return new SuiteReport(
      new Map(
        testResults.map(({ name, status, assertionResults }) => {
          const count = (wanted: string): number => assertionResults.filter((test) => test.status === wanted).length
          const [passed, failed] = [count('passed'), count('failed')]
          const skipped = assertionResults.length - passed - failed
          return [relative(root, name), { passed, failed, skipped, ok: status === 'passed' }]
        }),
      ),
    )
  }

  /** The files that are to be run again: those that failed, where they are so few that the machine may have been busy. */
  get again(): readonly string[] {
    const failed = [...this.files].filter(([, { ok }]) => !ok).map(([file]) => file)
    return failed.length > mostFilesAgain ? [] : failed
  }

  /** The same with some files as they ended when they were run again. */
  with(later: SuiteReport): SuiteReport {
    return new SuiteReport(new Map([...this.files, ...later.files]))
  }

  total(of: 'passed' | 'failed' | 'skipped'): number {
    return [...this.files.values()].reduce((total, file) => total + file[of], 0)
  }
}
