import { resolve } from 'node:path'
import { blobsOf } from '../actions/action-blobs.ts'
import type { ActionKey, ActionRecord } from '../contract/action-cache.ts'
import type { StoreFailure } from '../contract/failure.ts'
import type { JsonObject } from '../contract/json.ts'
import type { NeededBlob } from '../contract/needed-blobs.ts'
import type { Result } from '../contract/result.ts'
import { attempt } from '../disk/io-failure.ts'
import { hashKey } from '../lmdb/index-keys.ts'
import type { DirectoryStore } from '../local/directory-store.ts'
import type { BlobState } from '../tables/blob-table.ts'
import type { Tombstone } from '../tables/tombstones.ts'
import { type Inspection, keysBeginning, single } from './inspection.ts'

export interface StepOfJob {
  readonly job: string
  readonly pipeline: string
  readonly step: string
}

/** A blob that an action needs, and whether it can be used. */
export interface InspectedOutput extends NeededBlob {
  readonly state: BlobState
}

/** Everything that the store knows about an action. */
export interface InspectedAction {
  readonly key: ActionKey
  /** Absent when the action is not stored any more, or its record is damaged. */
  readonly record?: ActionRecord
  /** The action itself, also of one whose result is gone. */
  readonly action?: JsonObject
  readonly gone?: Tombstone
  readonly outputs: readonly InspectedOutput[]
  readonly usedBy: readonly StepOfJob[]
  /** Milliseconds since 1970; absent when unknown. */
  readonly lastUsedMs?: number
  readonly hits: number
  /** The time that its hits saved. */
  readonly savedMs: number
}

/** What the store holds of one step of a job. */
export interface InspectedStep {
  readonly step: string
  readonly key: ActionKey
  readonly state: 'stored' | 'incomplete' | 'evicted' | 'corrupt' | 'absent'
  readonly sizeBytes: number
}

/** A job that used the store. */
export interface InspectedJob {
  readonly job: string
  readonly pipeline: string
  readonly steps: readonly InspectedStep[]
}

/** Returns what the store knows about the action with a key, or with the only key that begins so. */
export function inspectAction(
  store: DirectoryStore,
  keyOrPrefix: string,
): Result<Inspection<InspectedAction>, StoreFailure> {
  return attempt(store.dir, 'inspect an action', () => {
    store.context.db.refresh()
    const matches = keysBeginning(store, ['actions-1', 'preimages-1', 'tombstones-1'], keyOrPrefix)
    return single(matches, (key) => describeAction(store, key))
  })
}

/** Returns what the store holds of a job, given by its directory. */
export function inspectJob(store: DirectoryStore, dir: string): Result<Inspection<InspectedJob>, StoreFailure> {
  return attempt(store.dir, 'inspect a job', () => {
    store.context.db.refresh()
    const job = resolve(dir)
    const known = store.ledger.jobs.list().find((candidate) => candidate.job === job)
    if (known === undefined) return { kind: 'absent' }
    const steps = [...store.ledger.jobs.steps(job)].map(([step, { key }]) => describeStep(store, step, key))
    return { kind: 'found', value: { ...known, steps } }
  })
}

function describeAction(store: DirectoryStore, key: ActionKey): InspectedAction | undefined {
  const { actionTable, context, uses } = store
  const stored = actionTable.get(key)
  const record = stored === 'corrupt' ? undefined : stored
  const gone = context.tombstones.get(hashKey(key))
  const usedBy = jobsUsing(store, key)
  const action = record?.action ?? preimageOf(store, usedBy)
  // A tombstone may be that of a blob with this hash.
  if (stored === undefined && action === undefined && gone?.kind !== 'evicted') return undefined
  const use = uses.get(key)
  const hits = use?.hits ?? 0
  return {
    key,
    ...(record === undefined ? {} : { record }),
    ...(action === undefined ? {} : { action }),
    ...(gone === undefined ? {} : { gone }),
    outputs: record === undefined ? [] : outputsOf(store, record),
    usedBy,
    ...(use === undefined ? {} : { lastUsedMs: use.lastMs }),
    hits,
    savedMs: hits * (record?.result.durationMs ?? 0),
  }
}

function outputsOf({ context }: DirectoryStore, record: ActionRecord): readonly InspectedOutput[] {
  const { blobs } = blobsOf(context, record)
  return blobs.map((blob) => ({ ...blob, state: context.blobTable.state(blob.digest) }))
}

function jobsUsing({ ledger: { jobs } }: DirectoryStore, key: ActionKey): readonly StepOfJob[] {
  const found: StepOfJob[] = []
  for (const { job, pipeline } of jobs.list()) {
    for (const [step, memory] of jobs.steps(job)) if (memory.key === key) found.push({ job, pipeline, step })
  }
  return found
}

function preimageOf({ ledger: { jobs } }: DirectoryStore, usedBy: readonly StepOfJob[]): JsonObject | undefined {
  const [use] = usedBy
  return use === undefined ? undefined : jobs.steps(use.job).get(use.step)?.action
}

function describeStep({ actionTable, context }: DirectoryStore, step: string, key: ActionKey): InspectedStep {
  const record = actionTable.get(key)
  if (record === 'corrupt') return { step, key, state: 'corrupt', sizeBytes: 0 }
  if (record === undefined) {
    return { step, key, state: context.tombstones.get(hashKey(key))?.kind ?? 'absent', sizeBytes: 0 }
  }
  const { blobs, unlisted } = blobsOf(context, record)
  const states = blobs.map(({ digest }) => context.blobTable.state(digest))
  const sizeBytes = Object.values(record.result.outputs).reduce((sum, artifact) => sum + artifact.sizeBytes, 0)
  const usable = unlisted.length === 0 && states.every((state) => state === 'present')
  return { step, key, state: usable ? 'stored' : states.includes('corrupt') ? 'corrupt' : 'incomplete', sizeBytes }
}
