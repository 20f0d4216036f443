import { rmSync } from 'node:fs'
import { join } from 'node:path'
import {
  type ActionRecord,
  type ActionResult,
  artifactIsAt,
  describeStoreFailure,
  digestBytes,
  type Lookup,
  materializeArtifact,
  type Result,
  type StoreFailure,
  stageArtifact,
} from '../../store/index.ts'
import {
  describeFailure,
  type Failure,
  normalOutput,
  outputPath,
  type Reason,
  type Step,
  stepDirectory,
} from '../core/index.ts'
import { type Executed, type ExecutionEnd, execute } from './executor.ts'
import { type Available, digestText } from './inputs.ts'
import { jobUnusable, writeAtomically } from './job-directory.ts'
import { buildManifest, type ManifestParts, manifestText } from './manifest-file.ts'
import { missReasons, type PreparedStep } from './prepared-step.ts'
import type { RunContext } from './run-context.ts'
import type { StepEnd } from './scheduler.ts'
import { createWorkspace, publish, removeWorkspace, type Workspace } from './workspace.ts'

const checkedIntervalMs = 3_600_000

/** Brings one step to its end: from the store where its result is there, else by executing it. */
export class StepRunner {
  readonly #context: RunContext
  readonly #prepared: PreparedStep
  readonly #step: Step
  readonly #dir: string

  constructor(context: RunContext, prepared: PreparedStep) {
    this.#context = context
    this.#prepared = prepared
    this.#step = prepared.step
    this.#dir = join(context.jobDir, stepDirectory(context.graph, prepared.step))
  }

  /** Serves the step from the store, or executes it when it is selected. */
  async run(): Promise<StepEnd> {
    const { selected, used } = this.#context
    const { key, action } = this.#prepared
    const forced = selected.forces(this.#step.name)
    const served = forced ? undefined : await this.#serve()
    if (served?.kind === 'served') {
      used.set(this.#step.id, { key, action })
      return served.end
    }
    if (!selected.has(this.#step.name)) {
      return this.#failed({ kind: 'upstream-unavailable', step: this.#step.id })
    }
    const reasons: readonly Reason[] = served === undefined ? [{ kind: 'forced' }] : served.reasons
    this.#context.emit({ event: 'stage_cache_miss', stage: this.#step.id, key, reasons })
    used.set(this.#step.id, { key, action })
    return this.#executeOnce(forced)
  }

  /** Materializes the step's result where the store has it; else tells why it has not. */
  async #serve(): Promise<{ kind: 'served'; end: StepEnd } | { kind: 'miss'; reasons: readonly Reason[] }> {
    const { store, emit, touched } = this.#context
    const { key } = this.#prepared
    const lookup: Lookup = await store.actions.lookup(key)
    if (lookup.kind !== 'hit') return { kind: 'miss', reasons: missReasons(this.#context, this.#prepared, lookup) }
    const { result } = lookup.record
    const outputs: Record<string, Available> = {}
    for (const [name, artifact] of Object.entries(result.outputs)) {
      const path = this.#pathOf(name)
      if (path === undefined)
        return {
          kind: 'miss',
          reasons: [{ kind: 'corrupt', what: `an output '${name}' that the stage does not declare` }],
        }
      if (!(await artifactIsAt(store, artifact, path))) {
        const materialized = await materializeArtifact(store, artifact, path)
        if (!materialized.ok) {
          const reason = this.#materializeReason(materialized.error)
          if (reason === undefined)
            return { kind: 'served', end: this.#failed(this.#targetFailure(materialized.error)) }
          return { kind: 'miss', reasons: [reason] }
        }
        emit({
          event: 'artifact_materialized',
          stage: this.#step.id,
          output: name,
          digest: digestText(artifact),
          path,
          how: materialized.value.method,
        })
      }
      outputs[name] = { artifact, path }
    }
    try {
      this.#keepManifest(result)
    } catch (error) {
      return { kind: 'served', end: this.#failed(jobUnusable(this.#dir, error)) }
    }
    touched.push(key)
    emit({ event: 'stage_skipped', stage: this.#step.id, because: 'cached', key, saved_ms: result.durationMs })
    return { kind: 'served', end: { outcome: { kind: 'cached', key, result }, outputs } }
  }

  #pathOf(output: string): string | undefined {
    const declaration = this.#step.stage.outputs[output]
    return declaration === undefined ? undefined : join(this.#dir, outputPath(output, normalOutput(declaration)))
  }

  #materializeReason(failure: StoreFailure): Reason | undefined {
    switch (failure.kind) {
      case 'blob-corrupt':
        return { kind: 'corrupt', what: `b3:${failure.hash.slice(0, 12)}, ${failure.what}` }
      case 'blob-missing':
        return { kind: 'missing', what: `b3:${failure.hash.slice(0, 12)}` }
      case 'target-unwritable':
        return undefined
      default:
        return { kind: 'corrupt', what: describeStoreFailure(failure) }
    }
  }

  #targetFailure(failure: StoreFailure): Failure {
    return failure.kind === 'target-unwritable' && failure.code !== 'ENOSPC'
      ? jobUnusable(this.#dir, Object.assign(new Error(failure.kind), { code: failure.code }))
      : { kind: 'disk-full', step: this.#step.id, path: this.#dir }
  }

  /** Executes the step unless another run is executing the same action, in which case its result is waited for. */
  async #executeOnce(forced: boolean): Promise<StepEnd> {
    const { store, pools, signal, emit } = this.#context
    const note = `${this.#step.id} in ${this.#context.jobDir}`
    const name = `action:${this.#prepared.key}`
    try {
      if (store.readOnly) return await pools.run(this.#pool, () => this.#execute())
      const first = store.leases.tryAcquire(name, note)
      const waited = !('lease' in first)
      if (waited) {
        const { holder } = first
        const line = `waiting for the same step in another run (pid ${holder.pid}: ${holder.note})`
        emit({ event: 'stage_log', stage: this.#step.id, level: 'info', line })
      }
      const lease = waited ? await store.leases.acquire(name, note, { signal }) : first.lease
      try {
        const served = waited && !forced ? await this.#serve() : undefined
        if (served?.kind === 'served') return served.end
        return await pools.run(this.#pool, () => this.#execute())
      } finally {
        lease.release()
      }
    } catch (error) {
      if (signal.aborted) return { outcome: { kind: 'cancelled' }, outputs: {} }
      throw error
    }
  }

  get #pool(): string {
    return this.#step.stage.resources?.pool ?? 'cpu'
  }

  async #execute(): Promise<StepEnd> {
    const { signal, emit, jobDir } = this.#context
    const { key, device } = this.#prepared
    if (signal.aborted) return { outcome: { kind: 'cancelled' }, outputs: {} }
    let workspace: Workspace
    try {
      workspace = createWorkspace(jobDir, this.#step, this.#prepared.inputs)
    } catch (error) {
      return this.#failed(jobUnusable(jobDir, error))
    }
    try {
      emit({ event: 'stage_running', stage: this.#step.id, key, device, attempt: 1 })
      const end = await this.#executeIn(workspace)
      switch (end.kind) {
        case 'cancelled':
          emit({ event: 'stage_cancelled', stage: this.#step.id })
          return { outcome: { kind: 'cancelled' }, outputs: {} }
        case 'failed':
          this.#publishFailure(workspace, end.failure, end.durationMs)
          return this.#failed(end.failure)
        case 'executed':
          return await this.#finish(workspace, end.executed)
        default:
          return end satisfies never
      }
    } finally {
      removeWorkspace(workspace)
    }
  }

  #executeIn(workspace: Workspace): Promise<ExecutionEnd> {
    const { store, supervisor, signal, killSignal, killGraceMs, emit } = this.#context
    const { inputs, tools, device } = this.#prepared
    const stage = this.#step.id
    return execute({
      step: this.#step,
      inputs,
      tools,
      device,
      workspace,
      store,
      supervisor,
      signal,
      killGraceMs,
      ...(killSignal === undefined ? {} : { killSignal }),
      onProgress: (fraction, note) =>
        emit({
          event: 'stage_progress',
          stage,
          fraction: Math.min(1, Math.max(0, fraction)),
          ...(note === undefined ? {} : { note }),
        }),
      onLog: (line) => emit({ event: 'stage_log', stage, level: 'info', line }),
    })
  }

  /** Records the result, then renames the outputs into place: a crash in between is a hit for the next run. */
  async #finish(workspace: Workspace, executed: Executed): Promise<StepEnd> {
    const { store, emit } = this.#context
    const { key, device, tools } = this.#prepared
    const result: ActionResult = {
      outputs: executed.outputs,
      durationMs: executed.durationMs,
      ...(executed.peakRssBytes === undefined ? {} : { peakRssBytes: executed.peakRssBytes }),
      device,
      tools: Object.fromEntries([...tools].map(([name, { identity }]) => [name, identity.version])),
      producedAt: new Date().toISOString(),
    }
    const recorded = await this.#record(workspace, executed, result)
    try {
      this.#publish(workspace, { result, cache: recorded ? 'miss' : 'off', attempts: 1 })
    } catch (error) {
      return this.#failed(jobUnusable(this.#dir, error))
    }
    const outputs: Record<string, Available> = {}
    for (const [name, artifact] of Object.entries(executed.outputs)) {
      const path = this.#pathOf(name) ?? this.#dir
      outputs[name] = { artifact, path }
      if (artifact.kind !== 'tree') store.fileDigests.remember(path, artifact.digest)
    }
    const { durationMs, peakRssBytes } = result
    emit({
      event: 'stage_completed',
      stage: this.#step.id,
      key,
      duration_ms: durationMs,
      ...(peakRssBytes === undefined ? {} : { peak_rss_bytes: peakRssBytes }),
      recorded,
    })
    return { outcome: { kind: 'executed', key, result, recorded }, outputs }
  }

  /** Returns whether the result is in the store; where it cannot be, the run goes on, and says so. */
  async #record(workspace: Workspace, executed: Executed, result: ActionResult): Promise<boolean> {
    const { store, emit, graph, jobDir } = this.#context
    const { key, action } = this.#prepared
    const files = Object.fromEntries(
      Object.entries(this.#step.stage.outputs).map(([name, declaration]) => [
        name,
        outputPath(name, normalOutput(declaration)),
      ]),
    )
    const record: ActionRecord = {
      key,
      action,
      result,
      labels: { pipeline: graph.pipeline, step: this.#step.id, job: jobDir, files },
    }
    let failure: StoreFailure | undefined = executed.unrecorded
    if (failure === undefined) {
      let committed = await store.actions.commit(record, executed.staged)
      if (!committed.ok && committed.error.kind === 'blob-missing')
        committed = await this.#commitAgain(workspace, record)
      failure = committed.ok ? undefined : committed.error
    }
    if (failure !== undefined) {
      await store.blobs.discard(executed.staged)
      const line = `the result is not kept for later runs: ${describeStoreFailure(failure)}`
      emit({ event: 'stage_log', stage: this.#step.id, level: 'warn', line })
      return false
    }
    for (const [output, artifact] of Object.entries(executed.outputs)) {
      emit({
        event: 'artifact_stored',
        stage: this.#step.id,
        output,
        digest: digestText(artifact),
        size_bytes: artifact.sizeBytes,
      })
    }
    const inputBytes = Object.values(this.#prepared.inputs)
      .flatMap((input) => (input.arity === 'one' ? [input.available] : input.arity === 'many' ? input.list : []))
      .reduce((sum, { artifact }) => sum + artifact.sizeBytes, 0)
    store.durations.record(this.#step.stage.name, this.#prepared.device, { durationMs: result.durationMs, inputBytes })
    return true
  }

  /** A collection may remove a blob that was there when it was staged: everything is staged anew, once. */
  async #commitAgain(workspace: Workspace, record: ActionRecord): Promise<Result<void, StoreFailure>> {
    const { store } = this.#context
    const staged = []
    for (const [name, artifact] of Object.entries(record.result.outputs)) {
      const again = await stageArtifact(store.blobs, artifact.kind, workspace.outputPaths[name] ?? '')
      if (!again.ok) return again
      staged.push(...again.value.staged)
    }
    return store.actions.commit(record, staged)
  }

  #publishFailure(workspace: Workspace, failure: Failure, durationMs: number): void {
    rmSync(workspace.outDir, { recursive: true, force: true })
    try {
      this.#publish(workspace, { failure, durationMs, cache: 'off', attempts: 1 })
    } catch {
      // The failure itself is what the user must hear of; that its manifest could not be written adds nothing.
      return
    }
  }

  #manifest(parts: Pick<ManifestParts, 'result' | 'failure' | 'durationMs' | 'cache' | 'attempts'>): string {
    const { action, key, inputs } = this.#prepared
    return manifestText(buildManifest({ step: this.#step, action, key, inputs, now: new Date(), ...parts }))
  }

  #publish(
    workspace: Workspace,
    parts: Pick<ManifestParts, 'result' | 'failure' | 'durationMs' | 'cache' | 'attempts'>,
  ): void {
    const text = this.#manifest(parts)
    publish(workspace, this.#dir, text)
    this.#rememberManifest(text, parts.cache)
  }

  /** Writes the manifest of a hit, unless the one that is there already says so and is younger than an hour. */
  #keepManifest(result: ActionResult): void {
    const { store } = this.#context
    const path = join(this.#dir, 'manifest.json')
    const known = store.fileDigests.known(path)
    if (known !== undefined && store.memos.get(`manifest ${path}`) === `${this.#prepared.key} hit`) {
      const ageMs = Date.now() - Number(known.stamp.mtimeNs / 1_000_000n)
      if (ageMs >= 0 && ageMs < checkedIntervalMs) return
    }
    const text = this.#manifest({ result, cache: 'hit', attempts: 0 })
    writeAtomically(path, text)
    this.#rememberManifest(text, 'hit')
  }

  #rememberManifest(text: string, cache: string): void {
    const { store } = this.#context
    const path = join(this.#dir, 'manifest.json')
    store.fileDigests.remember(path, digestBytes(Buffer.from(text)))
    store.memos.set(`manifest ${path}`, `${this.#prepared.key} ${cache}`)
  }

  #failed(failure: Failure): StepEnd {
    this.#context.emit({ event: 'stage_failed', stage: this.#step.id, failure, message: describeFailure(failure) })
    return { outcome: { kind: 'failed', failure }, outputs: {} }
  }
}
