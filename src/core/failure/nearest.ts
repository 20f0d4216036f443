import { distance } from 'fastest-levenshtein'

/** So many letters that only one name begins with are taken for its short form. */
const shortFormLength = 3

/** Returns the name that `wanted` was probably meant to be, or undefined if none is near. */
export function nearestName(wanted: string, names: readonly string[]): string | undefined {
  let best: { name: string; edits: number } | undefined
  for (const name of names) {
    const edits = distance(wanted.toLowerCase(), name.toLowerCase())
    if (best === undefined || edits < best.edits) best = { name, edits }
  }
  const mostEdits = Math.min(Math.max(2, Math.floor(wanted.length / 3)), wanted.length - 1)
  if (best !== undefined && best.edits <= mostEdits) return best.name
  const [longer, ...others] = names.filter((name) => name.toLowerCase().startsWith(wanted.toLowerCase()))
  return wanted.length >= shortFormLength && others.length === 0 ? longer : undefined
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
