import type { CorrectionsMerged } from '../../core/index.ts'
import { printable } from './printable.ts'

/** Says how many corrections apply and how many conflict, and where these are listed. */
export function correctionsText(
  { applied, conflicts, listing }: CorrectionsMerged,
  showPath: (path: string) => string,
): string {
  if (conflicts === 0) return `${applied} applied, no conflict`
  const where = listing === undefined ? '' : `, listed in ${printable(showPath(listing))}`
  return `${applied} applied, ${conflicts} in conflict${where}`
}
