import { storedBytes } from '../blobs/stored-bytes.ts'
import type { ActionKey, ActionRecord } from '../contract/action-cache.ts'
import type { Digest } from '../contract/digest.ts'
import { fileOfBlob, type NeededBlob, type NeededBlobs, neededBlobs } from '../contract/needed-blobs.ts'
import { parseTreeListing, type TreeEntry } from '../contract/tree.ts'
import type { StoreContext } from '../local/store-context.ts'
import { isContentOf } from '../tables/blob-table.ts'

/** A file of a job that needs a blob. */
export interface JobFile {
  readonly key: ActionKey
  readonly pipeline: string
  readonly step: string
  readonly job: string
  /** Its path in the step's directory. */
  readonly file: string
}

/** Returns the file of a job for which an action needs a blob. */
export function jobFileOf(record: ActionRecord, blob: NeededBlob): JobFile {
  const { pipeline, step, job } = record.labels
  return { key: record.key, pipeline, step, job, file: fileOfBlob(record, blob) }
}

/** Returns every blob that the outputs of an action in the store need. */
export function blobsOf(context: StoreContext, record: Pick<ActionRecord, 'result'>): NeededBlobs {
  return neededBlobs(record, (digest) => peekListing(context, digest))
}

/** Returns the entries of a tree in the store, or undefined when its listing is missing or damaged. Changes nothing. */
export function peekListing(context: StoreContext, digest: Digest): readonly TreeEntry[] | undefined {
  const bytes = storedBytes(context, digest)
  if (bytes === undefined || !isContentOf(bytes, digest)) return undefined
  return parseTreeListing(Buffer.from(bytes).toString('utf8'))
}

/** Returns the name of an output that lacks a blob, or undefined when the action can be a cache hit. */
export function unusableOutput(context: StoreContext, record: ActionRecord): string | undefined {
  const { blobs, unlisted } = blobsOf(context, record)
  const absent = unlisted[0] ?? blobs.find(({ digest }) => context.blobTable.state(digest) !== 'present')
  return absent?.output
}
