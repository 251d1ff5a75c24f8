import { now, since } from './clock.ts'
import { HookTimeoutError } from './errors.ts'
import type { Hook } from './hook.ts'
import type { Owner } from './owner.ts'
import { isNotOk } from './outcome.ts'
import { callHook } from './tracing.ts'

/** What one hook's `check` said. */
export interface HookCheck {
  readonly name: string
  readonly ok: boolean
  /** How long it took, in ms. */
  readonly duration: number
  /** What it threw, or a {@link HookTimeoutError}. */
  readonly error?: unknown
  /** What it returned; for a lifecycle in a lifecycle, the report of its own checks. */
  readonly detail?: unknown
}

/** What all checks said. */
export class CheckReport {
  /** Whether every check passed. */
  readonly ok: boolean
  /** One for each hook that has a `check`, in the order of registration. */
  readonly checks: readonly HookCheck[]

  constructor(checks: readonly HookCheck[]) {
    this.ok = checks.every(({ ok }) => ok)
    this.checks = checks
  }
}

interface CheckOptions {
  readonly owner: Owner
  /** The time for each check, in ms. */
  readonly timeout: number
  /** Cuts the checks short. */
  readonly signal: AbortSignal
  /** The checks that were abandoned, until they settle: a hook is not asked again before. */
  readonly abandoned: WeakMap<Hook, Promise<unknown>>
}

/** Runs the checks of all hooks at once. Never rejects. */
export async function checkAll(hooks: readonly Hook[], options: CheckOptions): Promise<CheckReport> {
  const checked = hooks.filter((hook) => hook.check !== undefined)
  return new CheckReport(await Promise.all(checked.map((hook) => checkOne(hook, options))))
}

async function checkOne(
  hook: Hook,
  { owner, timeout, signal: interrupt, abandoned }: CheckOptions,
): Promise<HookCheck> {
  const { name } = hook
  const begin = now()
  const inner = owner.isLifecycle(hook) ? { timeout } : {}
  const ask = async (signal: AbortSignal): Promise<unknown> => {
    const before = abandoned.get(hook)
    if (before) {
      await before
      signal.throwIfAborted()
    }
    return hook.check?.({ signal, ...inner })
  }
  const trace = { lifecycle: owner.name, hook: name, action: 'check' } as const
  const { result, abortReason, eventually } = await callHook(trace, ask, {
    abortAt: () => begin + timeout,
    abandonAt: () => (owner.isLifecycle(hook) ? Infinity : interrupt.aborted ? begin : begin + timeout),
    abortError: () =>
      interrupt.aborted ? (interrupt.reason as Error) : new HookTimeoutError(name, 'check', timeout, 0),
    interrupt,
  })
  const duration = since(begin)
  if (result === undefined) {
    if (!abandoned.has(hook)) void forgetOnceSettled(hook, eventually, abandoned)
    return { name, ok: false, duration, error: abortReason }
  }
  if (result.status === 'rejected') return { name, ok: false, duration, error: result.reason as unknown }
  const detail = result.value
  return { name, ok: !isNotOk(detail), duration, ...(detail !== undefined && { detail }) }
}

async function forgetOnceSettled(
  hook: Hook,
  eventually: Promise<unknown>,
  abandoned: WeakMap<Hook, Promise<unknown>>,
): Promise<void> {
  abandoned.set(hook, eventually)
  await eventually
  abandoned.delete(hook)
}
