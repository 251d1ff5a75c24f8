/** A comment that takes code out of the coverage. */
export interface CoverageException {
  readonly line: number
  /** `undefined` where it gives none, or in another form than it has to. */
  readonly reason: string | undefined
}

const anyHint = /\b(?:istanbul|[cv]8|node:coverage)\s+ignore\b.*?(?:\*\/|$)/gm
const goodHint = /^v8 ignore (?:next|if|else) -- (?<reason>\S.*?) \*\/$/

/** The exceptions in a source, each of which is to say `v8 ignore next`, `if` or `else`, then ` -- ` and why, in a comment of one line. */
export function exceptionsIn(code: string): readonly CoverageException[] {
  return code.split('\n').flatMap((text, index) =>
    [...text.matchAll(anyHint)].map(([hint]) => ({
      line: index + 1,
      reason: goodHint.exec(hint)?.groups?.['reason'],
    })),
  )
}

/** The code without one of its exceptions, every character in its place. */
export function withoutException(code: string, index: number): string {
  let count = -1
  return code.replaceAll(anyHint, (hint) => {
    count += 1
    return count === index ? hint.replace('ignore', 'ignor_') : hint
  })
}
