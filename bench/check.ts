import { type Comparison, standingOf } from './measure.ts'

/**
 * Returns what is below its floor both in `first` and when it is measured again. A machine that is busy for a
 * moment does not fall so low twice, and a lost optimization does.
 */
export async function belowTwice(
  first: readonly Comparison[],
  again: () => Promise<readonly Comparison[]>,
): Promise<readonly Comparison[]> {
  const low = first.filter(isLow)
  if (low.length === 0) return []
  console.error(`\nbelow the floor, so measured again: ${low.map(nameOf).join('; ')}`)
  const lowAgain = new Set((await again()).filter(isLow).map(nameOf))
  return low.filter((comparison) => lowAgain.has(nameOf(comparison)))
}

/** Returns what was measured, and against whom, in words. */
export function nameOf({ work, peer }: Comparison): string {
  return peer === undefined ? work : `${work}, against ${peer.name}`
}

function isLow(comparison: Comparison): boolean {
  return standingOf(comparison) === 'below-floor'
}
