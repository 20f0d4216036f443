/** How to cut a row of items into consecutive parts. `from` is the first item of a part, `to` the one after its last. */
export interface PartitionRules {
  /** Whether the items may be one part; where a part does not fit, no longer one may. A single item always may. */
  fits(from: number, to: number): boolean
  /** What a part costs; the cuts with the lowest sum are chosen. */
  cost(from: number, to: number): number
}

/** Returns the parts, as pairs of `from` and `to`, whose costs have the lowest sum. Takes time linear in the items. */
export function partition(count: number, rules: PartitionRules): (readonly [from: number, to: number])[] {
  const best: { readonly cost: number; readonly from: number }[] = [{ cost: 0, from: 0 }]
  for (let to = 1; to <= count; to += 1) {
    let choice = { cost: Number.POSITIVE_INFINITY, from: to - 1 }
    for (let from = to - 1; from >= 0; from -= 1) {
      if (from < to - 1 && !rules.fits(from, to)) break
      const cost = (best[from]?.cost ?? 0) + rules.cost(from, to)
      if (cost < choice.cost) choice = { cost, from }
    }
    best.push(choice)
  }
  const parts: (readonly [number, number])[] = []
  for (let to = count; to > 0; ) {
    const from = best[to]?.from ?? 0
    parts.unshift([from, to])
    to = from
  }
  return parts
}
