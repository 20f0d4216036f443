import { join, resolve } from 'node:path'
import type { Result } from '../../store/index.ts'
import {
  describeFailure,
  type Event,
  type EventOf,
  type Failure,
  type JobStatus,
  type StepStatus,
} from '../core/index.ts'
import { readJobEvents } from './event-log.ts'
import { type JobRecord, readJob } from './job-directory.ts'
import { readManifest, stepDirectories } from './manifest-file.ts'

/**
 * Returns what is known of a job: from its manifests what is done, from its last run's events what was going on.
 * `isRunning` tells whether somebody holds the job now; a run that neither ended nor is held was interrupted.
 */
export async function jobStatus(
  jobDir: string,
  options: { readonly steps?: readonly string[]; readonly isRunning?: boolean } = {},
): Promise<Result<JobStatus, Failure>> {
  const dir = resolve(jobDir)
  const job = await readJob(dir)
  if (!job.ok) return job
  const events = await readJobEvents(dir)
  const recovered: string[] = []
  const fromManifests = await manifestStatuses(dir, recovered)
  const lastRun = lastRunOf(events)
  const isRunning = options.isRunning ?? false
  const ids = new Set([...(options.steps ?? []), ...stepsOf(lastRun), ...fromManifests.keys()])
  const steps = [...ids].map((step) => stepStatus(step, fromManifests.get(step), lastRun, isRunning))
  const { pipeline, inputs, params, device, created, runs } = job.value
  const state = stateOf(job.value, lastRun, isRunning)
  return {
    ok: true,
    value: {
      jobDir: dir,
      pipeline,
      inputs,
      params,
      device,
      createdAt: created,
      runs: runs.length,
      state,
      steps,
      recovered,
    },
  }
}

async function manifestStatuses(jobDir: string, recovered: string[]): Promise<ReadonlyMap<string, StepStatus>> {
  const statuses = new Map<string, StepStatus>()
  for (const dir of stepDirectories(jobDir)) {
    const reading = await readManifest(join(jobDir, dir))
    if (reading.kind === 'broken') {
      recovered.push(
        `${dir}/manifest.json is not to be believed (${reading.problems[0] ?? 'unknown'}): the next run looks the step up in the store`,
      )
    }
    if (reading.kind !== 'read') continue
    const { manifest } = reading
    const done = manifest.exit_code === 0 && manifest.failure === undefined
    statuses.set(manifest.step, {
      step: manifest.step,
      state: done ? 'done' : 'failed',
      cache: manifest.cache,
      durationMs: manifest.duration_ms,
      ...(manifest.peak_rss_bytes === null ? {} : { peakRssBytes: manifest.peak_rss_bytes }),
      attempts: manifest.attempts,
      ...(manifest.failure === undefined ? {} : { message: describeFailure(manifest.failure) }),
      key: manifest.action_key,
      finishedAt: manifest.timestamp,
    })
  }
  return statuses
}

function lastRunOf(events: readonly Event[]): readonly Event[] {
  const run = events.findLast(({ event }) => event === 'pipeline_started')?.run
  return events.filter((event) => event.run === run)
}

function stepsOf(run: readonly Event[]): readonly string[] {
  return run.find((event): event is EventOf<'pipeline_started'> => event.event === 'pipeline_started')?.steps ?? []
}

function stepStatus(
  step: string,
  manifest: StepStatus | undefined,
  run: readonly Event[],
  isRunning: boolean,
): StepStatus {
  const own = run.filter((event) => 'stage' in event && event.stage === step)
  const miss = own.findLast((event): event is EventOf<'stage_cache_miss'> => event.event === 'stage_cache_miss')
  const reasons = miss === undefined ? {} : { reasons: miss.reasons }
  const last = own.findLast(
    ({ event }) => event !== 'stage_log' && event !== 'stage_progress' && !event.startsWith('artifact_'),
  )
  switch (last?.event) {
    case 'stage_running':
    case 'stage_cache_miss':
    case 'stage_retrying':
      return { step, state: isRunning ? 'running' : 'interrupted', ...reasons }
    case 'stage_cancelled':
      return { step, state: 'interrupted', ...reasons }
    case 'stage_failed':
      return { ...manifest, step, state: 'failed', message: last.message, ...reasons }
    case 'stage_skipped':
      if (last.because !== 'cached') return { step, state: last.because === 'condition' ? 'skipped' : 'not-yet' }
      break
    default:
      break
  }
  return manifest === undefined ? { step, state: 'not-yet' } : { ...manifest, ...reasons }
}

function stateOf({ runs }: JobRecord, lastRun: readonly Event[], isRunning: boolean): JobStatus['state'] {
  if (isRunning) return 'running'
  const last = lastRun.findLast(({ event }) => event.startsWith('pipeline_') && event !== 'pipeline_warning')
  switch (last?.event) {
    case 'pipeline_completed':
      return 'completed'
    case 'pipeline_failed':
      return 'failed'
    case 'pipeline_cancelled':
      return 'cancelled'
    case undefined:
      return runs.at(-1)?.status ?? 'never-run'
    default:
      return 'interrupted'
  }
}
