import { fileURLToPath } from 'node:url'

/** The folder of the repository. */
export const root: string = fileURLToPath(new URL('../../', import.meta.url))

/** Where runtimes, and what they print, are kept between two runs: no part of what `pnpm install` installs. */
export const cache: string = fileURLToPath(new URL('../../node_modules/.cache/lastcall-runtimes/', import.meta.url))

export const vitest: string = fileURLToPath(new URL('../../node_modules/vitest/vitest.mjs', import.meta.url))
