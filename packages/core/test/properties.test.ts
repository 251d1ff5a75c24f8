import * as fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type HookReport, StopReport } from '../src/index.ts'
import {
  anyPlan,
  carryOut,
  type HookPlan,
  type LifecyclePlan,
  type MemberPlan,
  type Observation,
  type Plan,
  type Sighting,
} from './random-lifecycle.ts'

const runs = Number(process.env['LASTCALL_RUNS'] ?? 2_000)
const seed = Number(process.env['LASTCALL_SEED'] ?? Date.now() % 2 ** 31)

/** Timers count whole milliseconds. */
const tolerance = 1

function windowOf(timeout: number): number {
  return Math.min(250, timeout * 0.05)
}

/** The names of a member and of everything in it. */
function namesIn(member: MemberPlan, names: Observation['names']): string[] {
  const inner = 'steps' in member ? member.steps.flat().flatMap((each) => namesIn(each, names)) : []
  return [names.get(member)!, ...inner]
}

/** The hooks themselves, at every depth, with their names. */
function hooksIn(member: MemberPlan, names: Observation['names']): [string, HookPlan][] {
  return 'steps' in member
    ? member.steps.flat().flatMap((each) => hooksIn(each, names))
    : [[names.get(member)!, member]]
}

function flat(hooks: readonly HookReport[]): HookReport[] {
  return hooks.flatMap((hook) => [hook, ...(hook.detail instanceof StopReport ? flat(hook.detail.hooks) : [])])
}

/** Every hook that is open or has started is stopped once, and no other. */
function everyHookIsCalledOnce(plan: Plan, { sightings, names, late, report }: Observation): void {
  const count = (what: Sighting['what'], hook: string): number =>
    sightings.filter((each) => each.what === what && each.hook === hook).length
  const outcomes = new Map(flat(report.hooks).map(({ name, outcome }) => [name, outcome]))
  for (const hook of late.keys()) expect(count('called', hook)).toBe(1)
  for (const [name, member] of hooksIn(plan.lifecycle, names)) {
    const calls = count('called', name)
    expect(outcomes.get(name) === 'not-started').toBe(calls === 0)
    // A start that failed after it was abandoned was taken to have opened something.
    if (member.start === undefined || count('started', name) === 1) expect(calls).toBe(1)
    else if (count('starting', name) === 0) expect(calls).toBe(0)
    else expect(calls).toBe(count('failed', name) === 1 ? Math.min(calls, 1) : 1)
    expect(count('starting', name)).toBeLessThanOrEqual(1)
  }
}

function theOrderIsKept(plan: LifecyclePlan, observation: Observation): void {
  const { sightings, names, late } = observation
  const called = (hook: string): number => sightings.findIndex((each) => each.what === 'called' && each.hook === hook)
  const ended = (hook: string): number => sightings.findIndex((each) => each.what === 'stopped' && each.hook === hook)
  for (const [index, step] of plan.steps.entries()) {
    const newer = plan.steps
      .slice(index + 1)
      .flat()
      .map((member) => names.get(member)!)
    const lastEnd = Math.max(-1, ...newer.map(ended))
    for (const [hook] of step.flatMap((member) => hooksIn(member, names))) {
      if (called(hook) !== -1) expect(called(hook)).toBeGreaterThan(lastEnd)
    }
    for (const member of step) if ('steps' in member) theOrderIsKept(member, observation)
    const registering = step.map((member) => names.get(member)!)
    const older = plan.steps
      .slice(0, index)
      .flat()
      .flatMap((member) => hooksIn(member, names))
    for (const [hook, by] of late) {
      if (!registering.includes(by)) continue
      for (const sibling of registering) expect(called(hook)).toBeGreaterThan(ended(sibling))
      for (const [each] of older) if (called(each) !== -1) expect(called(each)).toBeGreaterThan(ended(hook))
    }
  }
}

function everyAnnouncementComesFirst({ sightings, cutShort }: Observation): void {
  expect(cutShort).toEqual([])
  const firstCall = sightings.findIndex(({ what }) => what === 'called')
  const lastAnnouncement = sightings.findLastIndex(({ what }) => what === 'announced')
  if (firstCall !== -1) expect(lastAnnouncement).toBeLessThan(firstCall)
}

function theTimeIsKept({ timeout }: Plan, { report, beganAt, forcedAt = Infinity }: Observation): void {
  const end = Math.min(timeout, Math.max(0, forcedAt - beganAt)) + windowOf(timeout)
  expect(report.duration).toBeLessThanOrEqual(end + tolerance)
}

/** What there was to stop when the stop began. */
function whatIsThere({ sightings, startWasPending }: Observation): {
  open: (name: string, plan: HookPlan) => boolean
  serving: (name: string, plan: HookPlan) => boolean
  startIsPending: boolean
} {
  const before = sightings.slice(
    0,
    sightings.findIndex(({ what }) => what === 'stopping'),
  )
  const seen = (what: Sighting['what'], name: string): boolean =>
    before.some((each) => each.what === what && each.hook === name)
  return {
    open: (name, plan) => plan.start === undefined || (seen('starting', name) && !seen('failed', name)),
    serving: (name, plan) => plan.start === undefined || seen('started', name),
    startIsPending: startWasPending,
  }
}

/** Computes anew, from what the design says, when each step of the outermost lifecycle must have been called. */
function theReserveIsKept({ timeout, lifecycle }: Plan, observation: Observation): void {
  const { sightings, names, beganAt, forcedAt } = observation
  if (forcedAt !== undefined) return
  const { open, serving, startIsPending } = whatIsThere(observation)
  // What has not started has no share, and a start that is under way has one.
  const steps = lifecycle.steps
    .map((step) => step.filter((member) => 'steps' in member || open(names.get(member)!, member)))
    .filter((step) => step.length > 0)
  const announces = steps
    .flat()
    .some((member) => 'steps' in member || (serving(names.get(member)!, member) && member.beforeStop !== undefined))
  const count = steps.length + (announces ? 1 : 0) + (startIsPending ? 1 : 0)
  const floor = Math.min(1_000, timeout / (2 * count))
  const wanted = steps.map((step) => Math.max(...step.map((member) => member.timeout ?? floor)))
  const declares = steps.map((step) => step.some((member) => member.timeout !== undefined))
  const declared = wanted.filter((_, index) => declares[index]).reduce((sum, each) => sum + each, 0)
  const floors = floor * (count - declares.filter(Boolean).length)
  const scale = Math.min(1, (timeout - floors) / declared)
  let reserve = 0
  for (const [index, step] of steps.entries()) {
    reserve += declares[index] ? wanted[index]! * scale : floor
    const hooks = new Set(step.flatMap((member) => ('steps' in member ? [] : [names.get(member)!])))
    for (const { what, hook, at } of sightings) {
      if (what !== 'called' || !hooks.has(hook)) continue
      expect(at - beganAt).toBeLessThanOrEqual(timeout - reserve + tolerance)
    }
  }
}

function theReportIsComplete(plan: Plan, { report, sightings, names, late }: Observation): void {
  const reported = flat(report.hooks).map(({ name }) => name)
  const [, ...all] = namesIn(plan.lifecycle, names)
  expect(reported.toSorted()).toEqual([...all, ...late.keys()].toSorted())
  const top = new Set(report.hooks.map(({ name }) => name))
  const ended = sightings.filter(({ what, hook }) => what === 'stopped' && top.has(hook)).map(({ hook }) => hook)
  expect(report.hooks.map(({ name }) => name)).toEqual(ended)
  const clean = flat(report.hooks).every(({ outcome }) => outcome === 'stopped' || outcome === 'not-started')
  expect(report.ok).toBe(clean)
  for (const { outcome, error } of flat(report.hooks))
    if (outcome !== 'stopped' && outcome !== 'not-started') expect(error).toBeInstanceOf(Error)
}

function everyDeadlineIsTold({ timeout }: Plan, { sightings, report }: Observation): void {
  for (const { context } of sightings) {
    if (context) expect(context.deadline).toBeLessThanOrEqual(report.startedAt + timeout + tolerance)
  }
}

function thePictureFits({ report }: Observation): void {
  const picture = String(report)
  expect(Math.max(...picture.split('\n').map((line) => line.length))).toBeLessThanOrEqual(100)
  expect(String(report)).toBe(picture)
}

const warnings: string[] = []
const onWarning = (warning: Error): void => void warnings.push(String(warning))
beforeAll(() => void process.on('warning', onWarning))
afterAll(() => void process.off('warning', onWarning))

test(`${runs} random lifecycles keep every promise (seed ${seed})`, async () => {
  const property = fc.asyncProperty(anyPlan, async (plan) => {
    const observation = await carryOut(plan)
    everyHookIsCalledOnce(plan, observation)
    theOrderIsKept(plan.lifecycle, observation)
    everyAnnouncementComesFirst(observation)
    theTimeIsKept(plan, observation)
    theReserveIsKept(plan, observation)
    theReportIsComplete(plan, observation)
    everyDeadlineIsTold(plan, observation)
    thePictureFits(observation)
    expect(new Set(observation.promises).size).toBe(1)
    expect([observation.timersLeft, observation.listenersLeft]).toEqual([0, 0])
  })
  await fc.assert(property, { numRuns: runs, seed })
  expect(warnings).toEqual([])
}, 7_200_000)
