import { parseArgs } from 'node:util'
import { type HttpReuse, httpReuses, type Manner, type Mode, modes } from './haproxy-configuration.ts'
import { type NamedVersion, versions } from './versions.ts'

const mostRounds = 1_000
const defaultRounds = '10'
const defaultMode: Mode = 'http'
/** The hard case: any request goes on any connection that is idle, also on one that a replica is closing at that moment. */
const defaultReuse: HttpReuse = 'always'

export interface Options {
  /** How many times each replica is restarted. */
  readonly rounds: number
  readonly manner: Manner
  readonly versions: readonly NamedVersion[]
}

/** Reads what stands on the command line; throws an `Error` that says what was expected and what came. */
export function readOptions(words: readonly string[]): Options {
  const { values } = parseArgs({
    args: [...words],
    options: {
      rounds: { type: 'string', default: defaultRounds },
      mode: { type: 'string', default: defaultMode },
      reuse: { type: 'string', default: defaultReuse },
      only: { type: 'string', default: Object.keys(versions).join(',') },
    },
  })
  return {
    rounds: readRounds(values.rounds),
    manner: { mode: oneOf(modes, 'mode', values.mode), reuse: oneOf(httpReuses, 'reuse', values.reuse) },
    versions: values.only.split(',').map(readVersion),
  }
}

function oneOf<Value extends string>(values: readonly Value[], option: string, text: string): Value {
  const value = values.find((each) => each === text)
  if (value !== undefined) return value
  throw new RangeError(`Expected \`--${option}\` to be one of ${values.join(', ')}, got "${text}"`)
}

function readRounds(text: string): number {
  const rounds = Number(text)
  if (/^\d+$/.test(text) && rounds >= 1 && rounds <= mostRounds) return rounds
  throw new RangeError(`Expected \`--rounds\` to be a whole number from 1 to ${mostRounds}, got "${text}"`)
}

function readVersion(name: string): NamedVersion {
  const version = Object.hasOwn(versions, name) ? versions[name] : undefined
  if (version !== undefined) return version
  throw new RangeError(
    `Expected \`--only\` to be some of ${Object.keys(versions).join(',')} with commas between, got "${name}"`,
  )
}
