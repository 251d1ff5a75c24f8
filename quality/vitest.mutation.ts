import { defineConfig } from 'vitest/config'
import { BaseSequencer, type TestSpecification } from 'vitest/node'

/** The property test takes longest, and waits for ever where a fault keeps a stop from its end. */
class PropertiesLast extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    return files.toSorted((one, other) => place(one) - place(other))
  }
}

function place({ moduleId }: TestSpecification): number {
  return moduleId.includes('properties') ? 1 : 0
}

// oxlint-disable-next-line import/no-default-export -- vitest reads the default export
export default defineConfig({
  test: {
    // Those that run in this process, on fake timers: a fault is found in milliseconds.
    include: [
      'packages/core/test/{check,deadlines,events,log,nesting,order,register,report}.test.ts',
      'packages/core/test/{start,started,stop,task-tracker,tracing,properties}.test.ts',
    ],
    env: { LASTCALL_RUNS: '200', LASTCALL_SEED: '1' },
    testTimeout: 2_000,
    sequence: { sequencer: PropertiesLast },
  },
})
