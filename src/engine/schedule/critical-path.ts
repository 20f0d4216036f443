import type { DurationSample, Durations } from '../../../store/index.ts'
import {
  type AnyStage,
  type Device,
  deviceFor,
  type Graph,
  type Step,
  StepIndex,
  upstreamOf,
} from '../../core/index.ts'
import { estimateMs, median } from './estimate.ts'

/**
 * Tells the length of the chain of steps that begins with a step, from past durations of their stages. Without any
 * history it counts steps; a stage without one counts as the median of the others.
 */
export class CriticalPath {
  readonly #graph: Graph
  readonly #durations: Durations
  readonly #device: Device
  /** As it was when the run began, so that all lengths are measured alike. */
  readonly #histories = new Map<string, readonly DurationSample[]>()
  #after: StepIndex<number> | undefined
  #unknown = 1

  constructor(graph: Graph, durations: Durations, device: Device) {
    this.#graph = graph
    this.#durations = durations
    this.#device = device
  }

  /** Returns the length of the chain that begins with a step that reads so many bytes. */
  lengthFrom({ id, stage }: Pick<Step, 'id' | 'stage'>, inputBytes: number): number {
    this.#after ??= this.#measure()
    return (this.#after.find(id) ?? 0) + (estimateMs(this.#history(stage), inputBytes) ?? this.#unknown)
  }

  /** Returns the length of the longest chain after each step. What its steps will read is not known yet. */
  #measure(): StepIndex<number> {
    const { steps } = this.#graph
    const typicalMs = new Map<string, number | undefined>()
    for (const { stage } of steps) {
      if (!typicalMs.has(stage.name)) typicalMs.set(stage.name, estimateMs(this.#history(stage), undefined))
    }
    const typical = steps.map(({ stage }) => typicalMs.get(stage.name))
    const known = [...typicalMs.values()].filter((ms) => ms !== undefined)
    this.#unknown = known.length === 0 ? 1 : median(known)
    const after = new Map<string, number>()
    const index = new StepIndex<number>()
    for (let at = steps.length - 1; at >= 0; at--) {
      const step = steps[at]
      if (step === undefined) continue
      const below = after.get(step.id) ?? 0
      index.add(step.id, below)
      const length = below + (typical[at] ?? this.#unknown)
      for (const id of upstreamOf(this.#graph, step)) after.set(id, Math.max(after.get(id) ?? 0, length))
    }
    return index
  }

  #history({ name, devices }: AnyStage): readonly DurationSample[] {
    const known = this.#histories.get(name)
    if (known !== undefined) return known
    const history = this.#durations.recent(name, deviceFor(devices, this.#device))
    this.#histories.set(name, history)
    return history
  }
}
