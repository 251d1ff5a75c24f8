import express4 from 'express4'
import express5 from 'express5'

/** What the tests use of Express is the same in both majors, but for their types. */
export type Express = typeof express5

export const majors: Readonly<Record<'Express 4' | 'Express 5', Express>> = {
  'Express 4': express4 as unknown as Express,
  'Express 5': express5,
}
