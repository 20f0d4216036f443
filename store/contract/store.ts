import type { BigIntStats } from 'node:fs'
import type { IndexRepair } from '../opening/rebuild-index.ts'
import type { StoreLimits, StoreTrim } from '../upkeep/keep-within.ts'
import type { ActionCache, ActionKey, ActionResult } from './action-cache.ts'
import type { BlobStore } from './blob-store.ts'
import type { Digest } from './digest.ts'
import type { StoreFailure } from './failure.ts'
import type { JsonObject, JsonValue } from './json.ts'
import type { Result } from './result.ts'

/** The facts of a file's stat that change whenever its content does. All are exact integers. */
export interface FileStamp {
  readonly device: bigint
  readonly inode: bigint
  readonly sizeBytes: bigint
  readonly mtimeNs: bigint
  readonly ctimeNs: bigint
}

/**
 * Digests of files, remembered by stat, so that a file that did not change is not read again.
 * A stamp younger than the file system's clock can tell apart is never trusted (git's racy-timestamp guard).
 */
export interface FileDigests {
  /** Returns the remembered digest of the file at `path` when its stat is still the recorded one; reads no content. */
  known(path: string): { readonly digest: Digest; readonly stamp: FileStamp } | undefined
  /**
   * Returns the digest that is remembered for the absolute `path` when `stats`, which the caller took with `bigint`,
   * is the recorded stat of a regular file; touches no file.
   */
  match(path: string, stats: BigIntStats): Digest | undefined
  /** Returns the digest of the file at `path`, from memory or by hashing it, and remembers it. */
  digest(path: string): Promise<Result<{ readonly digest: Digest; readonly stamp: FileStamp }, StoreFailure>>
  /** Does what `digest` does for many files, in less time than as many calls take; the results are in their order. */
  digests(
    paths: readonly string[],
  ): Promise<readonly Result<{ readonly digest: Digest; readonly stamp: FileStamp }, StoreFailure>[]>
  /**
   * Records the digest of a file that the caller itself has just written and closed, or whose `stats`, which the caller
   * took with `bigint` before it read the file, are still its own.
   */
  remember(path: string, digest: Digest, stats?: BigIntStats): void
}

/** Who holds a lease, or did. */
export interface LeaseHolder {
  readonly pid: number
  /** Opaque: the process's start time, so that a reused pid is told apart. */
  readonly startedAt: string
  readonly bootId: string
  /** Whether the pid means that process here; false for a holder in another pid namespace, such as a container's. */
  readonly isHere: boolean
  /** What it is doing, for the one who waits: a job directory, a step. */
  readonly note: string
}

export interface Lease {
  /** Gives the lease back. Safe to call twice. */
  release(): void
}

/** Leases with which processes that share a store agree on who does what. A dead holder's lease is taken over. */
export interface Leases {
  /** Returns the live process that holds the lease, if one does; takes nothing. */
  holder(name: string): LeaseHolder | undefined
  /** Returns the leases that live processes hold whose names begin with `prefix`. */
  held(prefix?: string): readonly { readonly name: string; readonly holder: LeaseHolder }[]
  /** Returns the lease at once, or who holds it. */
  tryAcquire(name: string, note: string): { readonly lease: Lease } | { readonly holder: LeaseHolder }
  /** Waits for the lease; `onWait` is told once who holds it. Rejects with the signal's reason when aborted. */
  acquire(
    name: string,
    note: string,
    options?: { readonly signal?: AbortSignal; readonly onWait?: (holder: LeaseHolder) => void },
  ): Promise<Lease>
}

/** A step's last action: what an explanation compares with. It outlives the action's own record. */
export interface StepMemory {
  readonly key: ActionKey
  readonly action: JsonObject
}

/** What the store knows of jobs: for each the pipeline and, step by step, the action last used. */
export interface JobMemory {
  /** Returns a step's last action in this job, or else the last one of the same pipeline and step in any job. */
  lastAction(
    job: string,
    pipeline: string,
    step: string,
  ): (StepMemory & { readonly from: 'job' | 'elsewhere' }) | undefined
  /** Records the actions that a run used. */
  remember(job: string, pipeline: string, steps: ReadonlyMap<string, StepMemory>): void
  /** Returns the steps of one job and the actions they last used. */
  steps(job: string): ReadonlyMap<string, StepMemory>
  /** Returns the keys of the actions that the steps of one job last used, as they were when it was last written down. */
  keys(job: string, pipeline: string): Readonly<Record<string, ActionKey>>
  /** Returns the names of the steps of one job; their actions are not read. */
  stepNames(job: string): readonly string[]
  /** Forgets jobs whose directories are gone; what their steps were last made of is remembered for the pipeline. */
  forget(jobs: readonly string[]): void
  /** Returns every job directory that used this store, with its pipeline. */
  list(): readonly { readonly job: string; readonly pipeline: string }[]
}

/** A step of a job as a run left it. */
export interface DoneStep {
  readonly key: ActionKey
  /** What its manifest says of the cache. */
  readonly cache: string
  /** The stamps of its files in the job directory, as numbers: of its manifest, and of the result's outputs in their order. */
  readonly stamps: readonly number[]
  /** Absent where the outputs' stamps are not among those: they are to be looked at one by one. */
  readonly result?: ActionResult
}

/** What is known of the steps of a job that were done when its last run ended. */
export interface DoneJob {
  /** What every removal from the store changes; to be handed back to `DoneJobs.remember`. */
  readonly mark: string | undefined
  /** Whether no action and no blob was removed from the store since a run found those of the job there. */
  readonly stands: boolean
  /** By the store's clock, since when all its results are noted as used. */
  readonly notedMs: number
  readonly ids: readonly string[]
  /** Returns whether a step has a result; undefined for one of which nothing is known. */
  isDone(step: string): boolean | undefined
  get(step: string): DoneStep | undefined
  /** Returns whether a step's result is in the store as it was when the job's last run ended. */
  hasResult(step: DoneStep): boolean
}

/** The steps of jobs that are done: with them, a directory that is already right needs no look-up a step. */
export interface DoneJobs {
  /** Returns what is known of a job now. */
  open(job: string): DoneJob
  /**
   * Records the steps of a job that are done. The results of those with one have been found in the store since `mark`
   * was read.
   */
  remember(job: string, steps: ReadonlyMap<string, DoneStep>, since: Pick<DoneJob, 'mark' | 'notedMs'>): void
}

/** Past durations of a stage on a device, the newest last, for estimates. */
export interface Durations {
  record(stage: string, device: string, sample: DurationSample): void
  recent(stage: string, device: string): readonly DurationSample[]
}

export interface DurationSample {
  readonly durationMs: number
  readonly inputBytes: number
}

/** Small facts that are dear to find and cheap to check, such as a tool's version by its binary's stat. */
export interface Memos {
  get(name: string): JsonValue | undefined
  set(name: string, value: JsonValue): void
}

/** The content-addressed store: blobs, actions, and what runs need to remember. */
export interface LocalStore {
  readonly dir: string
  readonly readOnly: boolean
  readonly blobs: BlobStore
  readonly actions: ActionCache
  readonly fileDigests: FileDigests
  readonly leases: Leases
  readonly jobs: JobMemory
  readonly done: DoneJobs
  readonly durations: Durations
  readonly memos: Memos
  /** What was done when the index was found damaged as the store was opened; to be told to the user. */
  readonly repaired?: IndexRepair
  /**
   * Removes what was long unused where the store occupies more than it may, for about `budgetMs`; undefined where it
   * does not, which costs little to find out.
   */
  keepWithin(limits: StoreLimits, budgetMs: number): Promise<Result<StoreTrim | undefined, StoreFailure>>
  /** Writes what was remembered since the last flush (file digests, uses, memos, durations) in one transaction. */
  flush(): Result<void, StoreFailure>
  /** Flushes and closes; the store cannot be used afterwards. */
  close(): Promise<void>
}
