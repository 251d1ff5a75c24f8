import type { CaseEntry } from './case-log.ts'

/** What a list says of a case: that it fails, or that it fails in some runs. */
export type Expectation = 'fails' | 'sometimes fails'

/** A heading, and the cases below it. */
interface Section {
  readonly expectation: Expectation
  readonly heading: string
  readonly names: readonly string[]
}

/** What heads the cases of which nobody has said why they fail. */
const unexplained = '# Fails: nobody has looked why yet'

/**
 * The cases that are known to fail on a runtime, by their full names. Each stands below a heading that says why: `# Fails: …`,
 * or `# Sometimes fails: …`. Other lines that begin with `#` are for the reader.
 */
export class KnownFailures {
  readonly #preface: readonly string[]
  readonly #sections: readonly Section[]

  constructor(preface: readonly string[], sections: readonly Section[]) {
    this.#preface = preface
    this.#sections = sections
    const seen = new Set<string>()
    for (const name of sections.flatMap(({ names }) => names)) {
      if (seen.has(name)) throw new Error(`Expected each case to be listed once, got twice: ${name}`)
      seen.add(name)
    }
  }

  /** @throws Error when a case stands below no heading, or twice. */
  static parse(text: string): KnownFailures {
    const preface: string[] = []
    const sections: { expectation: Expectation; heading: string; names: string[] }[] = []
    for (const line of text.split('\n')) {
      const [, expectation] = /^# (Fails|Sometimes fails): ./.exec(line) ?? []
      const section = sections.at(-1)
      if (expectation !== undefined) {
        sections.push({ expectation: expectation.toLowerCase() as Expectation, heading: line, names: [] })
      } else if (line.startsWith('#')) {
        if (section) throw new Error(`Expected "# Fails: <reason>" or "# Sometimes fails: <reason>", got "${line}"`)
        preface.push(line)
      } else if (line !== '') {
        if (!section) throw new Error(`Expected a heading "# Fails: <reason>" above the first case, got "${line}"`)
        section.names.push(line)
      }
    }
    return new KnownFailures(preface, sections)
  }

  /** How many cases are listed of which it is said. */
  count(expectation: Expectation): number {
    return [...this.#expectations().values()].filter((each) => each === expectation).length
  }

  /** Says what came out otherwise than the list says, a line for each case. */
  faults(cases: ReadonlyMap<string, CaseEntry>): string[] {
    const expected = this.#expectations()
    const vanished = [...expected.keys()].filter((name) => !cases.has(name))
    return [
      ...[...cases.values()].flatMap((entry) => surprise(entry, expected.get(entry.name)) ?? []),
      ...vanished.map((name) => `is no case any more, take it off the list: ${name}`),
    ]
  }

  /** The cases that came out otherwise than the list says. */
  surprising(cases: ReadonlyMap<string, CaseEntry>): string[] {
    const expected = this.#expectations()
    return [...cases.values()]
      .filter((entry) => surprise(entry, expected.get(entry.name)) !== undefined)
      .map(({ name }) => name)
  }

  /** The list as these results would have it; what sometimes fails stays, whatever came of it this time. */
  renewed(cases: ReadonlyMap<string, CaseEntry>): KnownFailures {
    const expected = this.#expectations()
    const stays = (name: string): boolean => {
      const state = cases.get(name)?.state
      return state === 'failed' || (state !== undefined && expected.get(name) === 'sometimes fails')
    }
    const sections = this.#sections.map((section) => ({ ...section, names: section.names.filter(stays) }))
    const names = [...cases.values()]
      .filter(({ name, state }) => state === 'failed' && !expected.has(name))
      .map(({ name }) => name)
    const place = sections.find(({ heading }) => heading === unexplained)
    const others = sections.filter((section) => section !== place)
    const rest: Section = { expectation: 'fails', heading: unexplained, names: [...(place?.names ?? []), ...names] }
    return new KnownFailures(
      this.#preface,
      [...others, rest].filter(({ names: { length } }) => length > 0),
    )
  }

  toString(): string {
    const blocks = [this.#preface, ...this.#sections.map(({ heading, names }) => [heading, ...names])]
    const texts = blocks.filter(({ length }) => length > 0).map((lines) => `${lines.join('\n')}\n`)
    return texts.join('\n')
  }

  #expectations(): Map<string, Expectation> {
    return new Map(
      this.#sections.flatMap(({ expectation, names }) => names.map((name) => [name, expectation] as const)),
    )
  }
}

function surprise({ name, state, error }: CaseEntry, expectation: Expectation | undefined): string | undefined {
  if (expectation === undefined) {
    return state === 'failed' ? `fails, and is not known to: ${name}: ${error ?? ''}` : undefined
  }
  if (state === 'skipped') return `is skipped, take it off the list: ${name}`
  return state === 'passed' && expectation === 'fails' ? `passes, take it off the list: ${name}` : undefined
}
