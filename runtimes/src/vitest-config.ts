import { fileURLToPath } from 'node:url'
import { defineConfig, type ViteUserConfig } from 'vitest/config'

/** How long a case may take by the clock of the runtime, in ms: on Node none takes longer than a second. */
const caseTimeout = 4_000

const config: ViteUserConfig = defineConfig({
  test: {
    // The cases of the testkit, as the packages declare them.
    include: ['packages/http/test/conformance.test.ts'],
    runner: fileURLToPath(new URL('case-runner.js', import.meta.url)),
    testTimeout: caseTimeout,
    hookTimeout: caseTimeout,
    teardownTimeout: caseTimeout,
    fileParallelism: false,
  },
})

// oxlint-disable-next-line import/no-default-export -- vitest reads the default export
export default config
