import { join, relative } from 'node:path'
import {
  type Event,
  type EventOf,
  isRecord,
  type JobStatus,
  type Manifest,
  type ReportedJob,
  type ReportedStep,
  type StepStatus,
} from '../../core/index.ts'
import { readJobEvents } from '../events/event-log.ts'
import { readManifest, stepDirectories } from '../job/manifest-file.ts'
import { readText } from '../system/read-text.ts'
import { criticalSteps } from './critical-steps.ts'
import { reportedOutput } from './reported-files.ts'

const logLines = 20

type Ended = EventOf<'pipeline_completed'> | EventOf<'pipeline_failed'> | EventOf<'pipeline_cancelled'>

/** Returns what a report says of a job, of which this is the status. */
export async function reportedJob(status: JobStatus): Promise<ReportedJob> {
  const { jobDir, steps, ...rest } = status
  const events = await readJobEvents(jobDir)
  const started = events.findLast((event) => event.event === 'pipeline_started')
  const lastRun = events.filter(({ run }) => run === started?.run)
  const places = await manifestsIn(jobDir)
  const beganMs = Date.parse(started?.ts ?? '')
  const completed = events.findLast(
    (event): event is EventOf<'pipeline_completed'> => event.event === 'pipeline_completed',
  )
  const ended = lastRun.findLast(isEnd)
  const spans = new Map<string, { start: number; end: number }>()
  const saved = new Map<string, number>()
  const remotes = new Map<string, string>()
  for (const event of lastRun) {
    const atMs = Date.parse(event.ts) - beganMs
    if (event.event === 'stage_running') spans.set(event.stage, { start: atMs, end: atMs })
    const span = 'stage' in event ? spans.get(event.stage) : undefined
    if (span !== undefined && isStepEnd(event)) span.end = atMs
    if (event.event === 'stage_skipped' && event.saved_ms !== undefined) saved.set(event.stage, event.saved_ms)
    if (event.event === 'stage_skipped' && event.remote !== undefined) remotes.set(event.stage, event.remote)
  }
  const critical = criticalSteps(
    [...spans].flatMap(([step, ranMs]) => {
      const place = places.get(step)
      return place === undefined ? [] : [{ step, ranMs, manifest: place.manifest }]
    }),
  )
  return {
    ...rest,
    job: jobDir.split(/[\\/]/).at(-1) ?? jobDir,
    steps: steps.map((step) =>
      reportedStep(jobDir, step, {
        place: places.get(step.step),
        ranMs: spans.get(step.step),
        savedMs: saved.get(step.step),
        isCritical: critical.has(step.step),
        remote: remotes.get(step.step),
      }),
    ),
    ...(ended === undefined || started === undefined ? {} : { run: runOf(started, ended) }),
    warnings: lastRun.flatMap((event) => {
      if (event.event === 'pipeline_warning') return [event.message]
      return event.event === 'stage_log' && event.level === 'warn' ? [`${event.stage}: ${event.line}`] : []
    }),
    outputs: Object.entries(completed?.outputs ?? {}).map(([name, made]) => reportedOutput(jobDir, name, made)),
  }
}

function isEnd(event: Event): event is Ended {
  return ['pipeline_completed', 'pipeline_failed', 'pipeline_cancelled'].includes(event.event)
}

function isStepEnd({ event }: Event): boolean {
  return event === 'stage_completed' || event === 'stage_failed' || event === 'stage_cancelled'
}

function runOf(
  { ts }: Event,
  { duration_ms, executed, cached, skipped, saved_ms }: Ended,
): NonNullable<ReportedJob['run']> {
  return { startedAt: ts, durationMs: duration_ms, executed, cached, skipped, savedMs: saved_ms }
}

interface Place {
  readonly directory: string
  readonly manifest: Manifest
}

async function manifestsIn(jobDir: string): Promise<ReadonlyMap<string, Place>> {
  const places = new Map<string, Place>()
  for (const directory of stepDirectories(jobDir)) {
    const reading = await readManifest(join(jobDir, directory))
    if (reading.kind === 'read') places.set(reading.manifest.step, { directory, manifest: reading.manifest })
  }
  return places
}

interface Told {
  readonly place: Place | undefined
  readonly ranMs: ReportedStep['ranMs']
  readonly savedMs: number | undefined
  readonly remote: string | undefined
  readonly isCritical: boolean
}

function reportedStep(
  jobDir: string,
  step: StepStatus,
  { place, ranMs, savedMs, remote, isCritical }: Told,
): ReportedStep {
  const { directory, manifest } = place ?? {}
  const log =
    step.state === 'failed' && directory !== undefined ? readText(join(jobDir, directory, 'stage.log')) : undefined
  return {
    ...step,
    ...(ranMs === undefined ? {} : { ranMs }),
    ...(isCritical ? { isCritical } : {}),
    ...(savedMs === undefined ? {} : { savedMs }),
    ...(remote === undefined ? {} : { remote }),
    ...(directory === undefined ? {} : { directory: relative(jobDir, join(jobDir, directory)) }),
    ...(manifest === undefined ? {} : { device: manifest.device }),
    tools: Object.entries(manifest?.tools ?? {}).map(([name, tool]) => `${name} ${versionOf(tool)}`.trim()),
    params: manifest?.params ?? {},
    ...(log === undefined ? {} : { logTail: log.trimEnd().split('\n').slice(-logLines) }),
  }
}

function versionOf(tool: unknown): string {
  return isRecord(tool) && typeof tool.version === 'string' ? tool.version : ''
}
