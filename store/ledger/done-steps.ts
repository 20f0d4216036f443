import { actionResultJson, parseActionResult } from '../contract/action-record.ts'
import { isHash } from '../contract/digest.ts'
import type { JsonObject, JsonValue } from '../contract/json.ts'
import { isArray, isObject } from '../contract/json-guards.ts'
import type { DoneStep, DoneSteps } from '../contract/local/ledger.ts'
import { valueOr } from '../disk/io-failure.ts'
import { unsealJson } from '../lmdb/envelope.ts'
import type { IndexDb } from '../lmdb/index-db.ts'
import { textKey } from '../lmdb/index-keys.ts'
import type { PendingWrites } from '../lmdb/pending-writes.ts'
import { putJson, readJson } from '../lmdb/sealed-records.ts'
import type { BlobTable } from '../tables/blob-table.ts'
import { removalMark, renewRemovalMark } from '../tables/removal-mark.ts'

interface Options {
  readonly db: IndexDb
  readonly pending: PendingWrites
  readonly blobTable: BlobTable
  readonly inlineBytesMax: number
}

/** What the store's own parts may do with it besides. */
export interface DoneStepTable extends DoneSteps {
  /** Removes what is known of a job's steps, inside a write transaction. */
  remove(job: string): void
  /** Removes the steps of whose records `speaks` holds, inside a write transaction. */
  removeWhere(speaks: (step: JsonValue) => boolean): void
}

/** A mark that no removal leaves: with it, a result may be gone. */
const noMark = ''

/** How long a mark stays valid: a result may as well be removed a moment after the check. */
const markWithinMs = 20

/** Returns the finished steps of jobs in a store's index. */
export function createDoneSteps({ db, pending, blobTable, inlineBytesMax }: Options): DoneStepTable {
  const table = db.table('done-1')
  const fresh = pending.collect<string, Map<string, DoneStep | undefined>>((jobs) => {
    // A run that began without a mark may find one of a removal since.
    const first = removalMark(db) === undefined ? renewRemovalMark(db) : noMark
    for (const [job, steps] of jobs) {
      for (const [id, step] of steps) {
        if (step === undefined) table.remove(stepKey(job, id))
        else putJson(table, stepKey(job, id), stepJson({ ...step, mark: step.mark ?? first }))
      }
    }
  })
  let lastMark: { readonly mark: string | undefined; readonly readMs: number } | undefined

  /** Returns the mark, at most this old; a damaged index reads as one that knows nothing. */
  function markWithin(withinMs: number): string | undefined {
    const nowMs = performance.now()
    if (lastMark === undefined || nowMs - lastMark.readMs >= withinMs) {
      db.refresh()
      lastMark = { mark: valueOr(undefined, () => removalMark(db)), readMs: nowMs }
    }
    return lastMark.mark
  }

  /** The files of blobs that are kept out of line may be removed by hand, and what is in the index may not. */
  function areBlobFilesThere({ outputs }: NonNullable<DoneStep['result']>): boolean {
    return Object.values(outputs).every(
      ({ digest }) => digest.sizeBytes <= inlineBytesMax || blobTable.state(digest) === 'present',
    )
  }

  function remove(keys: Iterable<Uint8Array>): void {
    for (const key of [...keys]) table.remove(key)
  }

  function* keysOf(job: string): Iterable<Uint8Array> {
    const prefix = jobPrefix(job)
    for (const { key } of table.entries(prefix)) {
      if (!prefix.equals(key.subarray(0, prefix.byteLength))) return
      yield key
    }
  }

  return {
    mark: () => markWithin(0),
    get(job, id) {
      const known = fresh.get(job)
      if (known?.has(id)) return known.get(id)
      return parseStep(valueOr(undefined, () => readJson(table, stepKey(job, id))))
    },
    has(job, id) {
      const known = fresh.get(job)
      return known?.has(id) ? known.get(id) !== undefined : valueOr(false, () => table.has(stepKey(job, id)))
    },
    hasResult: ({ result, mark }) =>
      result !== undefined && mark !== undefined && mark === markWithin(markWithinMs) && areBlobFilesThere(result),
    remember(job, steps) {
      fresh.set(job, new Map([...(fresh.get(job) ?? []), ...steps]))
    },
    remove: (job) => remove(keysOf(job)),
    removeWhere(speaks) {
      const spoken = [...table.entries()].filter(({ key, value }) => {
        const step = unsealJson(key, value)
        return step !== undefined && speaks(step)
      })
      remove(spoken.map(({ key }) => key))
    },
  }
}

const prefixBytes = 16
const plainBytesMax = 64
let lastPrefix: { readonly job: string; readonly prefix: Buffer } | undefined

/** What the keys of a job's steps begin with, so that they lie beside each other. */
function jobPrefix(job: string): Buffer {
  if (lastPrefix?.job !== job) lastPrefix = { job, prefix: textKey(job).subarray(0, prefixBytes) }
  return lastPrefix.prefix
}

/** Ids stand in keys as they are, so that steps that are asked for one after the other lie beside each other. */
function stepKey(job: string, id: string): Uint8Array {
  const bytes = Buffer.from(id)
  return Buffer.concat([jobPrefix(job), bytes.byteLength <= plainBytesMax ? bytes : textKey(id)])
}

function stepJson({ key, cache, stamps, mark = noMark, result }: DoneStep): JsonObject {
  return {
    key,
    cache,
    stamps: [...stamps],
    mark,
    ...(result === undefined ? {} : { result: actionResultJson(result) }),
  }
}

function parseStep(value: JsonValue | undefined): DoneStep | undefined {
  if (!isObject(value)) return undefined
  const { key, cache, stamps, mark } = value
  if (typeof key !== 'string' || !isHash(key) || typeof cache !== 'string' || typeof mark !== 'string') return undefined
  if (!isArray(stamps) || !stamps.every((part) => typeof part === 'number')) return undefined
  const result = value.result === undefined ? undefined : parseActionResult(value.result)
  return { key, cache, stamps, mark, ...(result === undefined ? {} : { result }) }
}
