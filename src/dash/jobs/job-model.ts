import { join } from 'node:path'
import type { Result } from '../../../store/index.ts'
import { type Failure, type JobStatus, nameInId } from '../../core/index.ts'
import { GrowingLog } from '../../engine/events/growing-log.ts'
import { type JobEntry, type JobRecord, jobStatus, readJob } from '../../engine/index.ts'
import type { JobAnswer, JobRow, OutputLink, StepRow } from '../api/messages.ts'
import { outputsByPath, type StepPlace, stepPlaces } from '../files/step-places.ts'
import { JobEvents } from './job-events.ts'
import { jobRow, type StepNotes, stepRow } from './job-rows.ts'

/** What of a job changed. `all`: more than rows, so that it is read anew. */
export interface JobChange {
  readonly all: boolean
  readonly steps: readonly StepRow[]
  readonly hasNewWarnings: boolean
}

interface Parts {
  readonly status: JobStatus
  readonly job: Pick<JobRecord, 'config' | 'editable'>
  readonly places: ReadonlyMap<string, StepPlace>
  readonly showPath: (path: string) => string
}

/** A job as its page shows it, kept up to date from `events.jsonl`, whichever process writes that. */
export class JobModel {
  /** Counts the changes that were told. */
  seq = 0
  readonly #events = new JobEvents()
  readonly #log: GrowingLog
  readonly #status: JobStatus
  readonly #job: Parts['job']
  readonly #rows = new Map<string, StepRow>()
  readonly #showPath: (path: string) => string
  readonly #places: ReadonlyMap<string, StepPlace>
  #entry: JobEntry

  private constructor(entry: JobEntry, { status, job, places, showPath }: Parts) {
    this.#entry = entry
    this.#status = status
    this.#job = job
    this.#places = places
    this.#showPath = showPath
    this.#log = new GrowingLog(join(entry.jobDir, 'events.jsonl'))
    for (const event of this.#log.read()) this.#events.apply(event)
    for (const step of status.steps) this.#rows.set(step.step, stepRow(step, this.#events.notes(step.step)))
  }

  /** Reads a job; the failure says why it cannot be shown. */
  static async read(entry: JobEntry, showPath: (path: string) => string): Promise<Result<JobModel, Failure>> {
    const status = await jobStatus(entry.jobDir, { isRunning: entry.state === 'running' })
    if (!status.ok) return status
    const job = await readJob(entry.jobDir)
    const places = await stepPlaces(entry.jobDir)
    return {
      ok: true,
      value: new JobModel(entry, { status: status.value, job: job.ok ? job.value : {}, places, showPath }),
    }
  }

  set entry(entry: JobEntry) {
    this.#entry = entry
  }

  get entry(): JobEntry {
    return this.#entry
  }

  /** Reads what was appended to the log. Returns what changed, if anything did. */
  advance(): JobChange | undefined {
    const runBefore = this.#events.run
    const warningsBefore = this.#events.warnings.length
    const touched = new Set<string>()
    for (const event of this.#log.read()) {
      const step = this.#events.apply(event)
      if (step !== undefined) touched.add(step)
    }
    const { run, warnings } = this.#events
    const hasNewWarnings = warnings.length !== warningsBefore
    if (touched.size === 0 && run === runBefore && !hasNewWarnings) return undefined
    const steps: StepRow[] = []
    for (const id of touched) {
      const status = this.#events.status(id)
      if (status === undefined) continue
      const row = stepRow(status, this.#events.notes(id))
      this.#rows.set(id, row)
      steps.push(row)
    }
    return { all: run?.id !== runBefore?.id || this.#events.hasEnded, steps, hasNewWarnings }
  }

  /** Resolves when the log has changed, or after some time. */
  change(afterMs: number, signal: AbortSignal): Promise<void> {
    return this.#log.change(afterMs, signal)
  }

  row(): JobRow {
    const { run } = this.#events
    const counts = { done: 0, failed: 0 }
    const isRunning = this.#entry.state === 'running'
    for (const { id, state: shown } of this.#rows.values()) {
      // What an earlier run did may be done again by this one.
      const state = isRunning ? this.#events.status(id)?.state : shown
      if (state === 'done' || state === 'skipped') counts.done += 1
      if (state === 'failed') counts.failed += 1
    }
    return {
      ...jobRow(this.#entry, this.#showPath),
      done: counts.done,
      total: this.#rows.size,
      ...(counts.failed === 0 ? {} : { failed: counts.failed }),
      ...(run?.leftMs === undefined ? {} : { leftMs: run.leftMs }),
      ...(run?.leftAt === undefined ? {} : { leftAt: run.leftAt }),
    }
  }

  has(step: string): boolean {
    return this.#rows.has(step)
  }

  notesOf(step: string): StepNotes {
    return this.#events.notes(step)
  }

  /** What a step has said that is running, or was when its run was killed; undefined for others, whose logs are files. */
  linesOf(step: string): readonly string[] | undefined {
    const state = this.#rows.get(step)?.state
    return state === 'running' || state === 'interrupted' ? this.#events.lines(step) : undefined
  }

  get run(): JobAnswer['run'] {
    return this.#events.run
  }

  get warnings(): readonly string[] {
    return this.#events.warnings
  }

  answer(): JobAnswer {
    const { inputs, params, device } = this.#status
    const { run } = this.#events
    const { config, editable } = this.#job
    return {
      job: this.row(),
      seq: this.seq,
      inputs,
      params,
      device,
      ...(run === undefined ? {} : { run }),
      steps: [...this.#rows.values()],
      needs: this.#needs(),
      warnings: this.#events.warnings,
      outputs: this.#outputs(),
      ...(this.#events.onWorkers.size === 0 ? {} : { onWorkers: this.#events.onWorkers.size }),
      ...(config === undefined ? {} : { config }),
      ...(editable === undefined ? {} : { editable }),
    }
  }

  close(): void {
    this.#log.close()
  }

  /** The events name outputs by their paths in the job, and the page by step and output. */
  #outputs(): readonly OutputLink[] {
    const byPath = outputsByPath(this.#places)
    return Object.entries(this.#events.outputs).flatMap(([name, made]) =>
      ('path' in made ? [made] : made).flatMap(({ path }) => {
        const named = byPath.get(path)
        return named === undefined ? [] : [{ name, ...named }]
      }),
    )
  }

  /** Logs of earlier releases do not say what steps need: the manifests say what they read. */
  #needs(): JobAnswer['needs'] {
    const told = this.#events.needs
    if (Object.keys(told).length > 0) return told
    const needs = new Map<string, Set<string>>()
    const nameOf = new Map([...this.#places].map(([step, { directory }]) => [directory, nameInId(step)]))
    for (const [step, { manifest }] of this.#places) {
      const names = needs.get(nameInId(step)) ?? new Set<string>()
      needs.set(nameInId(step), names)
      for (const path of manifest.inputs)
        for (const [directory, name] of nameOf) if (path.includes(`${directory}/`)) names.add(name)
    }
    return Object.fromEntries([...needs].map(([name, names]) => [name, [...names].filter((other) => other !== name)]))
  }
}
