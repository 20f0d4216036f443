import type { ActionKey } from '../contract/action-cache.ts'
import type { TransferOptions } from '../contract/cache-store.ts'
import { describeStoreFailure, type StoreFailure } from '../contract/failure.ts'
import { err, ok, type Result } from '../contract/result.ts'
import type { DirectoryStore } from '../local/directory-store.ts'
import type { RemoteCache } from '../remote/cache/remote-cache.ts'
import { fetchResult } from './fetch-result.ts'
import { publishResult } from './publish-result.ts'
import { TransferRate } from './transfer-rate.ts'
import { UploadQueue } from './upload-queue.ts'

/** What became of results that were carried to a remote, or from there. */
export interface Carried {
  /** Results that are where they were to be carried to, and were not before. */
  readonly results: number
  readonly bytes: number
  readonly present: number
  /** Those that were not carried, and why. */
  readonly leftOut: readonly { readonly key: ActionKey; readonly why: string }[]
}

interface Ends {
  readonly local: DirectoryStore
  readonly remote: RemoteCache
}

/** Sends results to a remote; stops where the remote fails. What is sent is taken off the queue. */
export async function pushResults(
  { local, remote }: Ends,
  keys: readonly ActionKey[],
  options: TransferOptions = {},
): Promise<Result<Carried, StoreFailure>> {
  const queue = queueOf({ local, remote })
  let [results, bytes, present] = [0, 0, 0]
  const leftOut: Carried['leftOut'][number][] = []
  for (const key of new Set(keys)) {
    options.signal?.throwIfAborted()
    const before = bytes
    const onProgress = (moved: number) => options.onProgress?.(before + moved)
    const done = await publishResult(local, remote, key, { ...options, onProgress })
    if (!done.ok) return done
    queue?.remove(key)
    const { value } = done
    if (value.kind === 'left-out') leftOut.push({ key, why: value.why })
    else if (value.kind === 'was-there') present += 1
    else {
      results += 1
      bytes += value.bytes
    }
  }
  return ok({ results, bytes, present, leftOut })
}

/** Returns the results that runs left to be sent. */
export function unsentResults(ends: Ends): readonly ActionKey[] {
  return queueOf(ends)?.keys() ?? []
}

function queueOf({ local, remote }: Ends): UploadQueue | undefined {
  const { writeScope } = remote.site
  return writeScope === undefined ? undefined : new UploadQueue(local.dir, remote.name, writeScope)
}

/** Fetches results from a remote into the local store, however long that takes; stops where the remote cannot be reached. */
export async function pullResults(
  { local, remote }: Ends,
  keys: readonly ActionKey[],
  options: TransferOptions = {},
): Promise<Result<Carried, StoreFailure>> {
  const rate = new TransferRate(local, remote.name)
  let [results, bytes, present] = [0, 0, 0]
  const leftOut: Carried['leftOut'][number][] = []
  for (const key of new Set(keys)) {
    options.signal?.throwIfAborted()
    if ((await local.lookup(key, options)).kind === 'hit') {
      present += 1
      continue
    }
    const there = await remote.find(key, options)
    if (there.kind === 'unavailable') return err(there.failure)
    if (there.kind !== 'hit') {
      leftOut.push({ key, why: whyNot(there) })
      continue
    }
    const fetched = await fetchResult({ local, remote, rate, atAnyCost: true }, there, options)
    if (fetched.ok) {
      results += 1
      bytes += fetched.value.bytes
      options.onProgress?.(bytes)
    } else if ('why' in fetched.error) leftOut.push({ key, why: 'it would take long to fetch' })
    else if (fetched.error.kind === 'store-full' || fetched.error.kind === 'cache-unavailable')
      return err(fetched.error)
    else leftOut.push({ key, why: describeStoreFailure(fetched.error) })
  }
  return ok({ results, bytes, present, leftOut })
}

function whyNot(
  found: Exclude<Awaited<ReturnType<RemoteCache['find']>>, { readonly kind: 'hit' | 'unavailable' }>,
): string {
  switch (found.kind) {
    case 'absent':
    case 'evicted':
    case 'not-fetched':
      return 'the remote has no result of it'
    case 'incomplete':
      return `the remote lacks ${found.missing.map((output) => `'${output}'`).join(', ')}`
    case 'corrupt':
      return found.what
    default:
      return found satisfies never
  }
}
