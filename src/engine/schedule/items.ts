import { canonicalJson, digestBytes, type JsonValue, type StoredArtifact } from '../../../store/index.ts'
import { safeFileName } from '../../core/index.ts'
import type { Available } from '../execute/inputs.ts'

/** One element of a list that a step computed, as an artifact. */
export interface Item {
  /** Unique among the different elements of the list; used in ids and directories. */
  readonly name: string
  readonly available: Available
}

/**
 * Returns the elements of a list as items. Equal elements are one item; different ones that would share a name are all
 * told apart by their digests, so that no name depends on the order of the list.
 */
export function itemsOf(list: readonly JsonValue[]): readonly Item[] {
  const elements = list.map((value) => {
    const text = canonicalJson(value)
    const digest = digestBytes(Buffer.from(text))
    const artifact: StoredArtifact = { kind: 'json', digest, sizeBytes: digest.sizeBytes }
    const short = digest.hash.slice(0, 12)
    const name = safeFileName(readableName(value) ?? short)
    return { name, short, available: { artifact, path: '', text } }
  })
  const sharing = new Map<string, Set<string>>()
  for (const { name, short } of elements) {
    const hashes = sharing.get(caseless(name)) ?? new Set<string>()
    sharing.set(caseless(name), hashes.add(short))
  }
  return elements.map(({ name, short, available }) => {
    const isShared = (sharing.get(caseless(name))?.size ?? 0) > 1
    return { name: isShared ? `${name}~${short}` : name, available }
  })
}

/** On some file systems, names that differ only in case are the same. */
function caseless(name: string): string {
  return name.toLowerCase()
}

/** Returns an item's own name: itself when it is short text or a number, else its `id` or `name`. */
function readableName(value: JsonValue): string | undefined {
  if (typeof value === 'number') return String(value)
  if (typeof value === 'string') return value.length <= 60 ? value : undefined
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined
  const named = 'id' in value ? value.id : 'name' in value ? value.name : undefined
  return typeof named === 'string' || typeof named === 'number' ? String(named) : undefined
}
