import type { Attributes } from '@opentelemetry/api'
import { describeFailure, type Failure, jobUnusable, retryDelayMs } from '../../core/index.ts'
import { type ExecutionCost, type ExecutionEnd, execute } from '../execute/executor.ts'
import { bytesOf } from '../execute/inputs.ts'
import { emptyWorkspace, type Workspace, type Workspaces } from '../execute/workspace.ts'
import type { PoolClaim } from '../schedule/pools.ts'
import type { StepEnd } from '../schedule/scheduler.ts'
import { waitFor } from '../system/timing.ts'
import type { ActionClaim } from './action-claim.ts'
import type { MemoryLadder } from './memory-ladder.ts'
import { type PreparedStep, secretInKey } from './prepared-step.ts'
import { publishFailure, recordStep } from './step-record.ts'
import type { StepSite } from './step-site.ts'

/** A failure of which the step's policy does not make its end. */
export interface FailedAttempt {
  readonly kind: 'failed'
  readonly failure: Failure
  readonly cost: ExecutionCost
}

/** How the attempts at one action ended: as the step does, or for want of memory, which there is an answer to. */
export type AttemptsEnd = { readonly kind: 'ended'; readonly end: StepEnd } | FailedAttempt

type AttemptEnd =
  | AttemptsEnd
  | { readonly kind: 'elsewhere' }
  | { readonly kind: 'recording'; readonly recording: Promise<StepEnd> }
  | { readonly kind: 'again'; readonly failed: FailedAttempt; readonly delayMs: number }

const cancelled: StepEnd = { outcome: { kind: 'cancelled' }, outputs: {} }

/** The executions of one step in one run, each in a workspace of its own; they share `stage.log`. */
export class StepAttempts {
  readonly #workspaces: Workspaces
  readonly #ladder: Pick<MemoryLadder, 'isAtEnd'>
  #count = 0
  #workspace: Workspace | undefined
  #last: FailedAttempt | undefined

  constructor(workspaces: Workspaces, ladder: Pick<MemoryLadder, 'isAtEnd'>) {
    this.#workspaces = workspaces
    this.#ladder = ladder
  }

  /** How many there have been. */
  get count(): number {
    return this.#count
  }

  /**
   * Executes a step until it succeeds, or fails in a way after which its policy knows no other attempt; not at all where
   * another run has executed its action.
   */
  async execute(site: StepSite, action: ActionClaim): Promise<AttemptsEnd> {
    const { pools, signal, failFast, timing } = site.context
    const claim = claimOf(site)
    for (let attempt = 1; ; ) {
      const end = await pools.run(claim, () => this.#once(site, action, attempt))
      if (end.kind === 'recording') return { kind: 'ended', end: await end.recording }
      if (end.kind === 'elsewhere') {
        const settled = await action.settle()
        if (settled !== undefined) return { kind: 'ended', end: settled }
        continue
      }
      if (end.kind !== 'again') return end
      attempt += 1
      this.announce(site, end.failed.failure, end.delayMs)
      // The pool's slot is given back meanwhile. When nothing is started any more, this is not either.
      await waitFor(timing, end.delayMs, [signal, failFast.signal])
      if (signal.aborted) return { kind: 'ended', end: this.#cancel(site) }
      if (failFast.step !== undefined) return { kind: 'ended', end: this.fail(site, end.failed) }
    }
  }

  /** Says that there will be another attempt, and with what where that is something else than before. */
  announce(site: StepSite, failure: Failure, delayMs: number, next?: PreparedStep): void {
    const attempt = this.#count + 1
    const message = describeFailure(failure)
    this.#workspace?.log.write(`--- attempt ${attempt} in ${delayMs / 1000}s, because: ${message}`)
    site.context.emit({
      event: 'stage_retrying',
      stage: site.step.id,
      attempt,
      delay_ms: delayMs,
      retry_at: new Date(Date.now() + delayMs).toISOString(),
      failure,
      message,
      ...(next === undefined ? {} : { params: next.action.params, device: next.device }),
    })
  }

  /** Writes down that the step failed, and returns its end. */
  fail(site: StepSite, { failure, cost }: FailedAttempt): StepEnd {
    if (this.#workspace !== undefined) publishFailure(site, this.#workspace, { failure, cost, attempts: this.#count })
    return site.failed(failure)
  }

  /** Removes what is left of the last attempt. Safe to call twice. */
  clear(): void {
    if (this.#workspace !== undefined) this.#workspaces.remove(this.#workspace)
    this.#workspace = undefined
  }

  #cancel(site: StepSite): StepEnd {
    if (this.#count > 0) site.context.emit({ event: 'stage_cancelled', stage: site.step.id })
    return cancelled
  }

  /** Returns the end of a step that may not be started any more: it may have waited for its turn while another failed. */
  #endUnstarted(site: StepSite): AttemptEnd | undefined {
    const { signal, failFast } = site.context
    if (signal.aborted) return { kind: 'ended', end: this.#cancel(site) }
    if (failFast.step === undefined) return undefined
    const end = this.#last === undefined ? site.skipped(failFast.step) : this.fail(site, this.#last)
    return { kind: 'ended', end }
  }

  async #once(site: StepSite, action: ActionClaim, attempt: number): Promise<AttemptEnd> {
    const { emit, jobDir } = site.context
    const { key, device, step, inputs } = site.prepared
    const unstarted = this.#endUnstarted(site)
    if (unstarted !== undefined) return unstarted
    if (!(await action.isOurs())) return { kind: 'elsewhere' }
    const ended = this.#endUnstarted(site)
    if (ended !== undefined) return ended
    let workspace: Workspace
    try {
      workspace = this.#workspaces.create(step, inputs, this.#workspace)
    } catch (error) {
      return { kind: 'ended', end: site.failed(jobUnusable(jobDir, error)) }
    }
    this.clear()
    this.#workspace = workspace
    this.#count += 1
    emit({ event: 'stage_running', stage: step.id, key, device, attempt: this.#count, ...site.takePart })
    const end = await site.context.tracing.span({
      name: 'execution',
      parent: step.id,
      attributes: {
        'reprise.step': step.id,
        'reprise.key': key,
        'reprise.device': device,
        'reprise.attempt': this.#count,
      },
      work: () => executeIn(site, workspace),
      end: (ended) => executionEnd(ended),
    })
    switch (end.kind) {
      case 'cancelled':
        return { kind: 'ended', end: this.#cancel(site) }
      case 'failed':
        emptyWorkspace(workspace)
        return this.#failed(site, end, attempt)
      case 'executed': {
        const recording = recordStep(site, workspace, end.executed, this.#count)
        // Where the store has many to record and lets some wait for others, the slot is given back meanwhile.
        await Promise.race([recording, new Promise((resolve) => setImmediate(resolve))])
        return { kind: 'recording', recording }
      }
      default:
        return end satisfies never
    }
  }

  /** Decides what follows. A step that has failed says so before its slot is given back: nothing may start in it. */
  #failed(site: StepSite, failed: FailedAttempt, attempt: number): AttemptEnd {
    const { failFast, timing } = site.context
    this.#last = failed
    if (failFast.step === undefined) {
      const delayMs = retryDelayMs(failed.failure, site.step.policy, attempt, () => timing.random())
      if (delayMs !== undefined) return { kind: 'again', failed, delayMs }
      if (failed.failure.kind === 'device-out-of-memory' && !this.#ladder.isAtEnd) return failed
    }
    return { kind: 'ended', end: this.fail(site, failed) }
  }
}

/** Returns what a step claims of its pool. */
export function claimOf(site: StepSite): PoolClaim {
  const { criticalPath } = site.context
  return { priority: criticalPath.lengthFrom(site.step, bytesOf(site.prepared.inputs)), ...slotsOf(site) }
}

function slotsOf({ step }: StepSite): Omit<PoolClaim, 'priority'> {
  const { pool = 'cpu', slots = 1 } = step.stage.resources ?? {}
  return { pool, slots }
}

function executionEnd(end: ExecutionEnd): { readonly attributes: Attributes; readonly failure?: Failure } {
  switch (end.kind) {
    case 'executed':
      return { attributes: { 'reprise.duration_ms': end.executed.cost.durationMs } }
    case 'failed':
      return { attributes: { 'reprise.duration_ms': end.cost.durationMs }, failure: end.failure }
    case 'cancelled':
      return { attributes: { 'reprise.cancelled': true } }
    default:
      return end satisfies never
  }
}

/** Executes a step in a workspace, with all that its run gives it. */
export function executeIn(site: StepSite, workspace: Workspace): Promise<ExecutionEnd> {
  const { pool, slots } = slotsOf(site)
  if (pool !== 'gpu' || site.prepared.device !== 'cuda') return executeWith([], site, workspace)
  return site.context.gpus.lend(slots, (gpus) => executeWith(gpus, site, workspace))
}

async function executeWith(gpus: readonly string[], site: StepSite, workspace: Workspace): Promise<ExecutionEnd> {
  const { store, supervisor, signal, killSignal, killGraceMs, timing, emit, secrets, used } = site.context
  const { step, inputs, tools, device, action } = site.prepared
  const stage = step.id
  const services = await site.context.services.clientsOf(step.stage, step.id)
  if (signal.aborted) return { kind: 'cancelled' }
  if (!services.ok) return { kind: 'failed', failure: services.error, cost: { durationMs: 0 } }
  // A service that was made for this step may be a secret that its key was not searched for.
  const leak = secretInKey(secrets, step, action)
  if (leak !== undefined) {
    used.delete(step.id)
    return { kind: 'failed', failure: leak, cost: { durationMs: 0 } }
  }
  return execute({
    step,
    inputs,
    tools,
    device,
    gpus,
    take: action.take ?? 1,
    env: action.env ?? {},
    services: services.value,
    workspace,
    store,
    supervisor,
    signal,
    killGraceMs,
    timing,
    hide: (text) => secrets.hide(text),
    ...(killSignal === undefined ? {} : { killSignal }),
    onProgress: (fraction, note) => {
      const bounded = Math.min(1, Math.max(0, fraction))
      // A part of nothing is no number.
      if (Number.isNaN(bounded)) return
      emit({ event: 'stage_progress', stage, fraction: bounded, ...(note === undefined ? {} : { note }) })
    },
    onLog: (line) => emit({ event: 'stage_log', stage, level: 'info', line }),
    onWarning: (line) => emit({ event: 'stage_log', stage, level: 'warn', line }),
  })
}
