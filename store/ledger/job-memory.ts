import type { ActionKey } from '../contract/action-cache.ts'
import { canonicalJson } from '../contract/canonical-json.ts'
import { isHash } from '../contract/digest.ts'
import type { JsonObject, JsonValue } from '../contract/json.ts'
import { isAmount, isObject, stringRecord } from '../contract/json-guards.ts'
import type { JobMemory, StepMemory } from '../contract/local/ledger.ts'
import { valueOr } from '../disk/io-failure.ts'
import { sealOf, unsealJson } from '../lmdb/envelope.ts'
import type { IndexDb, Table } from '../lmdb/index-db.ts'
import { hashKey, textKey } from '../lmdb/index-keys.ts'
import type { PendingWrites } from '../lmdb/pending-writes.ts'
import { putJson, readJson } from '../lmdb/sealed-records.ts'
import type { DoneStepTable } from './done-steps.ts'

/** A job as the index keeps it: steps to the keys they last used. */
interface JobRecord {
  readonly job: string
  readonly pipeline: string
  readonly usedAtMs: number
  readonly steps: Readonly<Record<string, string>>
}

interface Remembered {
  readonly pipeline: string
  readonly steps: Map<string, StepMemory>
}

interface Options {
  readonly db: IndexDb
  readonly pending: PendingWrites
  readonly done: Pick<DoneStepTable, 'remove'>
  readonly now: () => number
}

/**
 * Returns what a store's index knows of jobs. An action's whole preimage is kept once, under its key, and outlives
 * the action's own record; jobs and steps refer to it.
 */
export function createJobMemory({ db, pending, done, now }: Options): JobMemory {
  const jobs = db.table('jobs-1')
  const lasts = db.table('steps-1')
  const preimages = db.table('preimages-1')
  /** Jobs to be forgotten, before any of the same directory is remembered. */
  const gone = pending.collect<string, true>((entries) => {
    for (const job of entries.keys()) {
      jobs.remove(textKey(job))
      done.remove(job)
    }
  })
  const fresh = pending.collect<string, Remembered>((entries) => {
    for (const [job, remembered] of entries) write(job, remembered)
  })

  function write(job: string, { pipeline, steps }: Remembered): void {
    const keys: Record<string, string> = { ...stepsOf(job, pipeline) }
    for (const [step, { key, action }] of steps) {
      keys[step] = key
      const preimageKey = hashKey(key)
      if (!preimages.has(preimageKey)) putJson(preimages, preimageKey, action)
      if (lastKeyOf(pipeline, step) !== key) putJson(lasts, textKey(pipeline, step), { key })
    }
    putJson(jobs, textKey(job), { job, pipeline, usedAtMs: now(), steps: keys })
  }

  /** A run asks for its job's record at every miss: one with the same checksum is not read again. */
  let lastRead: { readonly seal: string; readonly record: JobRecord | undefined } | undefined

  function readJob(job: string): JobRecord | undefined {
    if (gone.has(job)) return undefined
    const key = textKey(job)
    return valueOr(undefined, () => {
      const bytes = jobs.peek(key)
      if (bytes === undefined) return undefined
      const seal = sealOf(bytes)
      if (lastRead?.seal !== seal) lastRead = { seal, record: parseJob(unsealJson(key, bytes)) }
      return lastRead.record
    })
  }

  function stepsOf(job: string, pipeline: string): Readonly<Record<string, string>> {
    const record = readJob(job)
    return record?.pipeline === pipeline ? record.steps : {}
  }

  function lastKeyOf(pipeline: string, step: string): ActionKey | undefined {
    const key = textKey(pipeline, step)
    const value = recallJson(lasts, key)
    return isObject(value) && typeof value.key === 'string' && isHash(value.key) ? value.key : undefined
  }

  function recall(key: ActionKey | undefined): StepMemory | undefined {
    if (key === undefined || !isHash(key)) return undefined
    const action = recallJson(preimages, hashKey(key))
    return isObject(action) ? { key, action } : undefined
  }

  function isNews(job: string, pipeline: string, steps: ReadonlyMap<string, StepMemory>): boolean {
    const known = stepsOf(job, pipeline)
    for (const [step, { key }] of steps) if (known[step] !== key) return true
    return readJob(job) === undefined
  }

  return {
    lastAction(job, pipeline, step) {
      const waiting = fresh.get(job)
      const here =
        waiting?.pipeline === pipeline && waiting.steps.has(step)
          ? waiting.steps.get(step)
          : recall(stepsOf(job, pipeline)[step])
      if (here !== undefined) return { ...here, from: 'job' }
      const elsewhere = recall(lastKeyOf(pipeline, step))
      return elsewhere === undefined ? undefined : { ...elsewhere, from: 'elsewhere' }
    },
    remember(job, pipeline, steps) {
      const waiting = fresh.get(job)
      // A run with nothing new to say writes nothing.
      if (waiting === undefined && !isNews(job, pipeline, steps)) return
      const merged = waiting?.pipeline === pipeline ? waiting.steps : new Map<string, StepMemory>()
      for (const [step, memory] of steps) merged.set(step, copyOf(memory))
      fresh.set(job, { pipeline, steps: merged })
    },
    steps(job) {
      const steps = new Map<string, StepMemory>()
      const record = readJob(job)
      const waiting = fresh.get(job)
      if (record !== undefined && (waiting === undefined || waiting.pipeline === record.pipeline)) {
        for (const [step, key] of Object.entries(record.steps)) {
          const memory = recall(key)
          if (memory !== undefined) steps.set(step, memory)
        }
      }
      for (const [step, memory] of waiting?.steps ?? []) steps.set(step, memory)
      return steps
    },
    keys: (job, pipeline) => stepsOf(job, pipeline),
    stepNames(job) {
      const record = readJob(job)
      const waiting = fresh.get(job)
      const isCurrent = waiting === undefined || waiting.pipeline === record?.pipeline
      const names = new Set(isCurrent ? Object.keys(record?.steps ?? {}) : [])
      for (const step of waiting?.steps.keys() ?? []) names.add(step)
      return [...names]
    },
    forget(doomed) {
      for (const job of doomed) {
        fresh.delete(job)
        gone.set(job, true)
      }
    },
    list() {
      const found = new Map<string, string>()
      for (const { key, value } of valueOr([], () => [...jobs.entries()])) {
        const record = parseJob(unsealJson(key, value))
        if (record !== undefined && !gone.has(record.job)) found.set(record.job, record.pipeline)
      }
      for (const [job, { pipeline }] of fresh) found.set(job, pipeline)
      return [...found].map(([job, pipeline]) => ({ job, pipeline }))
    },
  }
}

/** Outside a transaction a damaged index reads as one that knows nothing. */
function recallJson(table: Table, key: Uint8Array): JsonValue | undefined {
  return valueOr(undefined, () => readJson(table, key))
}

/** The caller may go on changing its object; what is remembered is what it was. */
function copyOf({ key, action }: StepMemory): StepMemory {
  const copy: JsonObject = JSON.parse(canonicalJson(action))
  return { key, action: copy }
}

function parseJob(value: JsonValue | undefined): JobRecord | undefined {
  if (!isObject(value)) return undefined
  const { job, pipeline, usedAtMs } = value
  const steps = stringRecord(value.steps)
  if (typeof job !== 'string' || typeof pipeline !== 'string' || !isAmount(usedAtMs)) return undefined
  return steps === undefined ? undefined : { job, pipeline, usedAtMs, steps }
}
