import { defineConfig } from 'vitest/config'

// oxlint-disable-next-line import/no-default-export -- vitest reads the default export
export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    globalSetup: 'test/consumer-project.ts',
    testTimeout: 120_000,
    hookTimeout: 300_000,
    // The tests of types compile side by side. No other file competes with them for the cores.
    maxConcurrency: 2,
    fileParallelism: false,
  },
})
