import type { LocalStore } from '../../../store/index.ts'
import { authorLine, describeFailure, type Failure, jobUnusable } from '../../core/index.ts'
import type { Secrets } from '../key/secrets.ts'
import type { Services } from '../key/services.ts'
import { toolVersions } from '../key/tool-probe.ts'
import type { ProcessSupervisor } from '../process/process.ts'
import { errorMessage, errorStack } from '../system/error-message.ts'
import { mapTexts } from '../system/map-texts.ts'
import type { Timing } from '../system/timing.ts'
import { changedInput } from './changed-input.ts'
import type { Execution } from './execution.ts'
import type { ExecutionCost, ExecutionEnd, ExecutionRequest, ExecutionWatch, Executor, FailedEnd } from './executor.ts'
import type { RequestPlaces } from './executor-site.ts'
import { type StagedOutputs, stageOutputs } from './outputs.ts'
import { runStageInTime } from './run-stage.ts'
import { outsideOfStages } from './stage-guard.ts'
import type { MutableUse } from './stage-programs.ts'
import type { Workspace, Workspaces } from './workspace.ts'

/** The outputs of an execution on this machine: in a workspace, and staged for the store. */
export interface LocalResult extends Omit<StagedOutputs, 'outputs'> {
  readonly workspace: Workspace
}

/** Gives out results that are on this machine already. */
export interface LocalResults {
  /**
   * Returns the result of a request, once; whoever takes it commits or discards what is staged, and removes the
   * workspace.
   */
  take(request: ExecutionRequest): LocalResult | undefined
}

export interface LocalExecutorParts {
  readonly places: RequestPlaces
  /** The directory that a failure names if no workspace can be made. */
  readonly jobDir: string
  readonly workspaces: Workspaces
  readonly store: LocalStore
  readonly supervisor: ProcessSupervisor
  readonly services: Services
  readonly secrets: Secrets
  readonly timing: Timing
  /** Warns of what concerns no execution any more. */
  readonly warn: (message: string) => void
  /** Kills everything at once, without a grace period. */
  readonly killSignal?: AbortSignal
}

/** Executes stages in this process, each in a workspace of its own. */
export class LocalExecutor implements Executor, LocalResults {
  readonly #parts: LocalExecutorParts
  readonly #results = new WeakMap<ExecutionRequest, LocalResult>()

  constructor(parts: LocalExecutorParts) {
    this.#parts = parts
  }

  take(request: ExecutionRequest): LocalResult | undefined {
    const result = this.#results.get(request)
    this.#results.delete(request)
    return result
  }

  async execute(request: ExecutionRequest, watch: ExecutionWatch, signal: AbortSignal): Promise<ExecutionEnd> {
    const { places, workspaces, jobDir, services, secrets } = this.#parts
    const place = places.of(request)
    const clients = await services.clientsOf(place.stage, request.step)
    if (signal.aborted) return { kind: 'cancelled' }
    if (!clients.ok) return this.#failed(clients.error, { durationMs: 0 })
    // A service that was made for this step may be a secret that its key was not checked for.
    const problems = secrets.problemsOf(request.action, `step ${request.step}`, 'its key')
    if (problems.length > 0) return this.#failed({ kind: 'invalid', problems }, { durationMs: 0 })
    let workspace: Workspace
    try {
      workspace = workspaces.create(request.step, place.stage, place.inputs)
    } catch (error) {
      return this.#failed(jobUnusable(jobDir, error), { durationMs: 0 })
    }
    let isKept = false
    try {
      const { supervisor, timing, killSignal, warn } = this.#parts
      const end = await this.#executeIn({
        ...place,
        request,
        services: clients.value,
        workspace,
        watch: this.#hiding(watch),
        supervisor,
        signal,
        killGraceMs: request.limits.killGraceMs,
        ...(killSignal === undefined ? {} : { killSignal }),
        timing,
        onLate: (error) => warn(secrets.hide(lateText(request.step, error))),
        hide: (text) => secrets.hide(text),
      })
      isKept = end.kind === 'executed'
      return end
    } finally {
      if (!isKept) workspaces.remove(workspace)
    }
  }

  async #executeIn(execution: Execution): Promise<ExecutionEnd> {
    const { store } = this.#parts
    const { request, inputs, tools, workspace, signal } = execution
    const started = performance.now()
    const use: MutableUse = {}
    const ran = await runStageInTime(execution, use)
    const changed = await changedInput(store, {
      step: request.step,
      inputs,
      copies: workspace.copies,
      jobDir: this.#parts.jobDir,
    })
    if (signal.aborted) return { kind: 'cancelled' }
    const cost = { durationMs: Math.round(performance.now() - started), ...use }
    if (changed?.written !== undefined && !ran.ok) execution.watch.onWarning(describeFailure(changed))
    if (!ran.ok) return this.#failed(withoutWorkspace(ran.error, workspace), cost)
    if (changed !== undefined) return this.#failed(changed, cost)
    const staged = await stageOutputs(store, execution)
    if (!staged.ok) return this.#failed(withoutWorkspace(staged.error, workspace), cost)
    const { outputs, ...rest } = staged.value
    this.#results.set(request, { workspace, ...rest })
    return { kind: 'executed', outputs, cost, ran: { device: request.action.device, tools: toolVersions(tools) } }
  }

  #failed(failure: Failure, cost: ExecutionCost): FailedEnd {
    return { kind: 'failed', failure: this.#parts.secrets.hideIn(failure), cost }
  }

  #hiding(watch: ExecutionWatch): ExecutionWatch {
    const { secrets } = this.#parts
    return {
      // Without types, a stage may pass anything.
      onProgress: (fraction, note) =>
        outsideOfStages(() => watch.onProgress(fraction, note === undefined ? note : secrets.hide(String(note)))),
      onLog: (line) => outsideOfStages(() => watch.onLog(secrets.hide(line))),
      onToolLine: (line) => outsideOfStages(() => watch.onToolLine(secrets.hide(line))),
      onWarning: (line) => outsideOfStages(() => watch.onWarning(secrets.hide(line))),
    }
  }
}

/**
 * Says where in the workspace something is: that is gone when the failure is read. Its name is another at every attempt,
 * and what a stage learns of failed items is part of a key.
 */
function withoutWorkspace(failure: Failure, { root, outDir }: Workspace): Failure {
  return mapTexts(failure, (text) => text.replaceAll(`${outDir}/`, '').replaceAll(`${root}/`, ''))
}

function lateText(step: string, error: unknown): string {
  const line = authorLine(errorStack(error))
  const place = line === undefined ? '' : `, thrown at ${line}`
  return `step ${step}: an exception came when its stage had returned and its outputs were taken, so they are kept; await what the stage starts: ${errorMessage(error)}${place}`
}
