// pnpm mutation: whether the tests notice faults in the code that keeps the order and the time.
/** @type {import('@stryker-mutator/api/core').PartialStrykerOptions} */
// oxlint-disable-next-line import/no-default-export -- Stryker reads the default export
export default {
  packageManager: 'pnpm',
  plugins: ['@stryker-mutator/vitest-runner'],
  testRunner: 'vitest',
  vitest: { configFile: 'quality/vitest.mutation.ts', related: false },
  mutate: ['packages/core/src/{bounded-call,budget,lifecycle,registry,start,stop}.ts'],
  // Of no use in the copy that is tested. The root's tsconfig.json would be read by TypeScript's API, which TypeScript 7 has not.
  ignorePatterns: ['bench', 'demo', 'docs', 'examples', 'packages/{express,http,koa,testkit}', 'dist', 'tsconfig.json'],
  coverageAnalysis: 'perTest',
  concurrency: 2,
  timeoutMS: 3_000,
  reporters: ['clear-text', 'progress-append-only'],
  clearTextReporter: { logTests: false, reportTests: false, reportScoreTable: true },
  allowEmpty: false,
  tempDirName: '.stryker-tmp',
  thresholds: { high: 98, low: 97, break: 96 },
}
