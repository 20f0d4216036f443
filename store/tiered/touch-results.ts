import type { ActionKey } from '../contract/action-cache.ts'
import type { CallOptions } from '../contract/cache-store.ts'
import type { StoreFailure } from '../contract/failure.ts'
import { err, ok, type Result } from '../contract/result.ts'
import { eachAtOnce } from '../remote/cache/at-once.ts'
import { outputBlobs } from '../remote/cache/output-blobs.ts'
import { objectOf, spotsOf } from '../remote/cache/read-blob.ts'
import type { RemoteCache } from '../remote/cache/remote-cache.ts'
import { actionPath } from '../remote/layout/remote-layout.ts'

export interface Touched {
  readonly results: number
  readonly absent: number
}

/**
 * Makes results of the written scope as new as if they were written now, so that a server that forgets what is old keeps
 * them: the blobs first, the action last, so that no action outlives its blobs.
 */
export async function touchResults(
  remote: RemoteCache,
  keys: readonly ActionKey[],
  options: CallOptions = {},
): Promise<Result<Touched, StoreFailure>> {
  const { site } = remote
  const { writeScope: scope } = site
  if (scope === undefined) return err({ kind: 'store-read-only', dir: remote.name })
  let [results, absent] = [0, 0]
  for (const key of new Set(keys)) {
    options.signal?.throwIfAborted()
    const found = await remote.find(key, options)
    if (found.kind === 'unavailable') return err(found.failure)
    if (found.kind !== 'hit' || found.scope !== scope) {
      absent += 1
      continue
    }
    const { blobs } = await outputBlobs(site, found.record, options)
    const paths = new Set<string>()
    for (const { digest } of blobs) {
      const spot = spotsOf(site, digest).find((one) => one.scope === scope)
      if (spot !== undefined) paths.add(objectOf(spot, digest))
    }
    const touched = await eachAtOnce([...paths], site.place.atOnce, (path) => site.place.touch(path, options))
    if (!touched.ok) return err(site.failure(touched.error))
    const last = await site.place.touch(actionPath(scope, key), options)
    if (!last.ok) return err(site.failure(last.error))
    results += 1
  }
  return ok({ results, absent })
}
