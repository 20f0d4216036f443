import { distance } from 'fastest-levenshtein'

/** Returns the name that `wanted` was most likely meant to be, or undefined when none is near. */
export function nearestName(wanted: string, names: readonly string[]): string | undefined {
  let best: { name: string; edits: number } | undefined
  for (const name of names) {
    const edits = distance(wanted.toLowerCase(), name.toLowerCase())
    if (best === undefined || edits < best.edits) best = { name, edits }
  }
  return best !== undefined && best.edits <= Math.max(2, Math.floor(wanted.length / 3)) ? best.name : undefined
}

/** Returns `unknown KIND 'wanted'`, the nearest name, and the valid ones. */
export function unknownName(kind: string, wanted: string, names: readonly string[]): string {
  const near = nearestName(wanted, names)
  const hint = near === undefined ? '' : `: did you mean '${near}'?`
  return `unknown ${kind} '${wanted}'${hint} (valid: ${names.join(', ') || 'none'})`
}
