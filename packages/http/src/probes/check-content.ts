import { CheckReport, type HookCheck, isInstance, valueText } from '@lastcall/core'

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
    ...(verbose && error !== undefined && { error: errorText(error) }),
    ...(isInstance(detail, CheckReport) && { checks: checkContents(detail, verbose) }),
  }
}

/** How many errors of one are told. */
const mostErrors = 10

/** Node says by several errors, and no message, that it could connect to none of the addresses of a host. */
function errorText(error: unknown): string {
  const inner: unknown = isInstance(error, AggregateError) ? error.errors : []
  return [error, ...(Array.isArray(inner) ? (inner as unknown[]).slice(0, mostErrors) : [])].map(valueText).join(', ')
}
