import { blobsOf } from '../actions/action-blobs.ts'
import type { ActionKey, ActionLabels } from '../contract/action-cache.ts'
import type { Digest } from '../contract/digest.ts'
import type { StoreFailure } from '../contract/failure.ts'
import { isObject } from '../contract/json-guards.ts'
import type { Result } from '../contract/result.ts'
import { attempt } from '../disk/io-failure.ts'
import type { DirectoryStore } from '../local/directory-store.ts'
import { hashesIn } from '../tables/action-inputs.ts'
import type { BlobState } from '../tables/blob-table.ts'
import { type Inspection, keysBeginning, matchesMax, single } from './inspection.ts'

/** An action with a blob among its outputs. */
export interface BlobReferrer extends Pick<ActionLabels, 'pipeline' | 'step' | 'job'> {
  readonly key: ActionKey
  readonly output: string
  readonly path?: string
}

/** An action with some bytes among its inputs. */
export interface BlobReader extends Pick<ActionLabels, 'pipeline' | 'step' | 'job'> {
  readonly key: ActionKey
  readonly input: string
}

/** Everything that the store knows about a blob, or about bytes that are only inputs of actions. */
export interface InspectedBlob {
  readonly hash: string
  /** Absent for bytes that are not in the store, such as the inputs of a run. */
  readonly stored?: { readonly digest: Digest; readonly where: 'inline' | 'file'; readonly state: BlobState }
  readonly referrers: readonly BlobReferrer[]
  readonly readers: readonly BlobReader[]
}

/** Returns what the store knows about the bytes with a hash, or the only hash that begins so; `b3:` is optional. */
export function inspectBlob(
  store: DirectoryStore,
  hashOrPrefix: string,
): Result<Inspection<InspectedBlob>, StoreFailure> {
  return attempt(store.dir, 'inspect a blob', () => {
    store.context.db.refresh()
    const prefix = hashOrPrefix.replace(/^b3:/, '')
    const matches = new Set(keysBeginning(store, ['blobs-1'], prefix))
    for (const { record } of store.actionTable.entries()) {
      if (record === 'corrupt' || !/^[0-9a-f]+$/.test(prefix)) continue
      for (const hash of hashesIn(record.action.inputs)) {
        if (hash.startsWith(prefix) && matches.size <= matchesMax) matches.add(hash)
      }
    }
    return single([...matches].sort(), (hash) => describeBlob(store, hash))
  })
}

function describeBlob({ actionTable, context }: DirectoryStore, hash: string): InspectedBlob {
  const entry = context.blobTable.entry(hash)
  const referrers: BlobReferrer[] = []
  const readers: BlobReader[] = []
  for (const { key, record } of actionTable.entries()) {
    if (record === 'corrupt') continue
    const { pipeline, step, job } = record.labels
    for (const { digest, output, path } of blobsOf(context, record).blobs) {
      if (digest.hash !== hash) continue
      referrers.push({ key, pipeline, step, job, output, ...(path === undefined ? {} : { path }) })
    }
    const inputs = isObject(record.action.inputs) ? record.action.inputs : {}
    for (const [input, value] of Object.entries(inputs)) {
      if (hashesIn(value).includes(hash)) readers.push({ key, pipeline, step, job, input })
    }
  }
  if (entry === undefined) return { hash, referrers, readers }
  const digest = { hash, sizeBytes: entry.sizeBytes }
  return { hash, stored: { digest, where: entry.where, state: context.blobTable.state(digest) }, referrers, readers }
}
