import { Lifecycle } from '@lastcall/core'

const counts = [1_000, 10_000, 100_000]
const rounds = 5
/** How many hooks are measured at a time, in as many lifecycles as it takes. */
const atATime = 100_000
/** How many times as much a hook may cost at one number of hooks as at another. */
const flatness = 2

/** What one round cost, per hook, in µs. */
interface Cost {
  readonly register: number
  readonly stop: number
}

/** Prints the cost per hook for several numbers of hooks, and says whether it is flat. */
export async function benchCore(): Promise<boolean> {
  const costs = new Map<number, Cost[]>(counts.map((count) => [count, []]))
  // The first round warms up; then the counts take turns, so that a slow moment of the machine hits them alike.
  for (let round = 0; round <= rounds; round += 1) {
    for (const count of counts) {
      const repeats: Cost[] = []
      for (let hooks = 0; hooks < atATime; hooks += count) repeats.push(await measure(count))
      if (round > 0) costs.get(count)?.push(medianCost(repeats))
    }
  }
  const medians = counts.map((count) => medianCost(costs.get(count) ?? []))
  console.log(`Node.js ${process.version}; medians of ${rounds} rounds, per hook\n`)
  console.log('      hooks   register       stop      memory')
  for (const [index, { register, stop }] of medians.entries()) {
    const memory = Math.round(memoryPerHook(counts[index] ?? 0))
    const cells = [`${register.toFixed(2)} µs`, `${stop.toFixed(2)} µs`, `${memory} bytes`]
    const [first = '', second = '', third = ''] = cells
    console.log(
      `${counts[index]?.toLocaleString('en').padStart(11)}${first.padStart(11)}${second.padStart(11)}${third.padStart(12)}`,
    )
  }
  const totals = medians.map(({ register, stop }) => register + stop)
  const ratio = Math.max(...totals) / Math.min(...totals)
  console.log(`\nthe dearest costs ${ratio.toFixed(2)} times what the cheapest does (flat: at most ${flatness})`)
  return ratio <= flatness
}

async function measure(count: number): Promise<Cost> {
  const names = namesOf(count)
  const begin = performance.now()
  const lifecycle = withHooks(names)
  const registered = performance.now()
  const report = await lifecycle.stop()
  const stopped = performance.now()
  if (!report.ok || report.hooks.length !== count)
    throw new Error(`Expected ${count} hooks to stop, got ${String(report)}`)
  return { register: ((registered - begin) / count) * 1_000, stop: ((stopped - registered) / count) * 1_000 }
}

/** Bytes that a registered hook holds. */
function memoryPerHook(count: number): number {
  const names = namesOf(count)
  const before = usedMemory()
  const lifecycle = withHooks(names)
  const held = usedMemory() - before
  // Until here it must not be collected.
  return lifecycle.state === 'idle' ? held / count : Number.NaN
}

function namesOf(count: number): string[] {
  return Array.from({ length: count }, (_, index) => `hook ${index}`)
}

function withHooks(names: readonly string[]): Lifecycle {
  const lifecycle = new Lifecycle({ timeout: 60_000 })
  for (const name of names) lifecycle.register(name, () => {})
  return lifecycle
}

function usedMemory(): number {
  globalThis.gc?.()
  return process.memoryUsage().heapUsed
}

function medianCost(costs: readonly Cost[]): Cost {
  const median = (key: keyof Cost): number =>
    costs.map((cost) => cost[key]).toSorted((one, other) => one - other)[Math.floor(costs.length / 2)] ?? Number.NaN
  return { register: median('register'), stop: median('stop') }
}
