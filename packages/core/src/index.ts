// For applications.
export { CheckReport, type HookCheck } from './check.ts'
export { HookTimeoutError, HookUnusedError, StartError, StopError, StopForcedError, StoppingError } from './errors.ts'
export type {
  CheckContext,
  Hook,
  HookGroup,
  HookNeeds,
  Registrable,
  ReportFailure,
  StartContext,
  StopContext,
  StopReason,
} from './hook.ts'
export { Lifecycle } from './lifecycle.ts'
export type { CheckOptions, LifecycleOptions, StartOptions, StopOptions } from './lifecycle-options.ts'
export type { LifecycleEvents, State } from './lifecycle-events.ts'
export type { Logger } from './log.ts'
export type { ErrorJson } from './json.ts'
export {
  type BeforeStopReport,
  type HookReport,
  type HookReportJson,
  type InterruptedStart,
  type Outcome,
  type StartOutcome,
  StopReport,
  type StopReportJson,
} from './report.ts'
export { run, type RunOptions } from './run.ts'
export { TaskReport, TaskTracker } from './task-tracker.ts'
export type { HookTrace, StartTrace, StopTrace } from './tracing.ts'

// For authors of adapters.
export { describe, expectDuration, expectKnown, expectName, expectOptions, type OptionNames } from './expect.ts'
export { isInstance } from './is-instance.ts'
export { errorLine, formatDuration, formatLimit, printable, valueText } from './format.ts'
