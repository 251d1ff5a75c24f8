import { setMaxListeners } from 'node:events'
import { boundedCall, type CallEnd } from './bounded-call.ts'
import { Budget } from './budget.ts'
import { now, since } from './clock.ts'
import { HookTimeoutError } from './errors.ts'
import type { Hook, StopContext, StopReason } from './hook.ts'
import type { LifecycleEmitter } from './lifecycle-events.ts'
import type { Entry, Registry } from './registry.ts'
import { type HookReport, type Outcome, StopReport } from './report.ts'

type Writable<T> = { -readonly [Key in keyof T]: T[Key] }

interface StopOptions {
  readonly registry: Registry
  readonly emitter: LifecycleEmitter
  readonly reason: StopReason
  /** The time for everything together, in ms. */
  readonly timeout: number
  /** What must end before the first hook stops: a start that is being cut short. Does not reject. */
  readonly after: Promise<unknown> | undefined
  /** Where errors are collected, in the order in which they come. */
  readonly errors: unknown[]
}

/** One stop of everything in a registry: announce to all, then stop step by step, newest first. */
export class Stop {
  readonly #options: StopOptions
  readonly #begin = now()
  readonly #startedAt = Date.now()
  readonly #forced = new AbortController()
  readonly #hooks: HookReport[] = []
  /** What went wrong in `beforeStop`, by hook. */
  readonly #announced = new Map<Hook, CallEnd>()
  #budget: Budget

  constructor(options: StopOptions) {
    this.#options = options
    this.#budget = this.#share()
    setMaxListeners(0, this.#forced.signal)
  }

  /** Aborts every signal now: one force window is left for everything together. */
  force(reason: Error): void {
    if (this.#forced.signal.aborted) return
    this.#budget.force(now())
    this.#forced.abort(reason)
  }

  /** Runs the stop to its end. Never rejects. */
  async run(): Promise<StopReport> {
    const { registry, errors, reason, timeout, after } = this.#options
    if (after) {
      await after
      this.#budget = this.#share()
    }
    await this.#announce()
    for (let step = registry.takeNewest(); step !== undefined; step = registry.takeNewest()) {
      this.#budget.next(step.setAside)
      await Promise.all(step.entries.map((entry) => this.#stopEntry(entry)))
    }
    const { scale } = this.#budget
    const duration = since(this.#begin)
    return new StopReport({ reason, timeout, scale, startedAt: this.#startedAt, duration, hooks: this.#hooks, errors })
  }

  /** Shares the time among the steps there are. */
  #share(): Budget {
    const steps = [...this.#options.registry.steps]
    const announces = steps.some(({ entries }) => entries.some(({ hook }) => hook.beforeStop !== undefined))
    const times = steps.map(({ entries }) => entries.map(({ hook }) => hook.timeout))
    const budget = new Budget(this.#begin, this.#options.timeout, announces ? [...times, [undefined]] : times)
    for (const [index, step] of steps.entries()) step.setAside = budget.shares[index] ?? 0
    if (announces) budget.next(budget.shares.at(-1) ?? 0)
    if (this.#forced.signal.aborted) budget.force(now())
    return budget
  }

  async #announce(): Promise<void> {
    const entries = [...this.#options.registry.steps].flatMap((step) => step.entries)
    const calls = entries.filter(hasStarted).map(async ({ hook }) => {
      if (hook.beforeStop === undefined) return
      const end = await this.#call(hook, 'beforeStop')
      if (outcomeOf(end) !== 'stopped') this.#announced.set(hook, end)
    })
    await Promise.all(calls)
  }

  async #stopEntry(entry: Entry): Promise<void> {
    const { hook } = entry
    const begin = now()
    if (!hasStarted(entry)) {
      this.#add({ name: hook.name, outcome: 'not-started', startedAt: this.#instant(begin), duration: 0 })
      return
    }
    this.#options.emitter.emit('hookStopping', { name: hook.name })
    const end = await this.#call(hook, 'stop')
    const outcome = worse(outcomeOf(this.#announced.get(hook)), outcomeOf(end))
    const error = outcome === outcomeOf(end) ? errorOf(end) : errorOf(this.#announced.get(hook))
    const detail = end.result?.status === 'fulfilled' ? end.result.value : undefined
    const report: Writable<HookReport> = {
      name: hook.name,
      outcome,
      startedAt: this.#instant(begin),
      duration: since(begin),
      ...(outcome !== 'stopped' && { error }),
      ...(detail !== undefined && { detail }),
    }
    if (end.result === undefined) void this.#noteLate(report, end)
    this.#add(report)
  }

  async #call(hook: Hook, action: 'beforeStop' | 'stop'): Promise<CallEnd> {
    const begin = now()
    const own = hook.timeout === undefined ? Infinity : begin + hook.timeout
    const limit = Math.min(own, this.#budget.limit)
    const context = { deadline: this.#instant(limit), reason: this.#options.reason }
    const end = await boundedCall((signal) => hook[action]?.({ ...context, signal } satisfies StopContext), {
      abortAt: () => limit,
      abandonAt: () => this.#budget.abandonAt(limit),
      timeoutError: () => new HookTimeoutError(hook.name, action, Math.max(0, limit - begin)),
      interrupt: this.#forced.signal,
    })
    if (outcomeOf(end) !== 'stopped') this.#options.errors.push(errorOf(end))
    return end
  }

  async #noteLate(report: Writable<HookReport>, end: CallEnd): Promise<void> {
    const abandoned = now()
    const result = await end.eventually
    report.settledLate = since(abandoned)
    if (result.status === 'rejected') this.#options.errors.push(result.reason)
  }

  #add(report: HookReport): void {
    this.#hooks.push(report)
    this.#options.emitter.emit('hookStopped', report)
  }

  /** An instant of the steady clock as milliseconds since the epoch. */
  #instant(steady: number): number {
    return Math.round(this.#startedAt + (steady - this.#begin))
  }
}

function hasStarted({ state }: Entry): boolean {
  return state === 'open' || state === 'started' || state === 'starting'
}

const severity: readonly Outcome[] = ['not-started', 'stopped', 'forced', 'timed-out', 'failed']

function worse(one: Outcome, other: Outcome): Outcome {
  return severity.indexOf(one) > severity.indexOf(other) ? one : other
}

function outcomeOf(end: CallEnd | undefined): Outcome {
  if (end === undefined) return 'stopped'
  if (end.result === undefined) return 'timed-out'
  if (end.result.status === 'rejected' && !isGivingUp(end.result.reason, end.abortReason)) return 'failed'
  return end.abortReason === undefined ? 'stopped' : 'forced'
}

function errorOf(end: CallEnd | undefined): unknown {
  return outcomeOf(end) === 'failed' && end?.result?.status === 'rejected' ? end.result.reason : end?.abortReason
}

/** Whether a rejection only says that our own signal aborted: its reason, or an `AbortError` that it caused. */
function isGivingUp(error: unknown, abortReason: unknown): boolean {
  return abortReason !== undefined && (error === abortReason || (error instanceof Error && error.cause === abortReason))
}
