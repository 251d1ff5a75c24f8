import { setMaxListeners } from 'node:events'
import type { CallEnd } from './bounded-call.ts'
import { Budget, abortGrace } from './budget.ts'
import { now, since } from './clock.ts'
import { abortGraceOf, HookTimeoutError, HookUnusedError, reportingWindowOf, StopForcedError } from './errors.ts'
import { unusedText, waitingForText } from './hook-answers.ts'
import type { Hook, StopContext, StopReason } from './hook.ts'
import { isInstance } from './is-instance.ts'
import type { LifecycleEmitter } from './lifecycle-events.ts'
import { type CallOutcome, outcomeOf, worse } from './outcome.ts'
import type { Owner } from './owner.ts'
import type { Entry, Registry } from './registry.ts'
import { type BeforeStopReport, type HookReport, type InterruptedStart, StopReport } from './report.ts'
import type { Start } from './start.ts'
import { callHook } from './tracing.ts'

type Writable<T> = { -readonly [Key in keyof T]: T[Key] }

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
  /** Whether it has run for long enough for each hook to have something to do. */
  readonly settled: boolean
}

/** A start that the stop has interrupted. */
export interface PendingStart {
  readonly task: Start
  /** Settles when its last hook has, or is abandoned; does not reject. */
  readonly ended: Promise<unknown>
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
  #start: Start | undefined
  #announced: Promise<unknown> | undefined
  #closed = false
  #begin = now()
  #startedAt = Date.now()
  #forcedAt = 0
  /** The deadline of an outer stop: no hook is told a later one, however late it is called. */
  #outerDeadline = Infinity
  #budget: Budget | undefined
  /** The time reserved for an interrupted start, and for the announcements, in ms. */
  #startShare = 0
  #announceShare = 0

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

  /** The names of the hooks whose `stop` has not ended, or has not been called, in the order in which they stop. */
  get remaining(): readonly string[] {
    const stopping = [...this.#stopping].map(({ name }) => name)
    const steps = [...this.#parts.registry.steps].toReversed()
    const later = steps.flatMap(({ entries }) => entries.filter((entry) => this.#isOpen(entry)))
    return [...stopping, ...later.map(({ hook }) => hook.name)]
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
    this.#outerDeadline = deadline
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
   * @param deadline - That of an outer stop: milliseconds since the epoch, or `Infinity`.
   * @param start - A start that is under way: waiting for it is the first step.
   */
  async run(timeout: number, deadline: number, start: PendingStart | undefined): Promise<StopReport> {
    const { registry, errors, reason } = this.#parts
    this.#outerDeadline = deadline
    this.#begin = now()
    this.#startedAt = Date.now()
    const budget = this.#share(timeout, start !== undefined && !start.task.over)
    if (start) await this.#awaitStart(start, budget)
    budget.next(this.#announceShare)
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

  /** Waits for the hooks that are still starting: none of them is stopped before its start has ended. */
  async #awaitStart({ task, ended }: PendingStart, budget: Budget): Promise<void> {
    budget.next(this.#startShare)
    const limits = this.#limitsOf(budget)
    this.#start = task
    task.bound({ abandonAt: () => limits.abandonAt(limits.limit), interrupt: limits.interrupt })
    await ended
    for (const start of task.interrupted.values()) {
      this.#parts.errors.push(...interruption(start).map(({ error }) => error))
    }
  }

  /** Shares the time among the steps that have something to stop; what is registered later has no share of its own. */
  #share(total: number, starts: boolean): Budget {
    const { registry } = this.#parts
    const steps = [...registry.steps]
      .map((step) => ({ step, open: step.entries.filter((entry) => this.#isOpen(entry)) }))
      .filter(({ open }) => open.length > 0)
    const announces =
      this.#announced === undefined &&
      steps.some(({ open }) => open.some((entry) => this.#serves(entry) && entry.hook.beforeStop !== undefined))
    const times = steps.map(({ open }) => open.map(({ timeout }) => timeout))
    const before = [starts, announces].filter(Boolean).map(() => [undefined])
    const budget = new Budget(this.#begin, total, [...before, ...times])
    const shares = [...budget.shares]
    if (starts) this.#startShare = shares.shift() as number
    if (announces) this.#announceShare = shares.shift() as number
    for (const [index, { step }] of steps.entries()) step.reserve = shares[index] as number
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
      .filter((entry) => this.#serves(entry))
      .map(async (entry) => {
        const { hook } = entry
        if (hook.beforeStop === undefined) return
        const begin = now()
        const outcome = this.#judge(hook, 'beforeStop', await this.#call(entry, 'beforeStop', begin, limits))
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
    const unused = this.#unused(hook)
    const end = await this.#call(entry, 'stop', begin, limits)
    this.#stopping.delete(hook)
    const start = this.#start?.interrupted.get(hook)
    const beforeStop = this.#announcements.get(hook)
    const ends = [this.#judge(hook, 'stop', end), ...(beforeStop ? [beforeStop] : []), ...interruption(start)]
    const { outcome, error } = [...ends, ...(unused ? [unused] : [])].reduce(worse)
    const waitingFor = end.result === undefined ? waitingForText(hook) : undefined
    const detail = end.result?.status === 'fulfilled' ? end.result.value : undefined
    const report: Writable<HookReport> = {
      name,
      outcome,
      startedAt: this.#instant(begin),
      duration: since(begin),
      ...(start && { start }),
      ...(beforeStop && { beforeStop }),
      ...(outcome !== 'stopped' && { error }),
      ...(detail !== undefined && { detail }),
      ...(waitingFor !== undefined && { waitingFor }),
    }
    if (end.result === undefined) void this.#noteLate(report, end)
    this.#add(report)
  }

  /** Why a hook has nothing to do, although everything has been running for a while. A lifecycle asks its own hooks. */
  #unused(hook: Hook): CallOutcome | undefined {
    const { owner, settled } = this.#parts
    const text = settled && !owner.isLifecycle(hook) ? unusedText(hook) : undefined
    if (text === undefined) return undefined
    const error = new HookUnusedError(hook.name, text)
    this.#parts.errors.push(error)
    this.#parts.emitter.emit('hookFailed', { name: hook.name, what: 'stop failed', error })
    return { outcome: 'failed', error }
  }

  #call(entry: Entry, action: 'beforeStop' | 'stop', begin: number, limits: StageLimits): Promise<CallEnd> {
    const { hook } = entry
    const { name } = hook
    const { interrupt } = limits
    const limit = limitOf(entry, begin, limits)
    const { owner, reason } = this.#parts
    const context = { deadline: Math.min(this.#instant(limit), this.#outerDeadline), reason }
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

  #judge({ name }: Hook, action: 'beforeStop' | 'stop', end: CallEnd): CallOutcome {
    const judged = outcomeOf(end)
    const { outcome, error } = judged
    if (outcome !== 'stopped') this.#parts.errors.push(error)
    if (outcome === 'failed') this.#parts.emitter.emit('hookFailed', { name, what: `${action} failed`, error })
    return judged
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

  /** Whether there is something to stop. A start that was interrupted or abandoned may have opened something. */
  #isOpen(entry: Entry): boolean {
    return entry.state === 'starting' || entry.state === 'interrupted' || this.#serves(entry)
  }

  /** Whether a hook has started, and so may attract work. */
  #serves({ hook, state }: Entry): boolean {
    return state === 'open' || state === 'started' || this.#parts.owner.isLifecycle(hook)
  }
}

/** What an interrupted start means for its hook: giving up is what it was told to. */
function interruption(start: InterruptedStart | undefined): CallOutcome[] {
  const { outcome, error } = start ?? {}
  return outcome === 'failed' || outcome === 'abandoned' ? [{ outcome, error }] : []
}

/** When the signal of a hook aborts. */
function limitOf({ timeout = Infinity }: Entry, begin: number, limits: StageLimits): number {
  return Math.min(begin + timeout, limits.limit)
}
