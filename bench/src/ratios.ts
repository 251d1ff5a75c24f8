const resamples = 1_000

/** Two numbers between which something lies. */
export interface Range {
  readonly low: number
  readonly high: number
}

/** Ratios of pairs that were measured one right after the other, by launches: each launch made the processes anew. */
export class Ratios {
  readonly #launches: readonly (readonly number[])[]

  constructor(launches: readonly (readonly number[])[]) {
    this.#launches = launches
  }

  get median(): number {
    return quantile(this.#launches.flat(), 0.5)
  }

  /** Between which the middle half of the pairs lies. */
  get quartiles(): Range {
    const all = this.#launches.flat()
    return { low: quantile(all, 0.25), high: quantile(all, 0.75) }
  }

  /**
   * Between which the median lies with a probability of 95 %: whole launches are drawn again (the bootstrap), as two launches
   * of one program differ by more than two rounds of one launch do.
   */
  get interval(): Range {
    const medians = Array.from({ length: resamples }, () =>
      quantile(
        this.#launches.flatMap(() => this.#launches[Math.floor(Math.random() * this.#launches.length)] ?? []),
        0.5,
      ),
    )
    return { low: quantile(medians, 0.025), high: quantile(medians, 0.975) }
  }
}

/** The number below which such a part of the values lies. */
export function quantile(values: readonly number[], part: number): number {
  const sorted = values.toSorted((one, other) => one - other)
  const position = part * (sorted.length - 1)
  const below = sorted[Math.floor(position)] ?? Number.NaN
  const above = sorted[Math.ceil(position)] ?? Number.NaN
  return below + (above - below) * (position % 1)
}
