import { join, resolve } from 'node:path'
import type { LocalStore, Result } from '../../../store/index.ts'
import {
  devices,
  type Event,
  type Failure,
  failureMessage,
  type Graph,
  hasOpenItems,
  type JobStatus,
  type Manifest,
  openerIds,
  type StepStatus,
} from '../../core/index.ts'
import { editedDirectories } from '../edits/edited-directory.ts'
import { readJobEvents } from '../events/event-log.ts'
import { stepIds } from '../schedule/step-ids.ts'
import { StepStates } from '../schedule/step-states.ts'
import { workLeft } from '../schedule/work-left.ts'
import { type JobRecord, readJob } from './job-file.ts'
import { readManifest, stepDirectories } from './manifest-file.ts'
import { runStatusAfter } from './run-status.ts'

export interface JobStatusOptions {
  /** Ids of the steps of the job's pipeline, so that steps that never ran are listed, too. */
  readonly steps?: readonly string[]
  /** Whether a process holds the job now; a run that neither ended nor is held was interrupted. */
  readonly isRunning?: boolean
  /** Past durations, to estimate how long the rest takes. */
  readonly estimate?: { readonly graph: Graph; readonly store: Pick<LocalStore, 'ledger'> }
  /** Milliseconds since 1970. */
  readonly now?: () => number
}

/** Returns the state of a job: what is done, from its manifests; what was running, from the events of its last run. */
export async function jobStatus(jobDir: string, options: JobStatusOptions = {}): Promise<Result<JobStatus, Failure>> {
  const dir = resolve(jobDir)
  const job = await readJob(dir)
  if (!job.ok) return job
  const { isRunning = false, estimate, now = Date.now } = options
  const lastRun = lastRunOf(await readJobEvents(dir))
  const states = new StepStates()
  for (const event of lastRun) states.onEvent(event)
  const recovered: string[] = []
  const manifests = await readManifests(dir, recovered)
  const { pipeline, inputs, params, device, created, runs } = job.value
  const told = states.all().map(({ step }) => step)
  const state = stateOf(job.value, lastRun, isRunning)
  // If a completed run reports nothing more of a fan-out, its list was empty.
  const isEmpty = (id: string) => state === 'completed' && hasOpenItems(id) && told.includes(id)
  const left = [...manifests.keys()].filter((id) => !isGone(id, { told, steps: options.steps, state }))
  const order = options.steps ?? startedSteps(lastRun)
  const ids = inPipelineOrder(stepIds([...order, ...told, ...left]), order).filter((id) => !isEmpty(id))
  const steps = ids.map((step) => stepStatus(step, manifests.get(step), states.get(step), isRunning))
  const on = devices.find((known) => known === device) ?? 'cpu'
  const outputBytes = (step: string, output: string) => manifests.get(step)?.output_artifacts[output]?.size_bytes
  const work =
    estimate === undefined ? { steps } : workLeft(steps, { ...estimate, device: on, inputs, outputBytes, nowMs: now() })
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
      ...work,
      recovered,
      ...correctionsIn(lastRun),
      edited: editedDirectories(dir),
    },
  }
}

function correctionsIn(lastRun: readonly Event[]): Pick<JobStatus, 'corrections'> {
  const ends = lastRun.flatMap((event) => (event.event === 'pipeline_completed' ? [event.corrections] : []))
  const corrections = ends.at(-1)
  return corrections === undefined ? {} : { corrections }
}

function startedSteps(lastRun: readonly Event[]): readonly string[] {
  return lastRun.flatMap((event) => (event.event === 'pipeline_started' ? event.steps : []))
}

/** Items whose list a step computed come where the graph has them, by name; what the graph does not have comes last. */
function inPipelineOrder(ids: readonly string[], order: readonly string[]): readonly string[] {
  const places = new Map(order.map((id, place) => [id, place]))
  const placeOf = (id: string) => {
    const known = [id, ...openerIds(id)].find((place) => places.has(place))
    return known === undefined ? order.length : (places.get(known) ?? order.length)
  }
  const byName = new Intl.Collator('en', { numeric: true })
  return ids
    .map((id) => ({ id, place: placeOf(id) }))
    .sort((a, b) => a.place - b.place || byName.compare(a.id, b.id))
    .map(({ id }) => id)
}

interface LastTold {
  /** The steps in the events of the last run. */
  readonly told: readonly string[]
  readonly steps: readonly string[] | undefined
  readonly state: JobStatus['state']
}

/** Returns whether a step belongs to an earlier run only: an item that its list no longer holds. */
function isGone(id: string, { told, steps, state }: LastTold): boolean {
  if (steps === undefined || told.includes(id)) return false
  const places = [id, ...openerIds(id)].filter((place) => steps.includes(place))
  if (places.length === 0) return true
  // A completed run reports every item of the lists that it reached.
  const isOfKnownList = (place: string) => told.some((other) => other === place || openerIds(other).includes(place))
  return state === 'completed' && !places.includes(id) && places.some(isOfKnownList)
}

async function readManifests(jobDir: string, recovered: string[]): Promise<ReadonlyMap<string, Manifest>> {
  const manifests = new Map<string, Manifest>()
  for (const dir of stepDirectories(jobDir)) {
    const reading = await readManifest(join(jobDir, dir))
    if (reading.kind === 'broken') {
      recovered.push(
        `${dir}/manifest.json is invalid (${reading.problems[0] ?? 'unknown'}); the next run looks the step up in the store`,
      )
    }
    if (reading.kind === 'read') manifests.set(reading.manifest.step, reading.manifest)
  }
  return manifests
}

function statusFrom(manifest: Manifest): StepStatus {
  const done = manifest.exit_code === 0 && manifest.failure === undefined
  return {
    step: manifest.step,
    state: done ? 'done' : 'failed',
    cache: manifest.cache,
    durationMs: manifest.duration_ms,
    ...(manifest.peak_rss_bytes === null ? {} : { peakRssBytes: manifest.peak_rss_bytes }),
    ...(typeof manifest.cpu_time_ms === 'number' ? { cpuTimeMs: manifest.cpu_time_ms } : {}),
    attempts: manifest.attempts,
    ...(manifest.failure === undefined ? {} : { message: failureMessage(manifest.failure) }),
    key: manifest.action_key,
    finishedAt: new Date(manifest.timestamp * 1000).toISOString(),
  }
}

/** The manifest tells what exists; the events tell what the last run was about to change. */
function stepStatus(
  step: string,
  manifest: Manifest | undefined,
  state: StepStatus | undefined,
  isRunning: boolean,
): StepStatus {
  const recorded = manifest === undefined ? undefined : statusFrom(manifest)
  const reasons = state?.reasons === undefined ? {} : { reasons: state.reasons }
  if (state === undefined) return recorded ?? { step, state: 'not-yet' }
  switch (state.state) {
    case 'running':
      return isRunning ? state : { step, state: 'interrupted', ...attemptsOf(state), ...reasons }
    case 'failed':
      // If it was not executed, the manifest is of an earlier run.
      return state.attempts === undefined ? state : { ...recorded, ...state }
    case 'interrupted':
    case 'skipped':
      return state
    case 'not-yet':
      // It missed, or a step that it needs failed: what an earlier run left is out of date.
      return state.reasons === undefined && state.message === undefined ? (recorded ?? state) : state
    case 'done':
      return recorded === undefined ? { step, state: 'not-yet' } : { ...recorded, ...reasons }
    default:
      return state.state satisfies never
  }
}

function attemptsOf({ attempts }: StepStatus): Pick<StepStatus, 'attempts'> {
  return attempts === undefined ? {} : { attempts }
}

function lastRunOf(events: readonly Event[]): readonly Event[] {
  const run = events.findLast(({ event }) => event === 'pipeline_started')?.run
  return events.filter((event) => event.run === run)
}

function stateOf({ runs }: JobRecord, lastRun: readonly Event[], isRunning: boolean): JobStatus['state'] {
  if (isRunning) return 'running'
  if (lastRun.length === 0) return runs.at(-1)?.status ?? 'interrupted'
  return lastRun.map(runStatusAfter).findLast((end) => end !== undefined) ?? 'interrupted'
}
