import type { Lease, LeaseHolder } from '../../../store/index.ts'
import { findResult } from '../hit/hit-or-miss.ts'
import { serveFromStore } from '../hit/serve.ts'
import type { StepEnd } from '../schedule/wiring/step-end.ts'
import type { StepSite } from '../site/step-site.ts'

/**
 * Makes one run of several compute a step's action. Its lease is taken when the step has its slot, so that
 * ten thousand steps that wait for two slots hold two leases; another run's result is waited for without the slot.
 */
export class ActionClaim {
  readonly #site: StepSite
  #lease: Lease | undefined
  /** Whether nobody can have made the result since it was looked for, or none is wanted. */
  #isMissing: boolean

  constructor(site: StepSite, forced: boolean) {
    this.#site = site
    this.#isMissing = forced || site.context.store.readOnly
  }

  /** Returns whether the step is to be executed here and now; else `settle` tells what becomes of it. */
  async isOurs(): Promise<boolean> {
    const { store } = this.#site.context
    if (this.#lease === undefined && !store.readOnly) {
      const answer = store.leases.tryAcquire(this.#leaseName, this.#note)
      if (!('lease' in answer)) return false
      this.#lease = answer.lease
    }
    // Another run may have made the result while this step waited for its slot.
    this.#isMissing ||= !(await this.#isThere())
    return this.#isMissing
  }

  /**
   * Waits for the run that executes the action, and serves its result. Returns the step's end; undefined where it is to
   * be executed after all.
   */
  async settle(): Promise<StepEnd | undefined> {
    this.#lease ??= await this.#waitForLease()
    if (this.#lease === undefined) return { outcome: { kind: 'cancelled' }, outputs: {} }
    const served = !this.#isMissing && (await this.#isThere()) ? await serveFromStore(this.#site) : undefined
    this.#isMissing = true
    return served?.kind === 'served' ? served.end : undefined
  }

  /** Gives the lease back. Safe to call twice. */
  release(): void {
    this.#lease?.release()
  }

  get #leaseName(): string {
    return `action:${this.#site.prepared.key}`
  }

  get #note(): string {
    return `${this.#site.step.id} in ${this.#site.context.jobDir}`
  }

  async #isThere(): Promise<boolean> {
    const { context, prepared } = this.#site
    return (await findResult(context.store, prepared)).lookup.kind === 'hit'
  }

  /** Returns the lease after the other run that has it; undefined when this run is cancelled meanwhile. */
  async #waitForLease(): Promise<Lease | undefined> {
    const { store, signal, emit } = this.#site.context
    const onWait = ({ pid, note }: LeaseHolder) => {
      const line = `waiting for the same step in another run (pid ${pid}: ${note})`
      emit({ event: 'stage_log', stage: this.#site.step.id, level: 'info', line })
    }
    try {
      return await store.leases.acquire(this.#leaseName, this.#note, { signal, onWait })
    } catch (error) {
      if (signal.aborted) return undefined
      throw error
    }
  }
}
