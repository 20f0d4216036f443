import type { JsonObject, LocalStore } from '../../../store/index.ts'
import type { AnyStage, Device } from '../../core/index.ts'
import type { ProbedTool } from '../key/tool-probe.ts'
import type { ExecutionRequest, Executor } from './executor.ts'
import type { ResolvedInputs } from './inputs.ts'

/** What a machine has for a request. */
export interface RequestPlace {
  readonly stage: AnyStage
  /** The inputs, and where they lie. */
  readonly inputs: ResolvedInputs
  /** The programs that the stage runs, by tool. */
  readonly tools: ReadonlyMap<string, ProbedTool>
  /** Returns the time that the run still takes from this step on, in milliseconds: the longest is the most urgent. */
  readonly priority?: () => number
  /** Returns how many processors fall to the step now; all of them, where nobody knows. */
  readonly cpus?: () => number
}

/** Finds what this machine has for requests. */
export interface RequestPlaces {
  of(request: ExecutionRequest): RequestPlace
}

/** What a run lends to the executor that is made for it. */
export interface ExecutorSite {
  readonly run: string
  readonly pipeline: string
  /** The pipeline's params, as they are recorded. */
  readonly params: JsonObject
  /** The device of this machine: an action of another one must not be executed here. */
  readonly device: Device
  /** The run's store, in which it looks for the outputs. */
  readonly store: LocalStore
  /** Where the inputs of the run's requests lie. */
  readonly places: RequestPlaces
  /** Executes in this process, as every step is without another executor. */
  readonly local: Executor
}

/** Makes the executor of one run. */
export type ExecutorFactory = (site: ExecutorSite) => Executor
