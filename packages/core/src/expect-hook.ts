import { describe, expectDuration, expectFunction, expectName } from './expect.ts'
import type { Hook } from './hook.ts'

const hookKeys: Readonly<Record<keyof Hook, true>> = {
  name: true,
  timeout: true,
  start: true,
  beforeStop: true,
  stop: true,
  waitingFor: true,
  unused: true,
  reportFailures: true,
  check: true,
}
/** The functions of which a hook has at least one. */
const duties = ['start', 'beforeStop', 'stop', 'check'] as const
/** The functions that end the things that services use, as their own classes call them. */
const closers = ['close', 'end', 'quit', 'disconnect', 'destroy', 'shutdown', 'terminate', 'release'] as const

/**
 * Checks that a value is a hook.
 *
 * @throws TypeError when it has nothing to call, is a server, has no name, or is an object literal with a key that is not known;
 * RangeError when its timeout is out of range.
 */
export function expectHook(hook: unknown): asserts hook is Hook {
  if (typeof hook !== 'object' || hook === null) {
    throw new TypeError(`Expected a hook to be an object with a \`name\`, got ${describe(hook)}${functionHint(hook)}`)
  }
  const members = hook as Partial<Record<keyof Hook, unknown>>
  const { name, timeout } = members
  if (duties.every((duty) => members[duty] === undefined)) throw new TypeError(nothingToCall(hook))
  expectName(`\`name\` of a hook`, name)
  for (const key of Object.keys(hookKeys) as (keyof Hook)[]) {
    if (key === 'name' || key === 'timeout' || members[key] === undefined) continue
    expectFunction(`\`${key}\` of hook "${name}"`, members[key])
  }
  if (timeout !== undefined) expectDuration(`timeout\` of hook \`${name}`, timeout)
  const misspelt = findMisspelt(hook)
  if (misspelt === undefined) return
  throw new TypeError(`Expected hook "${name}" to have \`${misspelt.meant}\`, got \`${misspelt.key}\``)
}

/** A member whose name is almost that of a function of a hook, which the object does not have: `onStop`, `befor_stop`. */
function findMisspelt(hook: object): { key: string; meant: string } | undefined {
  for (let owner: object | null = hook; owner !== null && owner !== Object.prototype;) {
    for (const [key, { value }] of Object.entries(Object.getOwnPropertyDescriptors(owner))) {
      const type = typeof value
      const meant = Object.keys(hookKeys).find((known) => {
        const fits = known === 'timeout' ? type === 'number' : known !== 'name' && type === 'function'
        return fits && !(known in hook) && isAlmost(plain(key), plain(known))
      })
      if (meant !== undefined) return { key, meant }
    }
    owner = Object.getPrototypeOf(owner) as object | null
  }
  return undefined
}

/** A name without its spelling: `onStop`, `on_stop` and `Stop` are all `stop`. */
function plain(name: string): string {
  return name
    .toLowerCase()
    .replaceAll(/[^a-z]/g, '')
    .replace(/^on(?=.)/, '')
}

/** Whether two words are the same but for one letter, which is missing, more, or another, or for two that are swapped. */
function isAlmost(word: string, other: string): boolean {
  if (Math.abs(word.length - other.length) > 1) return false
  let start = 0
  while (start < word.length && word[start] === other[start]) start += 1
  const [rest, otherRest] = [word.slice(start), other.slice(start)]
  const swapped = rest[0] === otherRest[1] && rest[1] === otherRest[0] && rest.slice(2) === otherRest.slice(2)
  const [one, two] = [rest.slice(1), otherRest.slice(1)]
  return rest === otherRest || one === otherRest || rest === two || one === two || swapped
}

/** What is wrong with an object that has no function of a hook, and the line to write in its place. */
function nothingToCall(hook: object): string {
  const expectation = `Expected a hook to have \`start\`, \`beforeStop\`, \`stop\` or \`check\`, got ${describe(hook)}`
  const members = hook as Readonly<Record<PropertyKey, unknown>>
  if (typeof members['listen'] === 'function' && typeof members['close'] === 'function') {
    return `${expectation}, which is a server: write \`register(serverAdapter(server))\` with serverAdapter of @lastcall/http`
  }
  const variable = variableFor(hook)
  const closer = closers.find((each) => typeof members[each] === 'function')
  if (closer !== undefined) {
    return `${expectation} with \`${closer}\`: write \`register('${variable}', () => ${variable}.${closer}())\``
  }
  for (const [symbol, text] of [
    [Symbol.asyncDispose, 'asyncDispose'],
    [Symbol.dispose, 'dispose'],
  ] as const) {
    if (typeof members[symbol] !== 'function') continue
    return `${expectation} with \`[Symbol.${text}]\`: write \`register('${variable}', () => ${variable}[Symbol.${text}]())\``
  }
  const keys = Object.keys(hook).filter((key) => key !== 'name' && key !== 'timeout')
  return keys.length === 0 ? expectation : `${expectation} with ${keys.map((key) => `\`${key}\``).join(', ')}`
}

function functionHint(hook: unknown): string {
  return typeof hook === 'function' ? ": write `register('name', stop)` for a function that stops something" : ''
}

/** A name for the variable that the application may have for an object: `worker` for one of the class `Worker`. */
function variableFor(hook: object): string {
  const type = (hook as { readonly constructor?: { readonly name?: unknown } }).constructor?.name
  if (typeof type !== 'string' || isLiteral(hook) || !/^[A-Z]\w*$/.test(type)) return 'client'
  return type[0]?.toLowerCase() + type.slice(1)
}

function isLiteral(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === null || prototype === Object.prototype
}
