import { isDeepStrictEqual } from 'node:util'
import { failureMessage, type Graph, jobUnusable, nameInId, upstreamOf } from '../../core/index.ts'
import { artifactsOf } from '../execute/inputs.ts'
import { type JobRecord, writeJobRecord } from '../job/job-file.ts'
import { takesPart } from '../key/takes.ts'
import type { InputPaths } from '../schedule/wiring/given-inputs.ts'
import { countDoneSteps } from '../site/done-steps.ts'
import type { RunContext } from '../site/run-context.ts'
import type { Preflight } from './preflight.ts'
import type { RunResult } from './request.ts'
import { isRecorded } from './run-result.ts'

/** Keeps the job's record, `job.json`, for one run: as it begins, and as it ends. */
export class RunRecord {
  readonly #context: RunContext
  readonly #settled: Preflight
  readonly #startedAt: string
  readonly #config: string | undefined

  constructor(context: RunContext, settled: Preflight, config: string | undefined, startedAt: string) {
    this.#config = config
    this.#context = context
    this.#settled = settled
    this.#startedAt = startedAt
  }

  /** Writes the record of the job as the run begins, if it changes, and says that the run begins. */
  begin(before: JobRecord | undefined): JobRecord {
    const { graph, device } = this.#context
    const { inputs, needed, own } = this.#settled
    const config = this.#config ?? before?.config
    const record: JobRecord = {
      pipeline: graph.pipeline,
      inputs: inputPaths(inputs, own),
      params: graph.params,
      device,
      store: this.#context.store.dir,
      ...(config === undefined ? {} : { config }),
      ...(graph.overlay?.show === undefined ? {} : { editable: graph.overlay.step }),
      created: before?.created ?? this.#startedAt,
      runs: before?.runs ?? [],
      ...takesPart(this.#context.takes.kept(() => false)),
    }
    if (!isDeepStrictEqual(before, record)) this.#write(record)
    const steps = graph.steps.map(({ id }) => id).filter((id) => needed.has(id))
    this.#context.emit({
      event: 'pipeline_started',
      pipeline: graph.pipeline,
      device,
      steps,
      needs: needsOf(graph, needed),
    })
    if (before !== undefined) {
      this.#context.emit({ event: 'pipeline_resumed', pipeline: graph.pipeline, done: countDoneSteps(this.#context) })
    }
    return record
  }

  /** Writes the record of the job as the run ends. */
  end(record: JobRecord, { status, summary, outcomes }: RunResult): void {
    const { executed, cached } = summary
    if (this.#context.holdsJob()) this.#context.keptInputs.trim()
    const ended = new Date().toISOString()
    const run = { run: this.#context.run, started: this.#startedAt, ended, status, executed, cached }
    const takes = this.#context.takes.kept((step) => isRecorded(outcomes.get(step)))
    this.#write({ ...record, runs: [...record.runs, run], ...takesPart(takes) })
  }

  #write(record: JobRecord): void {
    if (!this.#context.holdsJob()) return
    try {
      writeJobRecord(this.#context.jobDir, record)
    } catch (error) {
      this.#context.emit({
        event: 'pipeline_warning',
        message: `job.json could not be written: ${failureMessage(jobUnusable(this.#context.jobDir, error))}`,
      })
    }
  }
}

/** Returns by the name of each step of a run the names of those that it needs; items of a fan-out share a name. */
function needsOf(graph: Graph, needed: ReadonlySet<string>): Readonly<Record<string, readonly string[]>> {
  const needs = new Map<string, Set<string>>()
  for (const step of graph.steps) {
    if (!needed.has(step.id)) continue
    const names = needs.get(step.name) ?? new Set<string>()
    for (const id of upstreamOf(graph, step)) names.add(nameInId(id))
    needs.set(step.name, names)
  }
  // Without a prototype it is a dictionary from the start: V8 makes a shape for each of the first hundred names else.
  const byName: Record<string, readonly string[]> = Object.create(null)
  for (const [name, names] of needs) byName[name] = [...names]
  return byName
}

/** What the job itself holds moves with it, and is no input by which one job is told from another. */
function inputPaths(inputs: Preflight['inputs'], own: string | undefined): JobRecord['inputs'] {
  const paths: Record<string, InputPaths> = {}
  for (const [name, input] of inputs) {
    if (name === own) continue
    const list = artifactsOf(input).map(({ path }) => path)
    const [first] = list
    if (input.arity === 'many') paths[name] = list
    else if (first !== undefined) paths[name] = first
  }
  return paths
}
