import { read } from './pages.ts'

/** A number that a page states and the code holds. */
export interface Statement {
  readonly page: string
  /** What the page says: its group is the number, and every match is compared. */
  readonly pattern: RegExp
  /** What the number is to be multiplied with to be the constant's: 1,000 for seconds. */
  readonly unit: number
  /** Where the code holds it: `core/src/run.ts#defaultExitTimeout`. */
  readonly constant: string
}

/** Reads a constant from the source, where it is no part of what a package exports. */
export async function constantOf(constant: string): Promise<unknown> {
  const [path = '', name = ''] = constant.split('#')
  const source = await read(`packages/${path}`)
  const [, value] = new RegExp(`^(?:export )?const ${name}(?:: [^=\\n]+)? = (.+)$`, 'm').exec(source) ?? []
  if (value === undefined) throw new Error(`Expected ${path} to have a constant ${name}, got none`)
  return JSON.parse(value.replaceAll('_', '').replaceAll("'", '"'))
}

/** Reads a constant that is a number. */
export async function numberOf(constant: string): Promise<number> {
  return Number(await constantOf(constant))
}

/** Says what is wrong with a statement of a text. */
export async function statementFaults(text: string, { pattern, unit, constant }: Statement): Promise<string[]> {
  const expected = await numberOf(constant)
  const stated = [...text.matchAll(new RegExp(pattern, 'g'))].map(([, number = '']) => toNumber(number) * unit)
  if (stated.length === 0) return [`${String(pattern)} is not there`]
  return stated
    .filter((number) => number !== expected)
    .map((number) => `${number} is not the ${expected} of ${constant}`)
}

/** Reads the one number that a program has in some place: `25_000`. */
export function numberIn(code: string, pattern: RegExp): number {
  const [, number] = pattern.exec(code) ?? []
  if (number === undefined) throw new Error(`Expected the program to have ${String(pattern)}, got none`)
  return toNumber(number)
}

function toNumber(text: string): number {
  return Number(text.replaceAll(/[_,]/g, ''))
}
