import { actionResultJson, parseActionResult } from '../contract/action-record.ts'
import { isHash } from '../contract/digest.ts'
import type { JsonObject, JsonValue } from '../contract/json.ts'
import { isArray, isObject } from '../contract/json-guards.ts'
import type { DoneJob, DoneJobs, DoneStep } from '../contract/local/ledger.ts'
import { valueOr } from '../disk/io-failure.ts'
import { unsealJson } from '../lmdb/envelope.ts'
import type { IndexDb } from '../lmdb/index-db.ts'
import { textKey } from '../lmdb/index-keys.ts'
import type { PendingWrites } from '../lmdb/pending-writes.ts'
import { putJson, readJson } from '../lmdb/sealed-records.ts'
import type { BlobTable } from '../tables/blob-table.ts'
import { removalMark, renewRemovalMark } from '../tables/removal-mark.ts'

/** What the index keeps of a job besides its steps. */
interface DoneHead {
  readonly job: string
  /** The mark of removals when the run began, see `removalMark`; none in a store that had none yet. */
  readonly mark: string | undefined
  readonly notedMs: number
  /** The ids of the steps, by the record that keeps them. */
  readonly parts: readonly (readonly string[])[]
  /** The ids of those that have no result to be served. */
  readonly off: readonly string[]
}

interface Remembered extends DoneHead {
  readonly steps: ReadonlyMap<string, DoneStep>
}

/** What no removal leaves: a record with it does not stand. */
const noMark = ''

/** Steps in one record: a run that goes through them in their order holds no more of what it does not use. */
const stepsInPart = 256

interface Options {
  readonly db: IndexDb
  readonly pending: PendingWrites
  readonly blobTable: BlobTable
  readonly inlineBytesMax: number
}

/** What the store's own parts may do with it besides. */
export interface DoneJobTable extends DoneJobs {
  /** Removes what is known of a job, inside a write transaction. */
  remove(job: string): void
  /** Removes what is known of the jobs of which `speaks` holds for a record of steps, inside a write transaction. */
  removeWhere(speaks: (steps: JsonValue) => boolean): void
}

/** Returns what a store's index knows of the steps of jobs that are done. */
export function createDoneJobs({ db, pending, blobTable, inlineBytesMax }: Options): DoneJobTable {
  const table = db.table('done-1')
  const fresh = pending.collect<string, Remembered>((entries) => {
    // Where there is one by now that a job was begun without, it is that of a removal meanwhile.
    const first = removalMark(db) === undefined ? renewRemovalMark(db) : noMark
    for (const remembered of entries.values()) write(remembered, first)
  })

  function write({ steps, ...head }: Remembered, first: string): void {
    const { job, parts, mark = first } = head
    removeParts(job, parts.length)
    for (const [index, ids] of parts.entries()) {
      const kept: Record<string, JsonObject> = {}
      for (const id of ids) {
        const step = steps.get(id)
        if (step !== undefined) kept[id] = stepJson(step)
      }
      putJson(table, partKey(job, index), kept)
    }
    putJson(table, textKey(job), { ...head, mark })
  }

  function removeParts(job: string, from: number): void {
    const { length = 0 } = readHead(job)?.parts ?? {}
    for (let index = from; index < length; index++) table.remove(partKey(job, index))
  }

  function remove(job: string): void {
    removeParts(job, 0)
    const key = textKey(job)
    if (table.has(key)) table.remove(key)
  }

  /** A damaged index reads as one that knows nothing. */
  function recall(key: Uint8Array): JsonValue | undefined {
    return valueOr(undefined, () => readJson(table, key))
  }

  function readHead(job: string): DoneHead | undefined {
    return parseHead(recall(textKey(job)))
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
      const mark = valueOr(undefined, () => removalMark(db))
      const waiting = fresh.get(job)
      const head = waiting ?? readHead(job)
      const stands = mark !== undefined && head?.mark === mark
      const parts = new Parts(head?.parts ?? [], (index) => recall(partKey(job, index)))
      const off = new Set(head?.off)
      return {
        mark,
        stands,
        notedMs: head?.notedMs ?? 0,
        get ids() {
          return parts.ids
        },
        isDone: (id) => (parts.has(id) ? !off.has(id) : undefined),
        get: (id) => (waiting === undefined ? parts.get(id) : waiting.steps.get(id)),
        hasResult: ({ result }) => stands && result !== undefined && areBlobFilesThere(result),
      }
    },
    remember(job, steps, { mark, notedMs }) {
      const ids = [...steps.keys()]
      const parts: string[][] = []
      for (let start = 0; start < ids.length; start += stepsInPart) parts.push(ids.slice(start, start + stepsInPart))
      const off = ids.filter((id) => steps.get(id)?.cache === 'off')
      fresh.set(job, { job, mark, notedMs, parts, off, steps: new Map(steps) })
    },
    remove,
    removeWhere(speaks) {
      const heads = [...table.entries()].flatMap(({ key, value }) => parseHead(unsealJson(key, value)) ?? [])
      for (const { job, parts } of heads) {
        const isTold = parts.some((_, index) => {
          const steps = recall(partKey(job, index))
          return steps !== undefined && speaks(steps)
        })
        if (isTold) remove(job)
      }
    },
  }
}

function partKey(job: string, index: number): Uint8Array {
  return textKey(job, String(index))
}

/** The steps of a job, read record by record. */
class Parts {
  readonly #read: (index: number) => JsonValue | undefined
  readonly #partOf = new Map<string, number>()
  readonly #open = new Map<number, JsonObject>()
  readonly #seen = new Set<number>()
  /** Whether they are gone through in their order, so that the one before the present is not needed any more. */
  #inOrder = true
  #last = -1

  constructor(parts: readonly (readonly string[])[], read: (index: number) => JsonValue | undefined) {
    this.#read = read
    for (const [index, ids] of parts.entries()) for (const id of ids) this.#partOf.set(id, index)
  }

  get ids(): readonly string[] {
    return [...this.#partOf.keys()]
  }

  has(id: string): boolean {
    return this.#partOf.has(id)
  }

  get(id: string): DoneStep | undefined {
    const index = this.#partOf.get(id)
    const steps = index === undefined ? undefined : this.#part(index)
    return steps !== undefined && Object.hasOwn(steps, id) ? parseStep(steps[id]) : undefined
  }

  #part(index: number): JsonObject {
    const known = this.#open.get(index)
    if (known !== undefined) return known
    // Who comes back to one may do so at each step.
    if (this.#seen.has(index)) this.#inOrder = false
    if (this.#inOrder) this.#open.delete(this.#last)
    const read = this.#read(index)
    const steps = isObject(read) ? read : {}
    this.#open.set(index, steps)
    this.#seen.add(index)
    this.#last = index
    return steps
  }
}

function stepJson({ key, cache, stamps, result }: DoneStep): JsonObject {
  return { key, cache, stamps: [...stamps], ...(result === undefined ? {} : { result: actionResultJson(result) }) }
}

function parseHead(value: JsonValue | undefined): DoneHead | undefined {
  if (!isObject(value)) return undefined
  const { job, mark, notedMs, parts, off } = value
  if (typeof job !== 'string' || typeof mark !== 'string' || typeof notedMs !== 'number') return undefined
  return isTexts(off) && isArray(parts) && parts.every(isTexts) ? { job, mark, notedMs, parts, off } : undefined
}

function isTexts(value: JsonValue | undefined): value is readonly string[] {
  return isArray(value) && value.every((text) => typeof text === 'string')
}

function parseStep(value: JsonValue | undefined): DoneStep | undefined {
  if (!isObject(value)) return undefined
  const { key, cache, stamps } = value
  if (typeof key !== 'string' || !isHash(key) || typeof cache !== 'string') return undefined
  if (!isArray(stamps) || !stamps.every((part) => typeof part === 'number')) return undefined
  const result = value.result === undefined ? undefined : parseActionResult(value.result)
  return { key, cache, stamps, ...(result === undefined ? {} : { result }) }
}
