import type { Hook } from './hook.ts'

/** What the stop of a hook is still waiting for; `undefined` where the hook does not say. Never throws. */
export function heldBy(hook: Hook): string | undefined {
  try {
    const held: unknown = hook.holds?.()
    if (typeof held === 'string' && held !== '') return held
    // Whoever made it async gets no answer, and no unhandled rejection.
    void Promise.resolve(held).catch(() => {})
  } catch {
    // It has said nothing.
  }
  return undefined
}
