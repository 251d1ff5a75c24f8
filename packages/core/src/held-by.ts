import type { Hook } from './hook.ts'
import { valueText } from './value-text.ts'

/** What the stop of a hook is still waiting for, as text; `undefined` where the hook does not say. Never throws. */
export function heldBy(hook: Hook): string | undefined {
  try {
    const held = hook.holds?.()
    return held === undefined || held === null || held === '' ? undefined : valueText(held)
  } catch {
    return undefined
  }
}
