import { getEventListeners } from 'node:events'
import * as fc from 'fast-check'
import { vi } from 'vitest'
import { type Hook, Lifecycle, type StartContext, type StopContext, type StopReport } from '../src/index.ts'

/** How a function of a hook behaves; times in ms. */
export type Behaviour =
  | { readonly does: 'return' | 'throw' | 'hang' }
  | { readonly does: 'resolve' | 'reject'; readonly after: number }
  /** Heeds its signal. */
  | { readonly does: 'give up'; readonly after: number }

export interface HookPlan {
  readonly start?: Behaviour | undefined
  readonly stop: Behaviour
  readonly beforeStop?: Behaviour | undefined
  readonly timeout?: number | undefined
  /** What its stop registers, first of all, in the lifecycle that it is in. */
  readonly registers?: Behaviour | undefined
}

export interface LifecyclePlan {
  readonly timeout?: number | undefined
  readonly steps: readonly StepPlan[]
}

export type MemberPlan = HookPlan | LifecyclePlan
/** A step is a group, of one member as a rule. */
export type StepPlan = readonly MemberPlan[]

export interface Plan {
  readonly lifecycle: LifecyclePlan
  readonly timeout: number
  /** When `stop` is called again after its first call, if it is, and whether with force. */
  readonly again?: { readonly after: number; readonly force: boolean; readonly by: 'call' | 'signal' } | undefined
  readonly forceAtOnce: boolean
  /** How long after `start` the stop begins, if it is started at all. */
  readonly stopAfterStart?: number | undefined
}

const anyTime = fc.nat({ max: 1_500 })
const anyBehaviour: fc.Arbitrary<Behaviour> = fc.oneof(
  fc.record({ does: fc.constantFrom('return' as const, 'throw' as const) }),
  fc.record({ does: fc.constantFrom('resolve' as const, 'reject' as const), after: anyTime }),
  fc.record({ does: fc.constant('give up' as const), after: fc.nat({ max: 60 }) }),
  fc.record({ does: fc.constant('hang' as const) }),
)
const maybe = <T>(arbitrary: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> =>
  fc.oneof({ weight: 3, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary })
const anyTimeout = fc.integer({ min: 1, max: 3_000 })

const hookPlan: fc.Arbitrary<HookPlan> = fc.record({
  start: maybe(anyBehaviour),
  stop: anyBehaviour,
  beforeStop: maybe(anyBehaviour),
  timeout: maybe(anyTimeout),
  registers: maybe(anyBehaviour),
})

function lifecyclePlan(depth: number): fc.Arbitrary<LifecyclePlan> {
  const member: fc.Arbitrary<MemberPlan> =
    depth === 0
      ? hookPlan
      : fc.oneof({ weight: 5, arbitrary: hookPlan }, { weight: 1, arbitrary: lifecyclePlan(depth - 1) })
  const step: fc.Arbitrary<StepPlan> = fc.oneof(
    { weight: 3, arbitrary: fc.tuple(member) },
    { weight: 1, arbitrary: fc.array(member, { minLength: 2, maxLength: 4 }) },
  )
  return fc.record({ timeout: maybe(anyTimeout), steps: fc.array(step, { maxLength: 12 }) })
}

const mostHooks = 60

/** Lifecycles nested to depth 4, of at most 60 hooks, and what is done to them. */
export const anyPlan: fc.Arbitrary<Plan> = fc
  .record({
    lifecycle: lifecyclePlan(4),
    timeout: fc.oneof(fc.integer({ min: 1, max: 3_000 }), fc.integer({ min: 1, max: 40 })),
    again: maybe(fc.record({ after: anyTime, force: fc.boolean(), by: fc.constantFrom('call', 'signal') })),
    stopAfterStart: maybe(fc.nat({ max: 3_000 })),
    forceAtOnce: fc.oneof({ weight: 9, arbitrary: fc.constant(false) }, { weight: 1, arbitrary: fc.constant(true) }),
  })
  .filter(({ lifecycle }) => countHooks(lifecycle) <= mostHooks)

function countHooks(plan: MemberPlan): number {
  if (!('steps' in plan)) return 1
  return plan.steps.flat().reduce((count, member) => count + countHooks(member), 0)
}

/** Something that was seen, in the order in which it was. */
export interface Sighting {
  readonly what: 'stopping' | 'starting' | 'started' | 'failed' | 'called' | 'announced' | 'stopped'
  readonly hook: string
  /** On the clock of `performance.now()`. */
  readonly at: number
  readonly context?: StopContext
  /** Whether the signal had aborted at the call. */
  readonly aborted?: boolean
}

/** Everything that was seen of one plan. */
export interface Observation {
  readonly sightings: readonly Sighting[]
  readonly report: StopReport
  readonly promises: readonly Promise<StopReport>[]
  readonly names: ReadonlyMap<MemberPlan, string>
  /** What was registered during the stop, with what registered it. */
  readonly late: ReadonlyMap<string, string>
  /** When the stop began, on that clock. */
  readonly beganAt: number
  readonly forcedAt: number | undefined
  /** Whether the lifecycle was still starting when the stop began. */
  readonly startWasPending: boolean
  readonly cutShort: readonly string[]
  readonly timersLeft: number
  readonly listenersLeft: number
}

/** Carries out a plan on fake timers. */
export async function carryOut(plan: Plan): Promise<Observation> {
  vi.useFakeTimers()
  try {
    const stage = new Stage()
    const lifecycle = stage.build(plan.lifecycle, 'root', plan.timeout)
    const controller = new AbortController()
    const promises: Promise<StopReport>[] = []
    let beganAt = 0
    let forcedAt: number | undefined
    let startWasPending = false
    lifecycle.on('state', ({ state, previous }) => {
      if (state !== 'stopping') return
      beganAt = performance.now()
      startWasPending = previous === 'starting'
      stage.see({ what: 'stopping', hook: 'root' })
    })
    const stop = (): void => {
      if (plan.forceAtOnce) forcedAt = performance.now()
      promises.push(lifecycle.stop({ force: plan.forceAtOnce, signal: controller.signal }))
      if (plan.again) setTimeout(() => stopAgain(plan.again!), plan.again.after)
    }
    const stopAgain = ({ force, by }: NonNullable<Plan['again']>): void => {
      if (force) forcedAt ??= performance.now()
      promises.push(lifecycle.stop({ force: force && by === 'call' }))
      if (force && by === 'signal') controller.abort()
    }
    if (plan.stopAfterStart === undefined) {
      stop()
    } else {
      lifecycle.start().catch(() => {})
      setTimeout(stop, plan.stopAfterStart)
    }
    await vi.runAllTimersAsync()
    const report = await promises[0]!
    const { sightings, names, late, cutShort } = stage
    const timersLeft = vi.getTimerCount()
    const listenersLeft = getEventListeners(controller.signal, 'abort').length
    return {
      sightings,
      report,
      promises,
      names,
      late,
      cutShort,
      beganAt,
      forcedAt,
      startWasPending,
      timersLeft,
      listenersLeft,
    }
  } finally {
    vi.useRealTimers()
  }
}

class Stage {
  readonly sightings: Sighting[] = []
  /** Hooks whose announcement was still under way, and within its limit, when the first `stop` was called. */
  readonly cutShort: string[] = []
  readonly #announcing = new Map<string, AbortSignal>()
  readonly names = new Map<MemberPlan, string>()
  readonly late = new Map<string, string>()

  build(plan: LifecyclePlan, name: string, timeout = plan.timeout): Lifecycle {
    const lifecycle = new Lifecycle({ name, timeout, startTimeout: 2_000 })
    this.names.set(plan, name)
    lifecycle.on('hookStopped', (hook) => this.see({ what: 'stopped', hook: hook.name }))
    for (const [index, step] of plan.steps.entries()) {
      const group = step.map((member, place) => {
        const memberName = `${name}.${index}${step.length > 1 ? `.${place}` : ''}`
        if ('steps' in member) return this.build(member, memberName)
        this.names.set(member, memberName)
        return this.#hook(member, memberName, lifecycle)
      })
      lifecycle.register(group)
    }
    return lifecycle
  }

  #hook(plan: HookPlan, name: string, lifecycle: Lifecycle): Hook {
    const { start, stop, beforeStop, timeout, registers } = plan
    return {
      name,
      timeout,
      ...(start && { start: (context: StartContext) => this.#start(name, context, start) }),
      ...(beforeStop && {
        beforeStop: (context: StopContext) => {
          this.see({ what: 'announced', hook: name, context, aborted: context.signal.aborted })
          return this.#announce(name, context, beforeStop)
        },
      }),
      stop: (context) => {
        this.see({ what: 'called', hook: name, context, aborted: context.signal.aborted })
        for (const [hook, signal] of this.#announcing) if (!signal.aborted) this.cutShort.push(hook)
        if (registers) {
          this.late.set(`${name}+`, name)
          lifecycle.register(this.#hook({ stop: registers }, `${name}+`, lifecycle))
        }
        return act(stop, context)
      },
    }
  }

  async #start(name: string, context: StartContext, behaviour: Behaviour): Promise<void> {
    this.see({ what: 'starting', hook: name })
    try {
      await act(behaviour, context)
      this.see({ what: 'started', hook: name })
    } catch (error) {
      this.see({ what: 'failed', hook: name })
      throw error
    }
  }

  async #announce(name: string, context: StopContext, behaviour: Behaviour): Promise<void> {
    this.#announcing.set(name, context.signal)
    try {
      await act(behaviour, context)
    } finally {
      this.#announcing.delete(name)
    }
  }

  see(sighting: Omit<Sighting, 'at'>): void {
    this.sightings.push({ ...sighting, at: performance.now() })
  }
}

function act(behaviour: Behaviour, { signal }: StartContext): unknown {
  switch (behaviour.does) {
    case 'return':
      return 'returned'
    case 'throw':
      throw new Error('thrown')
    case 'hang':
      return new Promise(() => {})
    case 'resolve':
      return new Promise((resolve) => {
        setTimeout(resolve, behaviour.after, 'resolved')
      })
    case 'reject':
      return new Promise((_, reject) => {
        setTimeout(() => reject(new Error('rejected')), behaviour.after)
      })
    case 'give up':
      return new Promise((resolve) => {
        const giveUp = (): void => void setTimeout(resolve, behaviour.after, 'gave up')
        if (signal.aborted) giveUp()
        else signal.addEventListener('abort', giveUp, { once: true })
      })
  }
}
