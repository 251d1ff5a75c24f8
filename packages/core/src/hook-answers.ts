import type { Hook } from './hook.ts'

/** The time after the start at which a hook that has nothing to do is unused, in ms. */
export const unusedAfter = 1_000

/** What the stop of a hook is still waiting for; `undefined` where the hook does not say. Never throws. */
export function waitingForText(hook: Hook): string | undefined {
  return answer(() => hook.waitingFor?.())
}

/** Why a hook has nothing to do; `undefined` where the hook does not say. Never throws. */
export function unusedText(hook: Hook): string | undefined {
  return answer(() => hook.unused?.())
}

function answer(ask: () => unknown): string | undefined {
  try {
    const text = ask()
    if (typeof text === 'string' && text !== '') return text
    // A function that was made async has no answer, and causes no unhandled rejection.
    void Promise.resolve(text).catch(() => {})
  } catch {
    // It has no answer.
  }
  return undefined
}
