import type { Event, EventOf, StepStatus } from '../../core/index.ts'

type StepEvent = Extract<Event, { readonly stage: string }>

/** The states of one run's steps, updated by each event. */
export class StepStates {
  readonly #steps = new Map<string, StepStatus>()

  /** Applies one event. The caller leaves out events of other runs. */
  onEvent(event: Event): void {
    if (event.event === 'pipeline_started') {
      for (const step of event.steps) if (!this.#steps.has(step)) this.#steps.set(step, { step, state: 'not-yet' })
    } else if ('stage' in event) {
      const before = this.#steps.get(event.stage) ?? { step: event.stage, state: 'not-yet' }
      const after = next(before, event)
      if (after !== before) this.#steps.set(event.stage, after)
    }
  }

  /** Returns a step's state, if the run has one. */
  get(step: string): StepStatus | undefined {
    return this.#steps.get(step)
  }

  /** Returns the steps in the order of their first events. */
  all(): readonly StepStatus[] {
    return [...this.#steps.values()]
  }
}

function next(before: StepStatus, event: StepEvent): StepStatus {
  const { step, reasons } = before
  const kept = { step, ...(reasons === undefined ? {} : { reasons }) }
  switch (event.event) {
    case 'stage_cache_miss':
      return { step, state: 'not-yet', reasons: event.reasons }
    case 'stage_running':
      return { ...kept, state: 'running', startedAt: event.ts, attempts: event.attempt }
    case 'stage_progress':
      return before.state === 'running' ? { ...before, fraction: event.fraction } : before
    case 'stage_completed':
      return completed(kept, before, event)
    case 'stage_failed':
      return { ...kept, ...attemptsOf(before), state: 'failed', message: event.message, finishedAt: event.ts }
    case 'stage_cancelled':
      return { ...kept, ...attemptsOf(before), state: 'interrupted' }
    case 'stage_skipped':
      return skipped(step, event)
    case 'stage_retrying':
      return retrying(before, event)
    case 'stage_queued':
      return { ...before, place: queuedText(event) }
    case 'stage_placed':
      return { ...before, place: `on ${event.worker}` }
    case 'stage_lost':
      return { ...withoutProgress(before), place: `lost ${event.worker}, waits for another worker` }
    case 'stage_log':
    case 'stage_lint':
    case 'stage_compared':
    case 'artifact_stored':
    case 'artifact_materialized':
      return before
    default:
      return event satisfies never
  }
}

function attemptsOf({ attempts }: StepStatus): Pick<StepStatus, 'attempts'> {
  return attempts === undefined ? {} : { attempts }
}

function queuedText({ pool, ahead }: EventOf<'stage_queued'>): string {
  return `queued in ${pool}${ahead === undefined || ahead === 0 ? '' : `, ${ahead} before it`}`
}

function withoutProgress({ fraction: _, ...step }: StepStatus): StepStatus {
  return step
}

/** It is waiting to be executed again. */
function retrying(before: StepStatus, { attempt, retry_at, message }: EventOf<'stage_retrying'>): StepStatus {
  const { fraction: _, ...waiting } = before
  const [why] = message.split('\n')
  return { ...waiting, message: `attempt ${attempt} at ${retry_at}, because ${why}` }
}

function completed(
  kept: Pick<StepStatus, 'step' | 'reasons'>,
  before: StepStatus,
  { recorded, duration_ms, peak_rss_bytes, cpu_time_ms, key, ts }: EventOf<'stage_completed'>,
): StepStatus {
  return {
    ...kept,
    ...attemptsOf(before),
    state: 'done',
    cache: recorded ? 'miss' : 'off',
    durationMs: duration_ms,
    ...(peak_rss_bytes === undefined ? {} : { peakRssBytes: peak_rss_bytes }),
    ...(cpu_time_ms === undefined ? {} : { cpuTimeMs: cpu_time_ms }),
    key,
    finishedAt: ts,
  }
}

function skipped(step: string, { because, key, saved_ms, upstream, failed, ts }: EventOf<'stage_skipped'>): StepStatus {
  if (because === 'condition') return { step, state: 'skipped' }
  if (because === 'upstream')
    return { step, state: 'not-yet', message: `needs ${upstream ?? 'a step'}, which has no result` }
  if (because === 'failure')
    return {
      step,
      state: 'not-yet',
      message: `not started, because ${failed === undefined ? 'another step' : `'${failed}'`} failed`,
    }
  return {
    step,
    state: 'done',
    cache: 'hit',
    attempts: 0,
    ...(saved_ms === undefined ? {} : { durationMs: saved_ms }),
    ...(key === undefined ? {} : { key }),
    finishedAt: ts,
  }
}
