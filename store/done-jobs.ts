import { actionResultJson, parseActionResult } from './action-record.ts'
import type { BlobTable } from './blob-table.ts'
import { isHash } from './digest.ts'
import { sealJson, unsealJson } from './envelope.ts'
import type { IndexDb } from './index-db.ts'
import { textKey } from './index-keys.ts'
import { orElse } from './io-failure.ts'
import type { JsonObject, JsonValue } from './json.ts'
import { isArray, isObject } from './json-guards.ts'
import type { PendingWrites } from './pending-writes.ts'
import { removalMark, renewRemovalMark } from './removal-mark.ts'
import type { DoneJob, DoneJobs, DoneStep } from './store.ts'

/** What a run has to say of a job; the index keeps one such record a job. */
interface DoneRecord {
  readonly job: string
  /** The mark of removals when the run began, see `removalMark`; none in a store that had none yet. */
  readonly mark: string | undefined
  readonly notedMs: number
  readonly steps: JsonObject
}

interface Options {
  readonly db: IndexDb
  readonly pending: PendingWrites
  readonly blobTable: BlobTable
  readonly inlineBytesMax: number
}

/** Returns what a store's index knows of the steps of jobs that are done. */
export function createDoneJobs({ db, pending, blobTable, inlineBytesMax }: Options): DoneJobs {
  const table = db.table('done-1')
  const fresh = new Map<string, DoneRecord>()

  pending.add({
    get dirty() {
      return fresh.size > 0
    },
    write() {
      for (const record of fresh.values()) {
        // Whatever was removed since has left a mark.
        const mark = record.mark ?? removalMark(db) ?? renewRemovalMark(db)
        const key = textKey(record.job)
        table.put(key, sealJson(key, { ...record, mark }))
      }
    },
    written: () => fresh.clear(),
  })

  function read(job: string): DoneRecord | undefined {
    const key = textKey(job)
    return orElse(undefined, () => {
      const bytes = table.peek(key)
      return bytes === undefined ? undefined : parseRecord(unsealJson(key, bytes))
    })
  }

  /** The files of blobs that are kept out of line may be removed by hand, and what is in the index may not. */
  function areBlobFilesThere({ outputs }: NonNullable<DoneStep['result']>): boolean {
    return Object.values(outputs).every(
      ({ digest }) => digest.sizeBytes <= inlineBytesMax || blobTable.state(digest) === 'present',
    )
  }

  return {
    open(job): DoneJob {
      db.refresh()
      const mark = orElse(undefined, () => removalMark(db))
      const record = fresh.get(job) ?? read(job)
      const stands = mark !== undefined && record?.mark === mark
      const { steps = {}, notedMs = 0 } = record ?? {}
      return {
        mark,
        stands,
        notedMs,
        ids: Object.keys(steps),
        get: (id) => (Object.hasOwn(steps, id) ? parseStep(steps[id]) : undefined),
        hasResult: ({ result }) => stands && result !== undefined && areBlobFilesThere(result),
      }
    },
    remember(job, steps, { mark, notedMs }) {
      const kept: Record<string, JsonObject> = {}
      for (const [id, step] of steps) kept[id] = stepJson(step)
      fresh.set(job, { job, mark, notedMs, steps: kept })
    },
  }
}

function stepJson({ key, cache, stamps, result }: DoneStep): JsonObject {
  return { key, cache, stamps: [...stamps], ...(result === undefined ? {} : { result: actionResultJson(result) }) }
}

function parseRecord(value: JsonValue | undefined): DoneRecord | undefined {
  if (!isObject(value)) return undefined
  const { job, mark, notedMs, steps } = value
  if (typeof job !== 'string' || typeof mark !== 'string' || typeof notedMs !== 'number') return undefined
  return isObject(steps) ? { job, mark, notedMs, steps } : undefined
}

function parseStep(value: JsonValue | undefined): DoneStep | undefined {
  if (!isObject(value)) return undefined
  const { key, cache, stamps } = value
  if (typeof key !== 'string' || !isHash(key) || typeof cache !== 'string') return undefined
  if (!isArray(stamps) || !stamps.every((part) => typeof part === 'number')) return undefined
  const result = value.result === undefined ? undefined : parseActionResult(value.result)
  return { key, cache, stamps, ...(result === undefined ? {} : { result }) }
}
