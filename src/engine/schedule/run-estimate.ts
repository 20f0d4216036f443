import type { LocalStore } from '../../../store/index.ts'
import type { Device, Event, EventBody, Graph, Outcome, StepStatus } from '../../core/index.ts'
import { stepIds } from './step-ids.ts'
import { workLeft } from './work-left.ts'

export interface RunEstimateOptions {
  readonly graph: Graph
  readonly store: Pick<LocalStore, 'ledger'>
  readonly device: Device
  /** Paths by input name. */
  readonly inputs: Readonly<Record<string, string | readonly string[]>>
  /** Ids of the steps of the run. */
  readonly needed: ReadonlySet<string>
  readonly concurrency?: number
  /** How the steps that have ended did so, by id. */
  readonly outcomes: ReadonlyMap<string, Outcome>
  readonly emit: (body: EventBody) => void
}

/** Steps that begin or end are reported within a second, progress every five: reporters count down meanwhile. */
const afterStepMs = 1000
const afterProgressMs = 5000
/** Where there are so many steps that an estimate takes long, it takes no more than this part of the time. */
const partOfTime = 0.02

/** Reports the progress of a run and the estimated time left while steps execute; with hits alone it does nothing. */
export class RunEstimate {
  readonly #options: RunEstimateOptions
  /** The steps that execute, or wait for their turn to. */
  readonly #steps = new Map<string, StepStatus>()
  #timer: NodeJS.Timeout | undefined
  #dueMs = 0
  #toldMs = Number.NEGATIVE_INFINITY
  #tookMs = 0

  constructor(options: RunEstimateOptions) {
    this.#options = options
  }

  onEvent(event: Event): void {
    switch (event.event) {
      case 'stage_cache_miss':
      case 'stage_retrying':
        this.#steps.set(event.stage, { step: event.stage, state: 'not-yet' })
        break
      case 'stage_running':
        this.#steps.set(event.stage, { step: event.stage, state: 'running', startedAt: event.ts })
        this.#reportAfter(afterStepMs)
        break
      case 'stage_progress': {
        const step = this.#steps.get(event.stage)
        if (step === undefined) break
        this.#steps.set(event.stage, { ...step, fraction: event.fraction })
        this.#reportAfter(afterProgressMs)
        break
      }
      case 'stage_completed':
      case 'stage_failed':
      case 'stage_cancelled':
        if (this.#steps.delete(event.stage)) this.#reportAfter(afterStepMs)
        break
      case 'stage_skipped':
        // Until its lookup, it counted as a step to execute.
        if (this.#steps.size > 0) this.#reportAfter(afterStepMs)
        break
      default:
    }
  }

  close(): void {
    clearTimeout(this.#timer)
  }

  /** Reports this long after the last report; at once if that is over. */
  #reportAfter(intervalMs: number): void {
    const dueMs = Math.max(performance.now(), this.#toldMs + Math.max(intervalMs, this.#tookMs / partOfTime))
    if (this.#timer !== undefined && this.#dueMs <= dueMs) return
    clearTimeout(this.#timer)
    this.#dueMs = dueMs
    this.#timer = setTimeout(() => this.#report(), Math.max(0, dueMs - performance.now())).unref()
  }

  #report(): void {
    this.#timer = undefined
    const running = [...this.#steps.values()].filter(({ state }) => state === 'running')
    if (running.length === 0) return
    this.#toldMs = performance.now()
    const { graph, needed, outcomes, emit } = this.#options
    const ids = stepIds([...graph.steps.flatMap(({ id }) => (needed.has(id) ? [id] : [])), ...this.#steps.keys()])
    const statuses = ids
      .filter((id) => !outcomes.has(id))
      .map((step): StepStatus => this.#steps.get(step) ?? { step, state: 'not-yet' })
    const { steps, left } = workLeft(statuses, {
      ...this.#options,
      outputBytes: (step, output) => {
        const outcome = outcomes.get(step)
        return outcome !== undefined && 'result' in outcome ? outcome.result.outputs[output]?.sizeBytes : undefined
      },
      nowMs: Date.now(),
    })
    const isKnown = left.unknown.length < left.steps
    emit({
      event: 'pipeline_progress',
      steps_done: outcomes.size,
      steps_left: left.steps,
      ...(isKnown ? { left_ms: left.durationMs } : {}),
      steps_unknown: left.unknown.length,
      running: steps
        .filter(({ state }) => state === 'running')
        .map(({ step, leftMs }) => ({ stage: step, ...(leftMs === undefined ? {} : { left_ms: leftMs }) })),
    })
    this.#tookMs = performance.now() - this.#toldMs
  }
}
