import type { Hook } from './hook.ts'

/** What the stop of a hook is still waiting for; `undefined` where the hook does not say. Never throws. */
export function waitingForText(hook: Hook): string | undefined {
  try {
    const text: unknown = hook.waitingFor?.()
    if (typeof text === 'string' && text !== '') return text
    // Whoever made it async gets no answer, and no unhandled rejection.
    void Promise.resolve(text).catch(() => {})
  } catch {
    // It has said nothing.
  }
  return undefined
}
