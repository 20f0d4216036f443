import { actionResultJson, parseActionResult } from '../contract/action-record.ts'
import { isHash } from '../contract/digest.ts'
import type { JsonObject, JsonValue } from '../contract/json.ts'
import { isArray, isObject } from '../contract/json-guards.ts'
import type { DoneStep, DoneSteps, StepsOfJob } from '../contract/local/ledger.ts'
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
  const table = db.table('done-2')
  const fresh = pending.collect<string, Map<string, DoneStep | undefined>>((jobs) => {
    // A run that began without a mark may find one of a removal since.
    const first = removalMark(db) === undefined ? renewRemovalMark(db) : noMark
    for (const [job, steps] of jobs) {
      const changed = new Map<number, Map<string, JsonValue | undefined>>()
      for (const [id, step] of steps) {
        const part = changed.get(partOf(id)) ?? new Map<string, JsonValue | undefined>()
        changed.set(partOf(id), part.set(id, step && stepJson({ ...step, mark: step.mark ?? first })))
      }
      for (const [part, ofPart] of changed) {
        const key = partKey(job, part)
        write(key, { ...readPart(key), ...Object.fromEntries(ofPart) })
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

  function readPart(key: Uint8Array): JsonObject {
    const steps = valueOr(undefined, () => readJson(table, key))
    return isObject(steps) ? steps : {}
  }

  /** Writes the steps of a part that have a value. */
  function write(key: Uint8Array, steps: Readonly<Record<string, JsonValue | undefined>>): void {
    const there = Object.entries(steps).flatMap(([id, step]) => (step === undefined ? [] : [[id, step] as const]))
    if (there.length > 0) putJson(table, key, Object.fromEntries(there))
    else if (table.has(key)) table.remove(key)
  }

  function stepsOf(job: string): StepsOfJob {
    const parts = new Map<number, JsonObject>()
    function stored(id: string): JsonValue | undefined {
      const index = partOf(id)
      let part = parts.get(index)
      if (part === undefined) {
        part = readPart(partKey(job, index))
        parts.set(index, part)
      }
      return Object.hasOwn(part, id) ? part[id] : undefined
    }
    return {
      get(id) {
        const known = fresh.get(job)
        return known?.has(id) ? known.get(id) : parseStep(stored(id))
      },
      has(id) {
        const known = fresh.get(job)
        return known?.has(id) ? known.get(id) !== undefined : stored(id) !== undefined
      },
    }
  }

  return {
    mark: () => markWithin(0),
    of: stepsOf,
    hasResult: ({ result, mark }) =>
      result !== undefined && mark !== undefined && mark === markWithin(markWithinMs) && areBlobFilesThere(result),
    remember(job, steps) {
      fresh.set(job, new Map([...(fresh.get(job) ?? []), ...steps]))
    },
    remove(job) {
      for (let part = 0; part < partsOfJob; part++) write(partKey(job, part), {})
    },
    removeWhere(speaks) {
      for (const { key, value } of [...table.entries()]) {
        const part = unsealJson(key, value)
        if (!isObject(part)) continue
        const kept = Object.entries(part).filter(([, step]) => step === undefined || !speaks(step))
        if (kept.length < Object.keys(part).length) write(key, Object.fromEntries(kept))
      }
    },
  }
}

const prefixBytes = 16

/** The steps of a job share so many records, each with those whose ids hash to it: reading one record costs more than reading a step. */
const partsOfJob = 64

function partOf(id: string): number {
  let hash = 0
  for (let at = 0; at < id.length; at++) hash = (hash * 31 + id.charCodeAt(at)) | 0
  return (hash >>> 0) % partsOfJob
}

function partKey(job: string, part: number): Uint8Array {
  return Buffer.concat([textKey(job).subarray(0, prefixBytes), Uint8Array.of(part)])
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
