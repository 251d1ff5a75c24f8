// For applications.
export { HookTimeoutError, StartError, StopError, StopForcedError, StoppingError } from './errors.ts'
export type { Hook, HookGroup, StartContext, StopContext, StopReason } from './hook.ts'
export { Lifecycle, type LifecycleOptions, type StopOptions } from './lifecycle.ts'
export type { LifecycleEvents, State } from './lifecycle-events.ts'
export type { Logger } from './log.ts'
export { type HookReport, type Outcome, StopReport } from './report.ts'
export { run, type RunOptions } from './run.ts'

// For authors of adapters.
export { describe, expectDuration, formatDuration, formatLimit } from './duration.ts'
