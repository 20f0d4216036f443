import { type Failure, failureMessage, retryDelayMs } from '../../core/index.ts'
import { keepEditsOf } from '../edits/keep-edits.ts'
import type { ExecutedEnd, FailedEnd } from '../execute/executor.ts'
import { workDirectory } from '../job/job-directory.ts'
import type { StepEnd } from '../schedule/wiring/step-end.ts'
import { type PreparedStep, secretInKey } from '../site/prepared-step.ts'
import type { RunContext } from '../site/run-context.ts'
import type { StepSite } from '../site/step-site.ts'
import { randomName } from '../system/random-name.ts'
import { waitFor } from '../system/timing.ts'
import type { ActionClaim } from './action-claim.ts'
import { claimOf, executeStep, type StepExecution } from './execute-step.ts'
import type { MemoryLadder } from './memory-ladder.ts'
import { publishFailure, recordStep } from './publish-step.ts'
import { StageLog } from './stage-log.ts'
import { stepWatch } from './step-watch.ts'

/** How the attempts at one action ended: as the step does, or for want of memory, which there is an answer to. */
export type AttemptsEnd = { readonly kind: 'ended'; readonly end: StepEnd } | FailedEnd

type AttemptEnd =
  | AttemptsEnd
  | { readonly kind: 'elsewhere' }
  | { readonly kind: 'recording'; readonly recording: Promise<StepEnd> }
  | { readonly kind: 'again'; readonly failed: FailedEnd; readonly delayMs: number }

const cancelled: StepEnd = { outcome: { kind: 'cancelled' }, outputs: {} }

/** The executions of one step in one run, one after the other; they share `stage.log`. */
export class StepAttempts {
  readonly #context: Pick<RunContext, 'jobDir' | 'secrets'>
  readonly #ladder: Pick<MemoryLadder, 'isAtEnd'>
  #count = 0
  #log: StageLog | undefined
  #last: FailedEnd | undefined

  constructor(context: Pick<RunContext, 'jobDir' | 'secrets'>, ladder: Pick<MemoryLadder, 'isAtEnd'>) {
    this.#context = context
    this.#ladder = ladder
  }

  /** How many there have been. */
  get count(): number {
    return this.#count
  }

  /**
   * Executes a step until it succeeds, or fails in a way after which its policy knows no other attempt; not at all
   * where
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

  /** Reports that there will be another attempt, and its params and device if they change. */
  announce(site: StepSite, failure: Failure, delayMs: number, next?: PreparedStep): void {
    const attempt = this.#count + 1
    const message = failureMessage(failure)
    this.#log?.write(`--- attempt ${attempt} in ${delayMs / 1000}s, because: ${message}`)
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

  /** Records that the step failed, and returns its end. */
  fail(site: StepSite, { failure, cost }: FailedEnd): StepEnd {
    if (this.#log !== undefined) publishFailure(site, this.#log, { failure, cost, attempts: this.#count })
    return site.failed(failure)
  }

  /** Removes what is left of the last attempt. Safe to call twice. */
  clear(): void {
    this.#log?.close()
    this.#log = undefined
  }

  #cancel(site: StepSite): StepEnd {
    if (this.#count > 0) site.context.emit({ event: 'stage_cancelled', stage: site.step.id })
    return cancelled
  }

  /**
   * Returns the end of a step that may not be started any more: it may have waited for its turn while another failed.
   */
  #endUnstarted(site: StepSite): AttemptEnd | undefined {
    const { signal, failFast } = site.context
    if (signal.aborted) return { kind: 'ended', end: this.#cancel(site) }
    if (failFast.step === undefined) return undefined
    const end = this.#last === undefined ? site.skipped(failFast.step) : this.fail(site, this.#last)
    return { kind: 'ended', end }
  }

  async #once(site: StepSite, action: ActionClaim, attempt: number): Promise<AttemptEnd> {
    const { key, device, step } = site.prepared
    const unstarted = this.#endUnstarted(site)
    if (unstarted !== undefined) return unstarted
    // A failure replaces the step's directory, too.
    if (this.#count === 0) await keepEditsOf(site)
    if (!(await action.isOurs())) return { kind: 'elsewhere' }
    const ended = this.#endUnstarted(site)
    if (ended !== undefined) return ended
    this.#count += 1
    site.context.emit({ event: 'stage_running', stage: step.id, key, device, attempt: this.#count, ...site.takePart })
    const { jobDir, secrets } = this.#context
    this.#log ??= new StageLog(`${jobDir}/${workDirectory}/${randomName(12)}.log`, secrets)
    const { request, end } = await executeStep(site, this.#count, stepWatch(site, this.#log))
    switch (end.kind) {
      case 'cancelled':
        return { kind: 'ended', end: this.#cancel(site) }
      case 'failed':
        return this.#failed(site, end, attempt)
      case 'executed':
        return await this.#record(site, { request, end }, this.#log)
      default:
        return end satisfies never
    }
  }

  async #record(site: StepSite, execution: StepExecution<ExecutedEnd>, log: StageLog): Promise<AttemptEnd> {
    const recording = recordStep(site, execution, log, this.#count)
    // Where the store has many to record and lets some wait for others, the slot is given back meanwhile.
    await Promise.race([recording, new Promise((resolve) => setImmediate(resolve))])
    return { kind: 'recording', recording }
  }

  /** Decides what follows. A failed step reports it before its slot is released, so that nothing starts in it. */
  #failed(site: StepSite, failed: FailedEnd, attempt: number): AttemptEnd {
    const { failFast, timing, used, secrets } = site.context
    this.#last = failed
    this.#log?.write(failureText(failed.failure))
    // A service that was made for this step may be a secret that its key was not checked for.
    if (secretInKey(secrets, site.step, site.prepared.action) !== undefined) used.delete(site.step.id)
    if (failFast.step === undefined) {
      const delayMs = retryDelayMs(failed.failure, site.step.policy, attempt, () => timing.random())
      if (delayMs !== undefined) return { kind: 'again', failed, delayMs }
      if (failed.failure.kind === 'device-out-of-memory' && !this.#ladder.isAtEnd) return failed
    }
    return { kind: 'ended', end: this.fail(site, failed) }
  }
}

/** Returns what `stage.log` says of a failure: where the stage threw, the whole stack. */
function failureText(failure: Failure): string {
  const isThrown = failure.kind === 'stage-threw' && failure.stack !== ''
  return isThrown ? `${failureMessage(failure)}\n${failure.stack}` : failureMessage(failure)
}
