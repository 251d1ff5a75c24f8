import { expectHook } from './expect-hook.ts'
import { stackFrames } from './format.ts'
import type { Hook, HookGroup } from './hook.ts'

/** Where a registered hook is on its way from registered to stopped. */
export type EntryState = 'open' | 'waiting' | 'starting' | 'started' | 'interrupted' | 'failed'

/** A registered hook. */
export interface Entry {
  readonly hook: Hook
  /** Its `timeout` as it was when it was checked. */
  readonly timeout: number | undefined
  /** `open` is a hook without `start`: it wraps something that is already there. */
  state: EntryState
}

/** Hooks that are registered together: they start together and stop together. */
export interface Step {
  readonly entries: Entry[]
  /** The time set aside for the step while those before it stop, in ms. */
  reserve: number
}

/** Where in the program something was called: a stack of one frame. */
export interface Place {
  readonly stack?: unknown
}

/** The hooks of a lifecycle in the order of their registration, each name once. */
export class Registry {
  /** Whether a start has gone to its end: a hook that is registered now would not be started any more. */
  startEnded = false
  readonly #steps = new Set<Step>()
  readonly #stepOf = new Map<Hook, Step>()
  /** For every name taken, where in the program it was registered. */
  readonly #places = new Map<string, Place>()
  /** The steps still to be taken, once taking has begun. */
  #stack: Step[] | undefined
  #startsNoMore = false
  #closed = false

  /** The steps, oldest first. May be changed while it is walked. */
  get steps(): Iterable<Step> {
    return this.#steps
  }

  /**
   * Adds hooks as one step. Either all of them are added, or none.
   *
   * @throws TypeError when one is no hook, or a name is taken; RangeError when a timeout is out of range;
   * Error when the last step has been taken.
   */
  add(hooks: HookGroup, place: Place): void {
    if (hooks.length === 0) return
    const names = new Map<string, Place>()
    if (this.#closed) throw new Error('Expected hooks to be registered before everything has stopped')
    for (const hook of hooks) {
      expectHook(hook)
      const taken = this.#places.get(hook.name) ?? names.get(hook.name)
      if (taken !== undefined) {
        throw new TypeError(
          `Expected \`name\` of a hook to be one that is not taken, got "${hook.name}", first registered ${text(taken)}`,
        )
      }
      names.set(hook.name, place)
    }
    const step: Step = {
      entries: hooks.map((hook) => ({
        hook,
        timeout: hook.timeout,
        state: hook.start === undefined || this.#startsNoMore ? 'open' : 'waiting',
      })),
      reserve: 0,
    }
    for (const name of names.keys()) this.#places.set(name, place)
    for (const hook of hooks) this.#stepOf.set(hook, step)
    this.#steps.add(step)
    this.#stack?.push(step)
  }

  /** From now on no hook is started any more: whoever registers one has opened it. */
  startNoMore(): void {
    this.#startsNoMore = true
  }

  /** Takes a hook out, frees its name, and says whether it was there. */
  remove(hook: Hook): boolean {
    const step = this.#stepOf.get(hook)
    if (step === undefined) return false
    step.entries.splice(
      step.entries.findIndex((entry) => entry.hook === hook),
      1,
    )
    this.#stepOf.delete(hook)
    this.#places.delete(hook.name)
    if (step.entries.length === 0) this.#steps.delete(step)
    return true
  }

  /** Keeps the steps there are for taking, even those that lose their hooks before their turn comes. */
  beginTaking(): void {
    this.#stack = [...this.#steps]
  }

  /**
   * Takes the newest step off; its names stay taken. A step that has lost its hooks since taking began is empty.
   * When there is none left, nothing more can be added.
   */
  takeNewest(): Step | undefined {
    const step = this.#stack?.pop()
    if (step === undefined) {
      this.#closed = true
      return undefined
    }
    this.#steps.delete(step)
    for (const { hook } of step.entries) this.#stepOf.delete(hook)
    return step
  }
}

/** The first frame of a stack. An application may have its own `Error.prepareStackTrace`, which returns anything. */
function text(place: Place): string {
  let stack: unknown
  try {
    stack = place.stack
  } catch {
    // That of the application throws.
  }
  if (Array.isArray(stack) && stack.length > 0) return `at ${String(stack[0])}`
  return stackFrames(stack)[0]?.trim() ?? 'elsewhere'
}
