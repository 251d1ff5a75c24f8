import { defineConfig } from 'vitest/config'

// oxlint-disable-next-line import/no-default-export -- vitest reads the default export
export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    globalSetup: 'test/consumer-project.ts',
    testTimeout: 120_000,
    hookTimeout: 300_000,
    // A program's exit is waited for: it must not compete with compilers for the cores.
    fileParallelism: false,
  },
})
