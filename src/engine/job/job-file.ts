import { join, resolve } from 'node:path'
import { type JsonObject, type Result, writeAtomically } from '../../../store/index.ts'
import { type Failure, isJsonObject, isRecord } from '../../core/index.ts'
import type { JobTakes } from '../key/takes.ts'
import type { InputPaths } from '../schedule/wiring/given-inputs.ts'
import { readText } from '../system/read-text.ts'

/** The version of `job.json`. */
const jobVersion = 1
const runsKept = 50

/** One run of a job, as `job.json` keeps it. Times are ISO 8601. */
export interface JobRun extends JsonObject {
  readonly run: string
  readonly started: string
  readonly ended: string
  readonly status: 'completed' | 'failed' | 'cancelled'
  readonly executed: number
  readonly cached: number
}

/** What a job is: one pipeline on one set of inputs. Paths are absolute. */
export interface JobRecord {
  readonly pipeline: string
  readonly inputs: Readonly<Record<string, InputPaths>>
  readonly params: JsonObject
  readonly device: string
  /** The store of the last run, whose leases tell whether it still runs. */
  readonly store?: string
  /** The config that defined the pipeline in the last run. */
  readonly config?: string
  /** The step whose files people correct, in a pipeline with an overlay whose files can be edited. */
  readonly editable?: string
  readonly created: string
  /** The newest last. */
  readonly runs: readonly JobRun[]
  readonly takes?: JobTakes
}

/** The result of reading `job.json`: read, absent, broken, or of a newer release. */
export type JobReading =
  | { readonly kind: 'read'; readonly record: JobRecord }
  | { readonly kind: 'absent' }
  | { readonly kind: 'broken'; readonly reason: string }
  /** A later release wrote it; only that knows its fields. */
  | { readonly kind: 'newer'; readonly reason: string }

/** Reads `job.json`. */
export function readJobRecord(jobDir: string): JobReading {
  const text = readText(join(jobDir, 'job.json'))
  if (text === undefined) return { kind: 'absent' }
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    return { kind: 'broken', reason: 'job.json is not valid JSON' }
  }
  if (!isRecord(value)) return { kind: 'broken', reason: 'job.json is not a JSON object' }
  if (typeof value.version === 'number' && value.version > jobVersion) {
    const reason = `its job.json has version ${value.version}, but this release reads version ${jobVersion}; update Reprise`
    return { kind: 'newer', reason }
  }
  if (value.version === undefined) return { kind: 'broken', reason: 'job.json has no version' }
  if (value.version !== jobVersion)
    return { kind: 'broken', reason: `job.json has version ${String(value.version)}, not ${jobVersion}` }
  const record = jobRecordOf(value)
  return record === undefined
    ? { kind: 'broken', reason: 'job.json has a missing or invalid field' }
    : { kind: 'read', record }
}

/** Reads the `job.json` of a job that must exist. */
export async function readJob(jobDir: string): Promise<Result<JobRecord, Failure>> {
  const reading = readJobRecord(resolve(jobDir))
  if (reading.kind === 'read') return { ok: true, value: reading.record }
  if (reading.kind === 'newer')
    return { ok: false, error: { kind: 'job-unusable', dir: jobDir, reason: reading.reason } }
  const reason =
    reading.kind === 'absent'
      ? 'it contains no job (no job.json); start one with: reprise run PIPELINE INPUT --job DIR'
      : `${reading.reason}; run the pipeline again with its inputs and --job, which rewrites job.json and keeps finished steps`
  return { ok: false, error: { kind: 'job-unusable', dir: jobDir, reason } }
}

/** Writes `job.json`. */
export function writeJobRecord(jobDir: string, record: JobRecord): void {
  const kept = { version: jobVersion, ...record, runs: record.runs.slice(-runsKept) }
  writeAtomically(join(jobDir, 'job.json'), `${JSON.stringify(kept, null, 2)}\n`)
}

function isPathMap(value: unknown): value is Record<string, InputPaths> {
  const isText = (path: unknown) => typeof path === 'string'
  return (
    isRecord(value) && Object.values(value).every((path) => isText(path) || (Array.isArray(path) && path.every(isText)))
  )
}

function isJobRun(value: unknown): value is JobRun {
  return (
    isRecord(value) &&
    [value.run, value.started, value.ended].every((text) => typeof text === 'string') &&
    (value.status === 'completed' || value.status === 'failed' || value.status === 'cancelled') &&
    typeof value.executed === 'number' &&
    typeof value.cached === 'number'
  )
}

function isJobTakes(value: unknown): value is JobTakes {
  const isTake = (take: unknown) => Number.isSafeInteger(take) && Number(take) >= 1
  return isRecord(value) && Object.values(value).every((of) => isRecord(of) && isTake(of.current) && isTake(of.highest))
}

function jobRecordOf(value: Record<string, unknown>): JobRecord | undefined {
  const { pipeline, inputs, params, device, created, runs } = value
  if (typeof pipeline !== 'string' || typeof device !== 'string' || typeof created !== 'string') return undefined
  if (!isPathMap(inputs) || !isJsonObject(params)) return undefined
  const { takes, store, config, editable } = value
  if (takes !== undefined && !isJobTakes(takes)) return undefined
  if (store !== undefined && typeof store !== 'string') return undefined
  if (config !== undefined && typeof config !== 'string') return undefined
  if (editable !== undefined && typeof editable !== 'string') return undefined
  const kept = Array.isArray(runs) ? runs.filter(isJobRun) : []
  const optional = {
    ...(store === undefined ? {} : { store }),
    ...(config === undefined ? {} : { config }),
    ...(editable === undefined ? {} : { editable }),
    ...(takes === undefined ? {} : { takes }),
  }
  return { pipeline, inputs, params, device, created, runs: kept, ...optional }
}
