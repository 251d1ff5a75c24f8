import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'

const root = fileURLToPath(new URL('..', import.meta.url))
const source = /^(.*\/packages\/(?:core|http))\/src\/(.*)\.ts$/

// oxlint-disable-next-line import/no-default-export -- vitest reads the default export
export default defineConfig({
  root,
  plugins: [
    {
      name: 'compiled-packages',
      enforce: 'pre',
      // The compiled file in place of the source that a test imports.
      async resolveId(id, importer, options) {
        const resolved = await this.resolve(id, importer, { ...options, skipSelf: true })
        const [, folder, name] = source.exec(resolved?.id ?? '') ?? []
        return folder === undefined ? resolved : `${folder}/dist/${name}.js`
      },
    },
  ],
  test: {
    include: ['packages/{core,http}/test/**/*.test.ts'],
    // They do hundreds of times, at chosen moments and under load, what others do once.
    exclude: ['packages/core/test/signal-gap.test.ts', 'packages/http/test/wire-loss.test.ts'],
    setupFiles: 'quality/take-coverage.ts',
    testTimeout: 20_000,
    fileParallelism: false,
    // What Node itself loads is what the child processes run as well: one file to count in.
    server: { deps: { external: [/\/packages\/(?:core|http|testkit)\/dist\//] } },
  },
})
