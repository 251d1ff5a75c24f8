import { setMaxListeners } from 'node:events'
import pTimeout from 'p-timeout'
import type { CallEnd } from './bounded-call.ts'
import { Budget, abortGrace } from './budget.ts'
import { now, since } from './clock.ts'
import { abortGraceOf, HookTimeoutError, reportingWindowOf, StopForcedError } from './errors.ts'
import { waitingForText } from './waiting-for.ts'
import type { Hook, StopContext, StopReason } from './hook.ts'
import { isInstance } from './is-instance.ts'
import type { LifecycleEmitter } from './lifecycle-events.ts'
import { type CallOutcome, outcomeOf, worse } from './outcome.ts'
import type { Owner } from './owner.ts'
import type { Entry, Registry } from './registry.ts'
import { type BeforeStopReport, type HookReport, StopReport } from './report.ts'
import { callHook } from './tracing.ts'

type Writable<T> = { -readonly [Key in keyof T]: T[Key] }

/** How much of the grace period a start that is cut short may take. */
const startShare = 0.5

/** When the calls of one stage must end. */
interface StageLimits {
  readonly limit: number
  abandonAt(limit: number): number
  readonly interrupt: AbortSignal
}

interface StopParts {
  readonly owner: Owner
  readonly registry: Registry
  readonly emitter: LifecycleEmitter
  readonly reason: StopReason
  /** Where errors are collected, in the order in which they come. */
  readonly errors: unknown[]
}

/** One stop of everything in a registry: announce to all, then stop step by step, newest first. */
export class Stop {
  readonly #parts: StopParts
  readonly #forced = new AbortController()
  readonly #hooks: HookReport[] = []
  /** What came of each `beforeStop`, by hook. */
  readonly #announcements = new Map<Hook, BeforeStopReport>()
  /** The hooks whose `stop` has not ended. */
  readonly #stopping = new Set<Hook>()
  #announced: Promise<unknown> | undefined
  #closed = false
  #begin = now()
  #startedAt = Date.now()
  #forcedAt = 0
  #budget: Budget | undefined

  constructor(parts: StopParts) {
    this.#parts = parts
    setMaxListeners(0, this.#forced.signal)
  }

  get reason(): StopReason {
    return this.#parts.reason
  }

  /** Keeps the reason of a later call, where it is an error of its own. */
  note(reason: StopReason): void {
    if (isInstance(reason, Error) && reason !== this.#parts.reason) this.#parts.errors.push(reason)
  }

  /** Names the hooks that are stopping, each with what it is still waiting for. */
  waitingFor(): string | undefined {
    const holding = [...this.#stopping].map((hook) => {
      const waiting = waitingForText(hook)
      return waiting === undefined ? hook.name : `${hook.name} (${waiting})`
    })
    return holding.length === 0 ? undefined : holding.join(', ')
  }

  /**
   * Aborts every signal now: one grace period is left for everything together.
   *
   * @param reason - Why: the reason of an outer stop's signal says how long that window is.
   */
  force(reason?: unknown): void {
    if (this.#forced.signal.aborted) return
    this.#forcedAt = now()
    this.#budget?.force(this.#forcedAt, reportingWindowOf(reason))
    this.#forced.abort(reason)
  }

  /** Announces the stop to all hooks, under the limits of an outer stop. */
  async announce({ signal, deadline }: StopContext): Promise<void> {
    const remaining = deadline - Date.now()
    const window = abortGrace(Math.max(0, remaining))
    let end = Infinity
    const abort = (): void => {
      end = now() + (abortGraceOf(signal.reason) ?? window)
    }
    if (signal.aborted) abort()
    signal.addEventListener('abort', abort)
    const interrupt = AbortSignal.any([signal, this.#forced.signal])
    setMaxListeners(0, interrupt)
    const abandonAt = (limit: number): number =>
      Math.min(limit + window, end, this.#forced.signal.aborted ? this.#forcedAt + window : Infinity)
    this.#announced ??= this.#announceAll({ limit: now() + remaining, abandonAt, interrupt })
    await this.#announced
    signal.removeEventListener('abort', abort)
  }

  /**
   * Runs the stop to its end. Never rejects.
   *
   * @param timeout - The time for everything together, in ms.
   * @param after - What must end before: a start that is being cut short. Does not reject.
   */
  async run(timeout: number, after: Promise<unknown> | undefined): Promise<StopReport> {
    const { registry, errors, reason } = this.#parts
    this.#begin = now()
    this.#startedAt = Date.now()
    if (after) await pTimeout(after, { milliseconds: startShare * abortGrace(timeout), message: false })
    const budget = this.#share(timeout)
    this.#announced ??= this.#announceAll(this.#limitsOf(budget))
    await this.#announced
    for (let step = registry.takeNewest(); step !== undefined; step = registry.takeNewest()) {
      budget.next(step.reserve)
      const limits = this.#limitsOf(budget)
      await Promise.all(step.entries.map((entry) => this.#stopEntry(entry, limits)))
    }
    const duration = since(this.#begin)
    const facts = { reason, timeout, scale: budget.scale, startedAt: this.#startedAt, duration }
    this.#closed = true
    return new StopReport({ ...facts, hooks: this.#hooks, errors: [...errors] })
  }

  /** Shares the time among the steps there are; what is registered later has no share of its own. */
  #share(timeout: number): Budget {
    const { registry } = this.#parts
    const steps = [...registry.steps]
    const announces =
      this.#announced === undefined &&
      steps.some(({ entries }) => entries.some(({ hook }) => hook.beforeStop !== undefined))
    const times = steps.map(({ entries }) => entries.map((entry) => entry.timeout))
    const budget = new Budget(this.#begin, timeout, announces ? [...times, [undefined]] : times)
    for (const [index, share] of budget.shares.entries()) {
      const step = steps[index]
      if (step) step.reserve = share
      // The last is that of the announcements, which come first.
      else budget.next(share)
    }
    const { aborted, reason } = this.#forced.signal
    if (aborted) budget.force(this.#forcedAt, reportingWindowOf(reason))
    registry.beginTaking()
    this.#budget = budget
    return budget
  }

  #limitsOf(budget: Budget): StageLimits {
    const { limit } = budget
    return { limit, abandonAt: (ownLimit) => budget.abandonAt(ownLimit), interrupt: this.#forced.signal }
  }

  async #announceAll(limits: StageLimits): Promise<void> {
    const entries = [...this.#parts.registry.steps].flatMap((step) => step.entries)
    const calls = entries
      .filter((entry) => this.#isOpen(entry))
      .map(async (entry) => {
        const { hook } = entry
        if (hook.beforeStop === undefined) return
        const begin = now()
        const outcome = this.#judge(await this.#call(entry, 'beforeStop', begin, limits))
        this.#announcements.set(hook, { ...outcome, startedAt: this.#instant(begin), duration: since(begin) })
      })
    await Promise.all(calls)
  }

  async #stopEntry(entry: Entry, limits: StageLimits): Promise<void> {
    const { hook } = entry
    const { name } = hook
    const begin = now()
    if (!this.#isOpen(entry)) {
      this.#add({ name, outcome: 'not-started', startedAt: this.#instant(begin), duration: 0 })
      return
    }
    this.#stopping.add(hook)
    this.#parts.emitter.emit('hookStopping', { name, hook, deadline: this.#instant(limitOf(entry, begin, limits)) })
    const end = await this.#call(entry, 'stop', begin, limits)
    this.#stopping.delete(hook)
    const announced = this.#announcements.get(hook)
    const { outcome, error } = worse<CallOutcome>(this.#judge(end), announced ?? { outcome: 'stopped' })
    const waitingFor = end.result === undefined ? waitingForText(hook) : undefined
    const detail = end.result?.status === 'fulfilled' ? end.result.value : undefined
    const report: Writable<HookReport> = {
      name,
      outcome,
      startedAt: this.#instant(begin),
      duration: since(begin),
      ...(announced && { beforeStop: announced }),
      ...(outcome !== 'stopped' && { error }),
      ...(detail !== undefined && { detail }),
      ...(waitingFor !== undefined && { waitingFor }),
    }
    if (end.result === undefined) void this.#noteLate(report, end)
    this.#add(report)
  }

  #call(entry: Entry, action: 'beforeStop' | 'stop', begin: number, limits: StageLimits): Promise<CallEnd> {
    const { hook } = entry
    const { name } = hook
    const { interrupt } = limits
    const limit = limitOf(entry, begin, limits)
    const { owner, reason } = this.#parts
    const context = { deadline: this.#instant(limit), reason }
    const endsByItself = action === 'stop' && owner.isLifecycle(hook)
    const call = (signal: AbortSignal): unknown => hook[action]?.({ ...context, signal } satisfies StopContext)
    return callHook({ lifecycle: owner.name, hook: name, action }, call, {
      abortAt: () => limit,
      abandonAt: () => (endsByItself ? Infinity : limits.abandonAt(limit)),
      abortError: () => {
        const window = Math.max(0, limits.abandonAt(limit) - now())
        // Where the time of an outer stop is over, this one is interrupted too.
        const timedOut = !interrupt.aborted || interrupt.reason instanceof HookTimeoutError
        if (!timedOut) return new StopForcedError(name, window)
        return new HookTimeoutError(name, action, Math.max(0, Math.min(limit, now()) - begin), window)
      },
      interrupt,
    })
  }

  #judge(end: CallEnd): CallOutcome {
    const outcome = outcomeOf(end)
    if (outcome.outcome !== 'stopped') this.#parts.errors.push(outcome.error)
    return outcome
  }

  async #noteLate(report: Writable<HookReport>, end: CallEnd): Promise<void> {
    const abandoned = now()
    const result = await end.eventually
    if (this.#closed) return
    report.settledLate = since(abandoned)
    if (result.status === 'rejected') this.#parts.errors.push(result.reason)
  }

  #add(report: HookReport): void {
    this.#hooks.push(report)
    this.#parts.emitter.emit('hookStopped', report)
  }

  /** An instant of the steady clock as milliseconds since the epoch; whole ones, and never later than it is. */
  #instant(steady: number): number {
    return Math.floor(this.#startedAt + (steady - this.#begin))
  }

  /** Whether there is something to stop. A start that was abandoned may have opened something. */
  #isOpen({ hook, state }: Entry): boolean {
    return state === 'open' || state === 'started' || state === 'starting' || this.#parts.owner.isLifecycle(hook)
  }
}

/** When the signal of a hook aborts. */
function limitOf({ timeout = Infinity }: Entry, begin: number, limits: StageLimits): number {
  return Math.min(begin + timeout, limits.limit)
}
