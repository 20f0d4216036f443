import { lstatSync } from 'node:fs'
import { join } from 'node:path'
import type { LocalStore } from '../../../store/index.ts'
import type { Event, JobStatus } from '../../core/index.ts'
import { readLastEvent } from '../events/event-log.ts'
import { type JobReading, readJobRecord } from './job-file.ts'
import { jobHolder } from './job-holder.ts'
import { runStatusAfter } from './run-status.ts'

/** A job that the store knows, without its steps. */
export interface JobEntry {
  /** Absolute. */
  readonly jobDir: string
  readonly pipeline: string
  readonly state: JobStatus['state']
  /** The process that runs it. */
  readonly pid?: number
  /** How many of its runs have ended. */
  readonly runs: number
  /** When it was last active, ISO 8601; absent if unknown. */
  readonly activeAt?: string
  /** What is wrong with its `job.json`. */
  readonly problem?: string
  /** How its last run ended; absent while it runs, and where it was killed. */
  readonly lastRun?: LastRun
}

/** How many steps a run executed, had already, and could not do. */
export interface LastRun {
  readonly executed: number
  readonly cached: number
  readonly failed: number
  readonly durationMs: number
  /** What it would have cost to compute those that were there. */
  readonly savedMs: number
}

export interface JobList {
  /** Running jobs first, then by last activity, the newest first. */
  readonly jobs: readonly JobEntry[]
  /** Directories that no longer exist; the results of their steps stay in the store. */
  readonly gone: readonly string[]
}

/**
 * Returns the jobs that have used a store, each with its state. Reads two small files' ends a job, whatever its size.
 */
export function listJobs(store: Pick<LocalStore, 'ledger' | 'leases'>): JobList {
  const jobs: JobEntry[] = []
  const gone: string[] = []
  for (const { job, pipeline } of store.ledger.jobs.list()) {
    const entry = isDirectory(job) ? jobEntry(store, job, pipeline) : undefined
    if (entry === undefined) gone.push(job)
    else jobs.push(entry)
  }
  return { jobs: jobs.sort(byActivity), gone: gone.sort(byBytes) }
}

/** Returns the state of one job; undefined for a directory without a job. */
export function jobEntry(
  store: Pick<LocalStore, 'leases'>,
  jobDir: string,
  pipeline: string | undefined,
): JobEntry | undefined {
  // Asked first: a run that was over before the files were read has written its end into them.
  const holder = jobHolder(store, jobDir)
  const last = readLastEvent(jobDir)
  const reading = readJobRecord(jobDir)
  if (reading.kind === 'absent' && holder === undefined && last === undefined) return undefined
  const record = reading.kind === 'read' ? reading.record : undefined
  const name = record?.pipeline ?? pipeline
  if (name === undefined) return undefined
  const lastRun = holder?.run === undefined ? lastRunOf(last) : undefined
  const activeAt = later(last?.ts, record?.runs.at(-1)?.ended)
  return {
    jobDir,
    pipeline: name,
    state: holder?.run === undefined ? endedState(reading, last) : 'running',
    ...(holder?.run === undefined ? {} : { pid: holder.pid }),
    runs: record?.runs.length ?? 0,
    ...(activeAt === undefined ? {} : { activeAt }),
    ...(lastRun === undefined ? {} : { lastRun }),
    ...(reading.kind === 'broken' || reading.kind === 'newer' ? { problem: reading.reason } : {}),
  }
}

function lastRunOf(last: Event | undefined): LastRun | undefined {
  if (last === undefined || !('executed' in last)) return undefined
  const { executed, cached, duration_ms: durationMs, saved_ms: savedMs } = last
  const failed = 'failed' in last ? (last.failed?.length ?? 0) : 0
  return { executed, cached, failed, durationMs, savedMs }
}

/** A run was interrupted if neither its last event nor `job.json` tells of its end. */
function endedState(reading: JobReading, last: Event | undefined): JobStatus['state'] {
  const runs = reading.kind === 'read' ? reading.record.runs : []
  // Only a run writes a record, and it begins its log with that.
  if (last === undefined) return runs.at(-1)?.status ?? (reading.kind === 'read' ? 'interrupted' : 'never-run')
  const known = runs.find(({ run }) => run === last.run)
  if (known !== undefined) return known.status
  return runStatusAfter(last) ?? 'interrupted'
}

/** Returns whether a directory exists; a symbolic link to one does not count. */
export function isDirectory(path: string): boolean {
  try {
    return lstatSync(path).isDirectory()
  } catch {
    return false
  }
}

/** Returns when a job's own files were last written, in milliseconds since 1970. */
export function writtenAtMs(jobDir: string): number {
  const times = ['job.json', 'events.jsonl', 'run.log'].map(
    (name) => lstatSync(join(jobDir, name), { throwIfNoEntry: false })?.mtimeMs ?? 0,
  )
  return Math.max(...times)
}

function later(a: string | undefined, b: string | undefined): string | undefined {
  if (a === undefined || b === undefined) return a ?? b
  return Date.parse(a) >= Date.parse(b) ? a : b
}

function byActivity(a: JobEntry, b: JobEntry): number {
  const running = Number(b.state === 'running') - Number(a.state === 'running')
  return running || byBytes(b.activeAt ?? '', a.activeAt ?? '') || byBytes(a.jobDir, b.jobDir)
}

function byBytes(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b))
}
