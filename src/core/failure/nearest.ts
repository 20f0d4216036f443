import { distance } from 'fastest-levenshtein'

/** Returns the name that `wanted` was probably meant to be, or undefined if none is near. */
export function nearestName(wanted: string, names: readonly string[]): string | undefined {
  let best: { name: string; edits: number } | undefined
  for (const name of names) {
    const edits = distance(wanted.toLowerCase(), name.toLowerCase())
    if (best === undefined || edits < best.edits) best = { name, edits }
  }
  return best !== undefined && best.edits <= Math.max(2, Math.floor(wanted.length / 3)) ? best.name : undefined
}

/** How many valid names a message lists. */
const shownMax = 25

/** Returns `unknown KIND 'wanted'`, the nearest name, and the valid ones. */
export function unknownName(kind: string, wanted: string, names: readonly string[]): string {
  const near = nearestName(wanted, names)
  const hint = near === undefined ? '' : `: did you mean '${near}'?`
  const shown = names.length > shownMax ? [...names.slice(0, shownMax), '...'] : names
  return `unknown ${kind} '${wanted}'${hint} (valid: ${shown.join(', ') || 'none'})`
}
