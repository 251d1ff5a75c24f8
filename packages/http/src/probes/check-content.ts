import { CheckReport, errorLine, type HookCheck, isInstance } from '@lastcall/core'

/** What is told of one check. */
export interface CheckContent {
  readonly name: string
  readonly ok: boolean
  /** How long it took, in ms. */
  readonly duration?: number
  /** What it threw, as text. */
  readonly error?: string
  /** The checks of a lifecycle in a lifecycle. */
  readonly checks?: readonly CheckContent[]
}

/** What is told of all checks: without `verbose`, nothing that a hook has said or thrown. */
export function checkContents({ checks }: CheckReport, verbose: boolean): readonly CheckContent[] {
  return checks.map((check) => checkContent(check, verbose))
}

function checkContent({ name, ok, duration, error, detail }: HookCheck, verbose: boolean): CheckContent {
  return {
    name,
    ok,
    ...(verbose && { duration }),
    ...(verbose && error !== undefined && { error: errorLine(error) }),
    ...(isInstance(detail, CheckReport) && { checks: checkContents(detail, verbose) }),
  }
}
