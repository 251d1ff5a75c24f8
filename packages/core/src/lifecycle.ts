import { setMaxListeners } from 'node:events'
import { now } from './clock.ts'
import { checkAll, type CheckReport } from './check.ts'
import { StartError, StopError, StoppingError } from './errors.ts'
import {
  describe,
  expectDuration,
  expectFunction,
  expectName,
  expectOptions,
  expectSignal,
  longestTimeout,
} from './expect.ts'
import { unusedAfter, unusedText } from './hook-answers.ts'
import type { Hook, HookGroup, Registrable, ReportFailure, StopContext, StopReason } from './hook.ts'
import {
  type CheckOptions,
  checkOptions,
  type LifecycleOptions,
  lifecycleOptions,
  type StartOptions,
  startOptions,
  type StopOptions,
  stopOptions,
} from './lifecycle-options.ts'
import { LifecycleEmitter, type LifecycleEvents, type State } from './lifecycle-events.ts'
import type { Owner } from './owner.ts'
import { type Place, Registry } from './registry.ts'
import type { StopReport } from './report.ts'
import { Start, type StartFailure } from './start.ts'
import { type PendingStart, Stop } from './stop.ts'
import { traceStart, traceStop } from './tracing.ts'

/** Docker and Cloud Run kill 10 s after SIGTERM, unless told otherwise: a second is left for the process to end. */
const defaultTimeout = 9_000
const defaultStartTimeout = 60_000
/** A Kubernetes probe gives up after 1 s, unless told otherwise (Kubernetes API, `timeoutSeconds`). */
const defaultCheckTimeout = 900

/**
 * A registry of hooks that start in the order they were registered, and stop one at a time in the reverse order.
 *
 * Hooks registered together, as an array, start and stop together. One deadline covers the whole stop, and every hook has
 * an `AbortSignal` of its own under it; no hook can take the time that is set aside for those behind it.
 *
 * @example
 * const lifecycle = new Lifecycle({ timeout: 5_000 })
 * lifecycle.register('database', () => pool.end())
 * lifecycle.register(serverAdapter(server, { listen: { port: 8089 } }))
 * await run(lifecycle, { logger: console })
 */
export class Lifecycle {
  readonly name: string
  /** The time that a whole stop may take, in ms, where it was given: 9,000 holds otherwise. */
  readonly timeout: number | undefined
  readonly #startTimeout: number
  readonly #owner: Owner
  readonly #registry = new Registry()
  readonly #stopping = new AbortController()
  readonly #errors: unknown[] = []
  readonly #abandonedChecks = new WeakMap<Hook, Promise<unknown>>()
  readonly #emitter = new LifecycleEmitter((error) => this.#errors.push(error))
  #state: State = 'idle'
  #start: PendingStart | undefined
  /** Since when everything has started; before a start, since when there is a lifecycle. */
  #runningSince = now()
  #started: Promise<void> | undefined
  #stop: Stop | undefined
  #stopped: Promise<StopReport> | undefined

  /** @throws TypeError or RangeError when an option is not what it should be. */
  constructor(options: LifecycleOptions = {}) {
    expectOptions(options, lifecycleOptions)
    const { name = 'lifecycle', timeout, startTimeout = defaultStartTimeout } = options
    expectName('`name`', name)
    this.name = name
    this.#owner = { name, isLifecycle }
    this.timeout = timeout === undefined ? undefined : expectDuration('timeout', timeout)
    this.#startTimeout = expectDuration('startTimeout', startTimeout)
    setMaxListeners(0, this.#stopping.signal)
  }

  get state(): State {
    return this.#state
  }

  /**
   * Whether everything that has a `start` has started; `false` again from the moment stopping begins.
   *
   * Hooks that have none count as started: a lifecycle that holds only such hooks has started without a call of `start()`. One in
   * which nothing is registered has not.
   */
  get started(): boolean {
    if (this.#state !== 'idle') return this.#state === 'running'
    const hooks = this.#hooks()
    return hooks.length > 0 && hooks.every(hasStarted)
  }

  /** Aborts the moment stopping begins: the handle by which streams, long polls and loops end themselves. */
  get stopping(): AbortSignal {
    return this.#stopping.signal
  }

  /**
   * Adds a hook, a group of hooks, or a function to call at the stop, and returns what was registered.
   *
   * What is registered while the lifecycle stops is the next to stop. A bad group adds none of its hooks.
   *
   * @throws TypeError when it is no hook, a name is taken, or it has a `start` and the lifecycle is already running.
   * @throws RangeError when a `timeout` is out of range.
   * @throws Error when everything has stopped.
   */
  register(name: string, stop: (context: StopContext) => unknown): Hook
  register<const Registered extends Hook | HookGroup>(registered: Registered & Registrable<Registered>): Registered
  register(hook: string | Hook | HookGroup, stop?: (context: StopContext) => unknown): unknown {
    const registered = typeof hook === 'string' ? functionHook(hook, stop) : hook
    const group = isGroup(registered) ? registered : [registered]
    for (const member of group) this.#expectFit(member)
    // oxlint-disable-next-line typescript/unbound-method -- it is only looked for in the stack, never called
    this.#registry.add(group, callerOf(Lifecycle.prototype.register))
    for (const member of group) {
      const { name } = member
      member.reportFailures?.((what, error) => this.#emitter.emit('hookFailed', { name, what, error }))
    }
    return registered
  }

  /** Takes a hook out: it is neither started nor stopped from now on. Returns whether it was there and not yet stopping. */
  unregister(hook: Hook): boolean {
    return this.#registry.remove(hook)
  }

  /**
   * Starts the hooks in the order of their registration, the members of a group together. Every call returns the same promise.
   *
   * Rejects with a {@link StartError} when a hook fails, the time is over, or `stop()` is called meanwhile; what had started
   * is stopped by then.
   *
   * @throws TypeError, at the call, when `options` is no object or `signal` no signal.
   */
  start(options: StartOptions = {}): Promise<void> {
    expectOptions(options, startOptions)
    const { signal, rollback = true } = options
    expectSignal(signal)
    this.#started ??= traceStart({ lifecycle: this.name }, () => this.#runStart(signal, rollback))
    return this.#started
  }

  /**
   * Stops the hooks that have started, newest first. Every call returns the same promise; it never rejects.
   *
   * A hook that is not done in time is abandoned after its grace period, and the next one stops: none is skipped.
   *
   * @throws TypeError or RangeError, at the call, when an option is not what it should be.
   */
  stop(options: StopOptions = {}): Promise<StopReport> {
    expectOptions(options, stopOptions)
    const { reason = 'stop()', deadline, signal, force = false } = options
    if (deadline !== undefined && !Number.isFinite(deadline)) {
      throw new TypeError(`Expected \`deadline\` to be an instant in ms since the epoch, got ${describe(deadline)}`)
    }
    expectSignal(signal)
    const task = this.#stop ?? this.#beginStop(reason)
    task.note(reason)
    this.#stopped ??= this.#runStop(task, deadline)
    if (force) task.force()
    if (signal) void this.#forceOnAbort(task, signal)
    return this.#stopped
  }

  /** Announces the stop to every hook at once: what an outer lifecycle calls before it stops this one. */
  async beforeStop(context: StopContext): Promise<void> {
    const task = this.#stop ?? this.#beginStop(context.reason)
    await task.announce(context)
  }

  /**
   * Runs the `check` of every hook at once, and says which failed. Never rejects. One that has been given up, and has not settled
   * yet, is not called again meanwhile.
   *
   * @throws TypeError or RangeError, at the call, when an option is not what it should be.
   */
  check(options: CheckOptions = {}): Promise<CheckReport> {
    expectOptions(options, checkOptions)
    const { timeout = defaultCheckTimeout, signal } = options
    expectDuration('timeout', timeout)
    expectSignal(signal)
    return checkAll(this.#hooks(), {
      owner: this.#owner,
      timeout,
      signal: signal ?? new AbortController().signal,
      abandoned: this.#abandonedChecks,
    })
  }

  /** Names the hooks that are stopping, each with what it is still waiting for: what an outer lifecycle shows of this one. */
  waitingFor(): string | undefined {
    return this.#stop?.waitingFor()
  }

  /** Names the hooks that have nothing to do, a line for each; `undefined` where there is none. */
  unused(): string | undefined {
    const texts = this.#hooks().flatMap(
      (hook) =>
        unusedText(hook)
          ?.split('\n')
          .map((text) => `${hook.name}: ${text}`) ?? [],
    )
    return texts.length === 0 ? undefined : texts.join('\n')
  }

  /** The names of the hooks that have not stopped, in the order in which they stop: the one that is stopping comes first. */
  get remaining(): readonly string[] {
    return (
      this.#stop?.remaining ??
      this.#hooks()
        .toReversed()
        .map(({ name }) => name)
    )
  }

  /** Reports failures of the hooks beside their functions to an outer lifecycle. */
  reportFailures(report: ReportFailure): void {
    this.on('hookFailed', ({ name, what, error }) => report(`${name}: ${what}`, error))
  }

  /** Calls `listener` at every `event`. What it throws disturbs nobody, and goes into the report, unless that is there already. */
  on<Event extends keyof LifecycleEvents>(event: Event, listener: LifecycleEvents[Event]): this {
    this.#emitter.on(event, listener)
    return this
  }

  /** Calls `listener` at the next `event`. */
  once<Event extends keyof LifecycleEvents>(event: Event, listener: LifecycleEvents[Event]): this {
    this.#emitter.once(event, listener)
    return this
  }

  /** Takes a listener off again. */
  off<Event extends keyof LifecycleEvents>(event: Event, listener: LifecycleEvents[Event]): this {
    this.#emitter.off(event, listener)
    return this
  }

  /** Stops, and throws a {@link StopError} when the report is not clean. */
  async [Symbol.asyncDispose](): Promise<void> {
    const report = await this.stop({ reason: 'dispose' })
    if (!report.ok) throw new StopError(report)
  }

  async #runStart(signal: AbortSignal | undefined, rollback: boolean): Promise<void> {
    // A hook or a listener may call start() or stop() itself: by its first call, there must be something to find.
    await Promise.resolve()
    const failure = this.#stop ? undefined : await this.#startAll(signal, rollback)
    if (this.#stop === undefined && failure === undefined) {
      this.#runningSince = now()
      this.#enter('running')
      return
    }
    const report = rollback ? await this.#rollBack(failure) : undefined
    throw new StartError(failure?.hook, failure ? failure.cause : this.stopping.reason, report)
  }

  #rollBack(failure: StartFailure | undefined): Promise<StopReport> {
    return this.stop({ reason: `failed start of ${failure?.hook ?? this.name}` })
  }

  async #startAll(signal: AbortSignal | undefined, rollback: boolean): Promise<StartFailure | undefined> {
    const context = {
      owner: this.#owner,
      registry: this.#registry,
      emitter: this.#emitter,
      // Others may still be starting: the stop waits for them.
      onFailure: (failure: StartFailure) => {
        if (rollback && this.#stop === undefined) void this.#rollBack(failure)
      },
    }
    const task = new Start(context, this.#startTimeout)
    const failure = this.#startOnceSet(task)
    this.#start = { task, ended: failure }
    const cancel = (): void => task.cancel(signal?.reason)
    if (signal?.aborted) cancel()
    signal?.addEventListener('abort', cancel)
    this.#enter('starting')
    try {
      return await failure
    } finally {
      signal?.removeEventListener('abort', cancel)
    }
  }

  async #startOnceSet(task: Start): Promise<StartFailure | undefined> {
    await Promise.resolve()
    return task.run()
  }

  /** From here on the lifecycle is stopping, whether it is told to stop or only that this is about to come. */
  #beginStop(reason: StopReason): Stop {
    const task = new Stop({
      owner: this.#owner,
      registry: this.#registry,
      emitter: this.#emitter,
      reason,
      errors: this.#errors,
      settled: (this.#state === 'idle' || this.#state === 'running') && now() - this.#runningSince >= unusedAfter,
    })
    this.#stop = task
    this.#registry.startNoMore()
    const stopping = new StoppingError(this.name, reason)
    this.#start?.task.cancel(stopping)
    this.#enter('stopping')
    this.#stopping.abort(stopping)
    return task
  }

  async #runStop(task: Stop, deadline: number | undefined): Promise<StopReport> {
    const timeout = this.#stopTimeout(deadline)
    // A hook or a listener may call stop() itself: by its first call, there must be a promise to return.
    await Promise.resolve()
    const { reason } = task
    this.#emitter.emit('stopping', { reason, timeout })
    const report = await traceStop({ lifecycle: this.name, reason, timeout }, () =>
      task.run(timeout, deadline ?? Infinity, this.#start),
    )
    this.#enter('stopped')
    this.#emitter.emit('report', report)
    return report
  }

  #stopTimeout(deadline: number | undefined): number {
    if (deadline === undefined) return this.timeout ?? defaultTimeout
    return Math.max(1, Math.min(this.timeout ?? longestTimeout, deadline - Date.now()))
  }

  async #forceOnAbort(task: Stop, signal: AbortSignal): Promise<void> {
    const force = (): void => task.force(signal.reason)
    if (signal.aborted) force()
    signal.addEventListener('abort', force)
    await this.#stopped
    signal.removeEventListener('abort', force)
  }

  /** Refuses what cannot be registered now, or here. */
  #expectFit(hook: Hook): void {
    const started = hook instanceof Lifecycle && hook.state !== 'idle'
    if (this.#registry.startEnded && this.#stop === undefined && hook?.start !== undefined && !started) {
      throw new TypeError(
        `Expected hook "${hook.name}" to have no \`start\`, because the lifecycle is running and will not call it: ` +
          'register it before the start, or open it first and register its `stop`',
      )
    }
    if (hook instanceof Lifecycle && hook.#contains(this)) {
      throw new TypeError(`Expected lifecycle "${hook.name}" not to hold the one it is registered in, "${this.name}"`)
    }
  }

  /** The hooks in the order of their registration. */
  #hooks(): Hook[] {
    return [...this.#registry.steps].flatMap(({ entries }) => entries.map(({ hook }) => hook))
  }

  /** Whether a lifecycle is this one, or registered in it, at any depth. */
  #contains(lifecycle: Lifecycle): boolean {
    if (this === lifecycle) return true
    for (const { entries } of this.#registry.steps) {
      if (entries.some(({ hook }) => hook instanceof Lifecycle && hook.#contains(lifecycle))) return true
    }
    return false
  }

  #enter(state: State): void {
    const previous = this.#state
    this.#state = state
    this.#emitter.emit('state', { state, previous })
  }
}

function isLifecycle(hook: Hook): boolean {
  return hook instanceof Lifecycle
}

/** Whether a hook of a lifecycle that was not started needs no start. */
function hasStarted(hook: Hook): boolean {
  return hook instanceof Lifecycle ? hook.started : hook.start === undefined
}

function isGroup(hook: Hook | HookGroup): hook is HookGroup {
  return Array.isArray(hook)
}

function functionHook(name: string, stop: ((context: StopContext) => unknown) | undefined): Hook {
  expectFunction(`\`stop\` of hook "${name}"`, stop)
  return { name, stop: (context) => stop?.(context) }
}

/** Where in the program `callee` was called, on one line; read only when it is needed. */
function callerOf(callee: Function): Place {
  const place: Place = {}
  Error.captureStackTrace(place, callee)
  return place
}
