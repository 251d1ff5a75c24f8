/** What came of the tests on a runtime. */
export interface Verdict {
  readonly passed: number
  readonly skipped: number
  /** Also those that are known to fail. */
  readonly failed: number
  /** What is not as it is expected to be. */
  readonly faults: readonly string[]
}
