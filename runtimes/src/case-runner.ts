import { type RunnerTask, TestRunner } from 'vitest'
import { casesOf, caseLogVariable, logCase, readCaseLog } from './case-log.ts'

const runtime = ['bun', 'deno'].find((name) => name in process.versions) ?? 'node'

/** Vitest's runner, which logs each case as it begins and ends, and leaves out those that are logged already. */
// oxlint-disable-next-line import/no-default-export -- vitest reads the default export
export default class CaseRunner extends TestRunner {
  readonly #file: string
  readonly #done: ReadonlySet<string>

  constructor(config: ConstructorParameters<typeof TestRunner>[0]) {
    super(config)
    const file = process.env[caseLogVariable]
    if (file === undefined) throw new Error(`Expected ${caseLogVariable} to name a file, got none`)
    this.#file = file
    this.#done = new Set(casesOf(readCaseLog(file)).keys())
    logCase(file, { runtime, state: 'begun' })
  }

  override async onBeforeRunTask(test: RunnerTask): Promise<void> {
    await super.onBeforeRunTask(test)
    const name = nameOf(test)
    if (this.#done.has(name)) test.mode = 'skip'
    else logCase(this.#file, { name, state: test.mode === 'run' || test.mode === 'queued' ? 'begun' : 'skipped' })
  }

  override onAfterRunTask(test: RunnerTask): void {
    super.onAfterRunTask(test)
    const { state, errors } = test.result ?? {}
    const error = errors?.map(({ message }) => message).join('; ')
    const ended = state === 'pass' ? 'passed' : state === 'fail' ? 'failed' : 'skipped'
    logCase(this.#file, { name: nameOf(test), state: ended, error })
  }

  override onAfterRunFiles(): void {
    super.onAfterRunFiles()
    logCase(this.#file, { runtime, state: 'ended' })
  }
}

/** The name of a case with those of the groups that it is in, without its file: `http > over HTTP/1 > …`. */
function nameOf(test: RunnerTask): string {
  const names = [test.name]
  for (let { suite } = test; suite; { suite } = suite) names.unshift(suite.name)
  return names.join(' > ').replaceAll(/\s+/g, ' ')
}
