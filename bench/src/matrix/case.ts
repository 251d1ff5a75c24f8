import type { Launch } from './service.ts'

/** What came of a case. */
export interface Verdict {
  readonly holds: boolean
  /** What was seen; empty where there is nothing to say. */
  readonly happened: string
}

/** What a service is asked to show when it is stopped. */
export interface Case {
  readonly group: 'Nothing accepted is lost' | 'Nothing hangs' | 'The process'
  /** A sentence about the service. */
  readonly name: string
  /** Whether it is about HTTP/2. */
  readonly http2?: true
  /** Launches a service, and stops it. */
  readonly run: (launch: Launch) => Promise<Verdict>
}

/** A case of which only what is wrong is told: `run` resolves to that, or to undefined. */
interface SimpleCase extends Pick<Case, 'name' | 'http2'> {
  readonly run: (launch: Launch) => Promise<string | undefined>
}

/** Makes the cases of a group. */
export function casesOf(group: Case['group'], simple: readonly SimpleCase[]): Case[] {
  return simple.map(({ run, ...rest }) => ({
    ...rest,
    group,
    run: async (launch) => {
      const wrong = await run(launch)
      return { holds: wrong === undefined, happened: wrong ?? '' }
    },
  }))
}

/** Resolves to the first thing that was wrong, if anything was. */
export async function firstWrong(...found: readonly Promise<string | undefined>[]): Promise<string | undefined> {
  return (await Promise.all(found)).find((wrong) => wrong !== undefined)
}
