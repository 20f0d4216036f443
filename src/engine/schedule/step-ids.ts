import { openerIds } from '../../core/index.ts'

/** Returns ids, each once; those that leave items open are left out where the items are known. */
export function stepIds(ids: readonly string[]): readonly string[] {
  const unique = new Set(ids)
  const known = new Set([...unique].flatMap(openerIds))
  return [...unique].filter((id) => !known.has(id))
}
