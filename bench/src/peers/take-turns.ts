import { quantile } from '../ratios.ts'
import { type Peer, peers } from './peers.ts'

/** Measures every peer so many times, in turns, and returns the median by name: undefined where more than half had none. */
export async function takeTurns(
  rounds: number,
  measure: (peer: Peer) => Promise<number | undefined>,
): Promise<ReadonlyMap<string, number | undefined>> {
  const measured = new Map<string, number[]>(peers.map(({ name }) => [name, []]))
  for (let round = 0; round < rounds; round += 1) {
    const order = round % 2 === 0 ? peers : peers.toReversed()
    for (const peer of order) measured.get(peer.name)?.push((await measure(peer)) ?? Number.POSITIVE_INFINITY)
  }
  return new Map([...measured].map(([name, values]) => [name, medianOf(values)]))
}

function medianOf(values: readonly number[]): number | undefined {
  const median = quantile(values, 0.5)
  return Number.isFinite(median) ? median : undefined
}
