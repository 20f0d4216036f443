import { lstatSync, rmdirSync, rmSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { jobLease, type Lease, type LeaseHolder, type LocalStore } from '../../../store/index.ts'
import { readJobRecord } from './job-file.ts'
import { jobHolder } from './job-holder.ts'
import { isDirectory, jobEntry, writtenAtMs } from './job-list.ts'
import { otherJobStore } from './job-store.ts'
import { type OwnFiles, ownFilesOf } from './own-files.ts'

export interface PruneOptions {
  /** Jobs whose last run ended at least this long ago are removed. */
  readonly olderThanMs: number
  /** Only reports what would be removed. */
  readonly dryRun?: boolean
  /** Milliseconds since 1970. */
  readonly now?: () => number
}

/** What stays in place, and why. */
export interface Kept {
  /** Relative to the job directory. */
  readonly path: string
  readonly why: string
}

/** A job whose files were removed, or would be. */
export interface PrunedJob {
  readonly jobDir: string
  readonly pipeline: string
  readonly removedBytes: number
  /** If there are any, the job directory stays, too. */
  readonly kept: readonly Kept[]
}

export interface PruneReport {
  readonly pruned: readonly PrunedJob[]
  /** Jobs that are old enough and were skipped. */
  readonly skipped: readonly { readonly jobDir: string; readonly why: string }[]
  /** Jobs that the store does not list any more, because their directories are not there, or no job is in them. */
  readonly forgotten: readonly string[]
}

/**
 * Removes the directories of jobs that have not run for long. Nothing is removed that is not the runner's own, or that
 * was changed since; the store keeps what the steps computed. A job that runs is never touched, whatever the clock
 * says: its lease is taken first, which also keeps a run from starting meanwhile.
 */
export async function pruneJobs(store: LocalStore, options: PruneOptions): Promise<PruneReport> {
  const pruned: PrunedJob[] = []
  const skipped: { jobDir: string; why: string }[] = []
  const forgotten: string[] = []
  for (const { job } of store.ledger.jobs.list()) {
    const refused = refusal(job) ?? refusalOfStore(store, job)
    if (refused === 'absent') {
      if (jobHolder(store, job) === undefined) forgotten.push(job)
      continue
    }
    if (refused === undefined && !isOldEnough(store, job, options)) continue
    const taken = refused === undefined ? take(store, job, options.dryRun ?? false) : { why: refused }
    if ('why' in taken) {
      skipped.push({ jobDir: job, why: taken.why })
      continue
    }
    try {
      // Asked again: it may have run before the lease was taken.
      if (isOldEnough(store, job, options)) pruned.push(await prune(store, job, options))
    } finally {
      taken.lease?.release()
    }
  }
  if (options.dryRun !== true) {
    const removed = pruned.flatMap(({ jobDir }) => (refusal(jobDir) === 'absent' ? [jobDir] : []))
    store.ledger.jobs.forget([...forgotten, ...removed])
    store.flush()
  }
  return { pruned, skipped, forgotten }
}

/** Returns why a directory must not be touched, whatever its age; `absent` if it does not exist. */
function refusal(jobDir: string): string | undefined {
  const stats = lstatSync(jobDir, { throwIfNoEntry: false })
  if (stats === undefined) return 'absent'
  if (stats.isSymbolicLink()) return 'it is a symbolic link'
  if (!stats.isDirectory()) return 'absent'
  const record = lstatSync(join(jobDir, 'job.json'), { throwIfNoEntry: false })
  // Without `job.json` nothing says that this is a job: it was pruned before, or is something else by now.
  if (record === undefined) return 'absent'
  if (!record.isFile()) return 'its job.json is not a file'
  const reading = readJobRecord(jobDir)
  if (reading.kind === 'newer') return reading.reason
  return reading.kind === 'broken' ? `${reading.reason}, so it may not be a job` : undefined
}

/** The leases of a store say nothing of runs that use another store. */
function refusalOfStore(store: LocalStore, jobDir: string): string | undefined {
  const other = otherJobStore(store, jobDir)
  return other === undefined ? undefined : `it last ran with the store ${other}; prune it with --store ${other}`
}

/** The newest sign of activity counts; one in the future makes a job young. */
function isOldEnough(store: LocalStore, jobDir: string, { olderThanMs, now = Date.now }: PruneOptions): boolean {
  const reading = readJobRecord(jobDir)
  const activeAt = jobEntry(store, jobDir, undefined)?.activeAt
  const created = reading.kind === 'read' ? Date.parse(reading.record.created) : Number.NaN
  const told = [activeAt === undefined ? Number.NaN : Date.parse(activeAt), created, writtenAtMs(jobDir)]
  return now() - Math.max(...told.filter((ms) => !Number.isNaN(ms))) >= olderThanMs
}

type Taken = { readonly lease?: Lease } | { readonly why: string }

function take(store: LocalStore, jobDir: string, dryRun: boolean): Taken {
  if (dryRun) {
    const holder = jobHolder(store, jobDir)
    return holder === undefined ? {} : { why: inUse(holder) }
  }
  const taken = store.leases.tryAcquire(jobLease(jobDir), `prune ${jobDir}`)
  return 'lease' in taken ? taken : { why: inUse(taken.holder) }
}

function inUse({ pid, note }: LeaseHolder): string {
  return note.startsWith('prune ') ? `another prune (pid ${pid}) is working on it` : `it is running (pid ${pid})`
}

async function prune(store: LocalStore, jobDir: string, { dryRun = false }: PruneOptions): Promise<PrunedJob> {
  const reading = readJobRecord(jobDir)
  const pipeline = reading.kind === 'read' ? reading.record.pipeline : ''
  const own = await ownFilesOf(store, jobDir)
  const failed = dryRun ? [] : remove(jobDir, own)
  const unremoved = new Set(failed.map(({ path }) => path))
  const removed = own.entries.filter(({ path }) => !unremoved.has(path))
  return {
    jobDir,
    pipeline,
    removedBytes: removed.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0),
    kept: [...own.kept, ...failed],
  }
}

/** Returns what could not be removed. The record goes last, so that a prune that was interrupted is taken up again. */
function remove(jobDir: string, { entries, directories }: OwnFiles): readonly Kept[] {
  const failed: Kept[] = []
  const removeEntry = (path: string) => {
    try {
      if (!isDirectory(dirname(join(jobDir, path)))) throw new Error('its parent directory was replaced')
      rmSync(join(jobDir, path), { recursive: true, force: true })
    } catch (error) {
      failed.push({ path, why: `it cannot be removed: ${error instanceof Error ? error.message : String(error)}` })
    }
  }
  for (const { path } of entries) if (path !== 'job.json') removeEntry(path)
  for (const path of directories) removeIfEmpty(join(jobDir, path))
  if (failed.length > 0) return [...failed, { path: 'job.json', why: 'something else could not be removed' }]
  removeEntry('job.json')
  removeIfEmpty(jobDir)
  return failed
}

function removeIfEmpty(dir: string): void {
  try {
    rmdirSync(dir)
  } catch {
    // It holds files of the user's, which are reported as kept.
  }
}
