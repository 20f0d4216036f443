import type { CompletedOutput, Event, EventOf, StepStatus } from '../../core/index.ts'
import { StepStates } from '../../engine/schedule/step-states.ts'
import type { RunInfo } from '../api/messages.ts'
import { type StepNotes, warningIn } from './job-rows.ts'

const warningsMax = 200
const linesKept = 5000

/** What the events of a job say, kept up to date by each: of its last run, and the last decision of each step. */
export class JobEvents {
  run: RunInfo | undefined
  /** Whether the last run has told its end. */
  hasEnded = false
  warnings: string[] = []
  outputs: Readonly<Record<string, CompletedOutput | readonly CompletedOutput[]>> = {}
  needs: Readonly<Record<string, readonly string[]>> = {}
  /** Steps that workers have, or that wait for one. */
  readonly onWorkers = new Set<string>()
  #states = new StepStates()
  #beganMs = 0
  /** What running steps said: the log itself is beside the outputs when these are there. */
  readonly #lines = new Map<string, string[]>()
  readonly #notes = new Map<string, { -readonly [Name in keyof StepNotes]: StepNotes[Name] }>()

  /** Applies one event. Returns the id of the step whose row it changes. */
  apply(event: Event): string | undefined {
    if (event.event === 'pipeline_started') this.#begin(event)
    if (this.run === undefined || event.run !== this.run.id) return undefined
    this.#states.onEvent(event)
    const warning = warningIn(event)
    if (warning !== undefined && this.warnings.length < warningsMax) this.warnings.push(warning)
    if (event.event === 'pipeline_progress') this.#progress(event)
    if ('duration_ms' in event && 'executed' in event) this.#end(event)
    return 'stage' in event ? this.#onStep(event) : undefined
  }

  status(step: string): StepStatus | undefined {
    return this.#states.get(step)
  }

  notes(step: string): StepNotes {
    return this.#notes.get(step) ?? {}
  }

  /** The lines of a step that is running. */
  lines(step: string): readonly string[] {
    return this.#lines.get(step) ?? []
  }

  #begin(event: EventOf<'pipeline_started'>): void {
    this.#states = new StepStates()
    this.#beganMs = Date.parse(event.ts)
    this.run = { id: event.run, startedAt: event.ts }
    this.hasEnded = false
    this.warnings = []
    this.#lines.clear()
    this.onWorkers.clear()
    this.needs = event.needs ?? {}
    for (const notes of this.#notes.values()) {
      delete notes.ran
      delete notes.note
    }
  }

  #progress({ left_ms, steps_unknown, ts }: EventOf<'pipeline_progress'>): void {
    if (this.run === undefined) return
    const { leftMs: _, leftAt: __, ...run } = this.run
    this.run = { ...run, unknown: steps_unknown, ...(left_ms === undefined ? {} : { leftMs: left_ms, leftAt: ts }) }
  }

  #end(event: EventOf<'pipeline_completed'> | EventOf<'pipeline_failed'> | EventOf<'pipeline_cancelled'>): void {
    if (this.run === undefined) return
    const { id, startedAt } = this.run
    const { duration_ms: ms, executed, cached, saved_ms: savedMs } = event
    this.run = { id, startedAt, ms, executed, cached, savedMs }
    this.hasEnded = true
    this.outputs = event.outputs ?? (event.event === 'pipeline_completed' ? {} : this.outputs)
  }

  #onStep(event: Extract<Event, { readonly stage: string }>): string | undefined {
    const notes = this.#notes.get(event.stage) ?? {}
    this.#notes.set(event.stage, notes)
    const atMs = Date.parse(event.ts) - this.#beganMs
    switch (event.event) {
      case 'stage_cache_miss':
      case 'stage_skipped':
        notes.decision = event
        if (event.key !== undefined && notes.made !== undefined && notes.made !== event.key) notes.before = notes.made
        if (event.event === 'stage_skipped' && event.key !== undefined) notes.made = event.key
        return event.stage
      case 'stage_log':
        this.#keepLine(event.stage, event.line)
        return undefined
      case 'stage_running':
        notes.ran = [notes.ran?.[0] ?? atMs, atMs]
        return event.stage
      case 'stage_progress':
        if (event.note !== undefined) notes.note = event.note
        return event.stage
      case 'stage_completed':
      case 'stage_failed':
      case 'stage_cancelled':
        if (event.event === 'stage_completed') notes.made = event.key
        this.#lines.delete(event.stage)
        this.onWorkers.delete(event.stage)
        if (notes.ran !== undefined) notes.ran = [notes.ran[0], atMs]
        return event.stage
      case 'stage_queued':
      case 'stage_placed':
        this.onWorkers.add(event.stage)
        return event.stage
      case 'stage_retrying':
        return event.stage
      default:
        return undefined
    }
  }

  #keepLine(step: string, line: string): void {
    const lines = this.#lines.get(step) ?? []
    this.#lines.set(step, lines)
    lines.push(line)
    if (lines.length > 2 * linesKept) lines.splice(0, linesKept)
  }
}
