// An ES module uses the lifecycle of a CommonJS module: classes with #private members are one type in both.
import { type Lifecycle, run, TaskTracker } from '@lastcall/core'
import { probes } from '@lastcall/http'
import required = require('./required.cjs')

export const lifecycle: Lifecycle = required.lifecycle
export const tracker: TaskTracker = required.tracker
lifecycle.register(new TaskTracker('more tasks'))
export const handler = probes(required.lifecycle)
await run(required.lifecycle)
