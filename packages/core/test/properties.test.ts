import * as fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type HookReport, StopReport } from '../src/index.ts'
import {
  anyPlan,
  carryOut,
  type LifecyclePlan,
  type MemberPlan,
  type Observation,
  type Plan,
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

/** The names of the hooks themselves, at every depth. */
function hooksIn(member: MemberPlan, names: Observation['names']): string[] {
  return 'steps' in member ? member.steps.flat().flatMap((each) => hooksIn(each, names)) : [names.get(member)!]
}

function flat(hooks: readonly HookReport[]): HookReport[] {
  return hooks.flatMap((hook) => [hook, ...(hook.detail instanceof StopReport ? flat(hook.detail.hooks) : [])])
}

function everyHookIsCalledOnce(plan: Plan, { sightings, names, late }: Observation): void {
  const called = sightings.filter(({ what }) => what === 'called').map(({ hook }) => hook)
  expect(called.toSorted()).toEqual([...hooksIn(plan.lifecycle, names), ...late.keys()].toSorted())
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
    for (const hook of step.flatMap((member) => hooksIn(member, names))) expect(called(hook)).toBeGreaterThan(lastEnd)
    for (const member of step) if ('steps' in member) theOrderIsKept(member, observation)
    const registering = step.map((member) => names.get(member)!)
    const older = plan.steps
      .slice(0, index)
      .flat()
      .flatMap((member) => hooksIn(member, names))
    for (const [hook, by] of late) {
      if (!registering.includes(by)) continue
      for (const sibling of registering) expect(called(hook)).toBeGreaterThan(ended(sibling))
      for (const each of older) expect(called(each)).toBeGreaterThan(ended(hook))
    }
  }
}

function everyAnnouncementComesFirst({ sightings, cutShort }: Observation): void {
  expect(cutShort).toEqual([])
  const firstCall = sightings.findIndex(({ what }) => what === 'called')
  const lastAnnouncement = sightings.findLastIndex(({ what }) => what === 'announced')
  if (firstCall !== -1) expect(lastAnnouncement).toBeLessThan(firstCall)
}

function theTimeIsKept({ timeout }: Plan, { report, forcedAt }: Observation): void {
  const end = Math.min(timeout, forcedAt ?? Infinity) + windowOf(timeout)
  expect(report.duration).toBeLessThanOrEqual(end + tolerance)
}

/** Computes anew, from what the design says, when each step of the outermost lifecycle must have been called. */
function theReserveIsKept({ timeout, lifecycle }: Plan, { sightings, names, forcedAt }: Observation): void {
  if (forcedAt !== undefined) return
  const announces = lifecycle.steps.flat().some((member) => 'steps' in member || member.beforeStop !== undefined)
  const count = lifecycle.steps.length + (announces ? 1 : 0)
  const floor = Math.min(1_000, timeout / (2 * count))
  const wanted = lifecycle.steps.map((step) => Math.max(...step.map((member) => member.timeout ?? floor)))
  const declares = lifecycle.steps.map((step) => step.some((member) => member.timeout !== undefined))
  const declared = wanted.filter((_, index) => declares[index]).reduce((sum, each) => sum + each, 0)
  const floors = floor * (count - declares.filter(Boolean).length)
  const scale = Math.min(1, (timeout - floors) / declared)
  let reserve = 0
  for (const [index, step] of lifecycle.steps.entries()) {
    reserve += declares[index] ? wanted[index]! * scale : floor
    const hooks = new Set(step.flatMap((member) => ('steps' in member ? [] : [names.get(member)!])))
    for (const { what, hook, at } of sightings) {
      if (what === 'called' && hooks.has(hook)) expect(at).toBeLessThanOrEqual(timeout - reserve + tolerance)
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
  const clean = flat(report.hooks).every(({ outcome }) => outcome === 'stopped')
  expect(report.ok).toBe(clean)
  for (const { outcome, error } of flat(report.hooks)) if (outcome !== 'stopped') expect(error).toBeInstanceOf(Error)
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
