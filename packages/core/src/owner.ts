import type { Hook } from './hook.ts'

/** The lifecycle that hooks belong to, as far as those who call its hooks need to know it. */
export interface Owner {
  readonly name: string
  /**
   * Whether a hook is a lifecycle itself. It keeps to its limits and its signal, and so is waited for to its end; and it knows which
   * of its hooks have started, and so is stopped in any case.
   */
  isLifecycle(hook: Hook): boolean
}
