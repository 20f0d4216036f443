import { canonicalJson } from '../contract/canonical-json.ts'
import { type Digest, digestBytes } from '../contract/digest.ts'
import type { JsonValue } from '../contract/json.ts'
import { guardedParse, isArray } from '../contract/json-guards.ts'
import type { StoreContext } from '../local/store-context.ts'
import { isContentOf } from '../tables/blob-table.ts'
import { storedBytes } from './stored-bytes.ts'

const listStart = '['.charCodeAt(0)

/**
 * Returns the digests of the elements of a JSON list in the store, and of the lists inside it, as a fan-out makes
 * artifacts of them. Empty for any other value, and for one that is missing or damaged.
 */
export function peekItems(context: StoreContext, digest: Digest): readonly Digest[] {
  const bytes = storedBytes(context, digest)
  if (bytes === undefined || bytes[0] !== listStart || !isContentOf(bytes, digest)) return []
  return itemsIn(guardedParse(Buffer.from(bytes).toString('utf8')))
}

function itemsIn(value: JsonValue | undefined): readonly Digest[] {
  if (!isArray(value)) return []
  return value.flatMap((item) => [digestBytes(Buffer.from(canonicalJson(item))), ...itemsIn(item)])
}
