import type { CallOptions } from '../../contract/cache-store.ts'
import { type Digest, distinct } from '../../contract/digest.ts'
import type { StoreFailure } from '../../contract/failure.ts'
import { err, ok, type Result } from '../../contract/result.ts'
import { blobPath, packPath } from '../layout/remote-layout.ts'
import { eachAtOnce } from './at-once.ts'
import type { RemoteSite } from './remote-site.ts'

/**
 * Returns those of the digests that are in none of these scopes, neither as an object of their own nor in a pack: those
 * that an action names, where `packsOf` says which, or else all that are known. Of an action only its own count, because
 * whoever reads it knows of no others.
 */
export async function missingIn(
  site: RemoteSite,
  scopes: readonly string[],
  digests: readonly Digest[],
  options: CallOptions,
  packsOf: RemoteSite['packsOf'] = site.packsOf,
): Promise<Result<readonly Digest[], StoreFailure>> {
  const packs = new Map<string, Promise<Result<boolean, StoreFailure>>>()
  /** A pack is asked for once. One that was found damaged is empty since. */
  const packIsThere = (scope: string, hash: string) => {
    const path = packPath(scope, hash)
    const asked = packs.get(path) ?? sizeOf(site, path, options).then((size) => (size.ok ? ok(size.value > 0) : size))
    packs.set(path, asked)
    return asked
  }

  async function isThere(digest: Digest): Promise<Result<boolean, StoreFailure>> {
    for (const { scope, pack } of packsOf(digest)) {
      if (pack === undefined || !scopes.includes(scope)) continue
      const there = await packIsThere(scope, pack.hash)
      if (!there.ok || there.value) return there
    }
    for (const scope of scopes) {
      const size = await sizeOf(site, blobPath(scope, digest.hash), options)
      if (!size.ok) return size
      if (size.value === digest.sizeBytes) return ok(true)
    }
    return ok(false)
  }

  const asked = distinct(digests)
  const found = await eachAtOnce(asked, site.place.atOnce, isThere)
  if (!found.ok) return found
  const missing = new Set(asked.filter((_, index) => found.value[index] !== true).map(({ hash }) => hash))
  // Of one hash two sizes may be asked for, of which one at the most is there.
  return ok(asked.filter(({ hash }) => missing.has(hash)))
}

/** Returns the size of an object, -1 where there is none. */
async function sizeOf(site: RemoteSite, path: string, options: CallOptions): Promise<Result<number, StoreFailure>> {
  const facts = await site.place.stat(path, options)
  return facts.ok ? ok(facts.value?.sizeBytes ?? -1) : err(site.failure(facts.error))
}
