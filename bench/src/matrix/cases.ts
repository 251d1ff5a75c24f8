import type { Case } from './case.ts'
import { hangCases } from './hang-cases.ts'
import { freshCase, keepAliveCase } from './load-cases.ts'
import { lostCases } from './lost-cases.ts'
import { processCases } from './process-cases.ts'

/** Cases that may run beside one another. */
export const singleCases: readonly Case[] = [...lostCases, ...hangCases, ...processCases]

/** Cases beside which nothing else is to run. */
export const loadCases: readonly Case[] = [keepAliveCase, freshCase]

/** All cases, by group. */
export const cases: readonly Case[] = [...lostCases, ...loadCases, ...hangCases, ...processCases]
