import { defineConfig } from 'vitest/config'

// oxlint-disable-next-line import/no-default-export -- vitest reads the default export
export default defineConfig({
  test: {
    include: [
      '{packages,examples}/*/test/**/*.test.ts',
      '{bench,demo,docs,quality,rolling,runtimes}/test/**/*.test.ts',
    ],
    globalSetup: 'vitest.setup.ts',
    testTimeout: 20_000,
    // Some tests measure times in other processes: they must not compete for the cores.
    fileParallelism: false,
  },
})
