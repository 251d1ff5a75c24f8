// Uses what @lastcall/core exports, as TypeScript programs do.
import {
  type BeforeStopReport,
  type CheckContext,
  type CheckOptions,
  type CheckReport,
  describe,
  expectDuration,
  expectName,
  formatDuration,
  formatLimit,
  type Hook,
  type HookCheck,
  type HookGroup,
  type HookReport,
  HookTimeoutError,
  type HookTrace,
  isInstance,
  Lifecycle,
  type LifecycleEvents,
  type LifecycleOptions,
  type Logger,
  type Outcome,
  run,
  type RunOptions,
  type StartContext,
  StartError,
  type StartOptions,
  type StartTrace,
  type State,
  type StopContext,
  StopError,
  StopForcedError,
  type StopOptions,
  StoppingError,
  type StopReason,
  type StopReport,
  type StopTrace,
  TaskReport,
  TaskTracker,
  valueText,
} from '@lastcall/core'

const lifecycleOptions: LifecycleOptions = { name: 'shop', timeout: 5_000, startTimeout: undefined }
const lifecycle: Lifecycle = new Lifecycle(lifecycleOptions)

class Pool implements Hook {
  readonly name = 'pool'
  readonly timeout = 500
  async start({ signal }: StartContext): Promise<string> {
    signal.throwIfAborted()
    return 'connected'
  }
  stop({ signal, deadline, reason }: StopContext): string {
    return `${String(signal.aborted)} ${deadline - Date.now()} ${String(reason)}`
  }
  check({ signal }: CheckContext): void {
    signal.throwIfAborted()
  }
  waitingFor(): string {
    return 'a client'
  }
}

const pool: Pool = lifecycle.register(new Pool())
const group: HookGroup = [pool, { name: 'cache' }]
const pair = lifecycle.register([new Pool(), new TaskTracker('jobs', { timeout: 100 })])
const tracker: TaskTracker = pair[1]
const named: Hook = lifecycle.register('telemetry', ({ signal }) => signal.aborted)
const answer: Promise<number> = tracker.run((signal) => (signal.aborted ? 1 : Promise.resolve(2)))
const tracked: Promise<string> = tracker.track(Promise.resolve('done'))

lifecycle.on('hookStopped', ({ name, outcome, beforeStop }) => {
  const worst: Outcome = beforeStop?.outcome ?? outcome
  return `${name} ${worst}`
})
lifecycle.once('report', (report) => String(report)).off('state', () => {})

const logger: Logger = { info: () => {}, warn: () => {}, error: () => {} }
const runOptions: RunOptions = { logger, signals: ['SIGTERM'], exitTimeout: 500, ipc: false }
const startOptions: StartOptions = { signal: lifecycle.stopping, rollback: undefined }
const stopOptions: StopOptions = { reason: new Error('no more'), deadline: Date.now() + 100, force: true }
const checkOptions: CheckOptions = { timeout: 5 }

export async function main(): Promise<readonly unknown[]> {
  const state: State = lifecycle.state
  await lifecycle.start(startOptions)
  const checks: CheckReport = await lifecycle.check(checkOptions)
  const first: HookCheck | undefined = checks.checks[0]
  const report: StopReport = await lifecycle.stop(stopOptions)
  const hooks: readonly HookReport[] = report.hooks
  const announced: BeforeStopReport | undefined = hooks[0]?.beforeStop
  const reason: StopReason = report.reason
  const ran: StopReport = await run(lifecycle, runOptions)
  return [state, first, announced, reason, ran, await answer, await tracked, named, group]
}

export async function disposed(): Promise<void> {
  await lifecycle[Symbol.asyncDispose]()
}

export function told(error: unknown): string {
  if (error instanceof HookTimeoutError) return `${error.hook} ${error.limit} ${error.code}`
  if (error instanceof StartError) return `${error.hook ?? ''} ${String(error.report)}`
  if (error instanceof StopError) return `${error.errors.length} ${String(error.report.ok)}`
  if (error instanceof StopForcedError) return `${error.abortGrace}`
  if (error instanceof StoppingError) return String(error.reason)
  return isInstance(error, TaskReport) ? `${error.left}` : describe(error)
}

export function traced(trace: HookTrace | StartTrace | StopTrace): string {
  return 'hook' in trace ? trace.action : trace.lifecycle
}

export function checked(name: unknown, timeout: unknown): string {
  expectName('`name`', name)
  const milliseconds: number = expectDuration('timeout', timeout)
  return name.trim() + formatDuration(milliseconds) + formatLimit(milliseconds) + valueText(timeout)
}

export const events: (keyof LifecycleEvents)[] = ['state', 'stopping', 'report', 'hookStarted', 'hookStopping']

// @ts-expect-error -- a duration is a number
export const refused = new Lifecycle({ timeout: '5s' })
