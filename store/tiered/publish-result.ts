import { basename } from 'node:path'
import { blobsOf } from '../actions/action-blobs.ts'
import type { ActionKey, ActionRecord } from '../contract/action-cache.ts'
import type { OutgoingBlob, Recorded, TransferOptions } from '../contract/cache-store.ts'
import { type Digest, distinct } from '../contract/digest.ts'
import type { StoreFailure } from '../contract/failure.ts'
import { err, ok, type Result } from '../contract/result.ts'
import { attempt } from '../disk/io-failure.ts'
import type { DirectoryStore } from '../local/directory-store.ts'
import { packable, sendPacks } from '../remote/cache/packs.ts'
import type { RemoteCache } from '../remote/cache/remote-cache.ts'

/** What became of a result that was to be sent. */
export type Published =
  | { readonly kind: Recorded; readonly bytes: number }
  /** The local store does not have it any more, or it is not for others. */
  | { readonly kind: 'left-out'; readonly why: string }

/** Sends a result with all its blobs to a remote: blobs first, the action last. */
export async function publishResult(
  local: DirectoryStore,
  remote: RemoteCache,
  key: ActionKey,
  options: TransferOptions,
): Promise<Result<Published, StoreFailure>> {
  const { writeScope } = remote.site
  if (writeScope === undefined) return err({ kind: 'store-read-only', dir: remote.name })
  const found = attempt(local.dir, 'read the index', () => local.actionTable.get(key))
  if (!found.ok) return found
  const record = found.value
  if (record === undefined || record === 'corrupt')
    return ok({ kind: 'left-out', why: 'its result is no longer in the store' })
  // Somebody vouched that changed code gives the same; that is for them to say, not for the team to rely on.
  if (record.result.acceptedFrom !== undefined)
    return ok({ kind: 'left-out', why: 'it was accepted for code that did not compute it' })
  const needed = attempt(local.dir, 'read the index', () => blobsOf(local.context, record))
  if (!needed.ok) return needed
  const blobs: OutgoingBlob[] = []
  for (const digest of distinct(needed.value.blobs.map((blob) => blob.digest))) {
    const blob = outgoing(local, digest)
    if (blob === undefined || needed.value.unlisted.length > 0)
      return ok({ kind: 'left-out', why: 'a blob of its result is no longer in the store' })
    blobs.push(blob)
  }
  // Most of what a later run has is there already: one request says so.
  const there = await remote.find(key, options.signal && { signal: options.signal })
  if (there.kind === 'unavailable') return err(there.failure)
  if (there.kind === 'hit' && there.scope === writeScope) return ok({ kind: 'was-there', bytes: 0 })
  const small = packable(blobs)
  const packs = await sendPacks(remote.site, writeScope, small, options.signal ? { signal: options.signal } : {})
  if (!packs.ok) return packs
  const packed = new Set(small)
  const sent = await remote.send(
    blobs.filter((blob) => !packed.has(blob)),
    options,
  )
  if (!sent.ok) return sent
  const recorded = await remote.recordPacked(forOthers(record), packs.value, options)
  const bytes = blobs.reduce((sum, { digest }) => sum + digest.sizeBytes, 0)
  return recorded.ok ? ok({ kind: recorded.value, bytes }) : recorded
}

/** Only the name of a job's directory is told: its path would reveal something about its owner. */
function forOthers(record: ActionRecord): ActionRecord {
  const { from: _, ...labels } = record.labels
  return { ...record, labels: { ...labels, job: basename(labels.job) } }
}

function outgoing({ context }: DirectoryStore, digest: Digest): OutgoingBlob | undefined {
  const found = attempt(context.layout.dir, 'read the index', () => context.blobTable.find(digest))
  if (!found.ok) return undefined
  const { value: blob } = found
  if (blob.where === 'file') return { digest, path: blob.path }
  // The next read of the index overwrites the bytes.
  return blob.where === 'inline' ? { digest, bytes: blob.bytes.slice() } : undefined
}
