import type { ActionKey, JobMemory } from '../../../store/index.ts'
import type { Action, Step } from '../../core/index.ts'
import type { PreparedStep } from './prepared-step.ts'

export interface UsedAction {
  readonly key: ActionKey
  readonly action: Action
}

/** The actions that a run used, for the job's memory, as far as that does not say so already. */
export class UsedActions extends Map<string, UsedAction> {
  readonly #keysBefore: () => Readonly<Record<string, ActionKey>>
  #before: Readonly<Record<string, ActionKey>> | undefined

  constructor(jobs: Pick<JobMemory, 'keys'>, jobDir: string, pipeline: string) {
    super()
    this.#keysBefore = () => jobs.keys(jobDir, pipeline)
  }

  /** Adds the action of a hit. With ten thousand of them, those that are remembered already would fill the memory. */
  addHit({ step, key, action }: PreparedStep): void {
    this.#before ??= this.#keysBefore()
    if (this.#before[step.id] !== key || isChoosy(step)) this.set(step.id, { key, action })
  }
}

/** Returns whether the choice of a device changes what a step computes. */
export function isChoosy({ stage }: Pick<Step, 'stage'>): boolean {
  const { devices = [] } = stage
  return devices.length > 1 && new Set(devices).size > 1
}
