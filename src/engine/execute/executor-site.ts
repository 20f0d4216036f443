import type { LocalStore } from '../../../store/index.ts'
import type { AnyStage } from '../../core/index.ts'
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
}

/** Finds what this machine has for requests. */
export interface RequestPlaces {
  of(request: ExecutionRequest): RequestPlace
}

/** What a run lends to the executor that is made for it. */
export interface ExecutorSite {
  /** The run's store, in which it looks for the outputs. */
  readonly store: LocalStore
  /** Where the inputs of the run's requests lie. */
  readonly places: RequestPlaces
  /** Executes in this process, as every step is without another executor. */
  readonly local: Executor
}

/** Makes the executor of one run. */
export type ExecutorFactory = (site: ExecutorSite) => Executor
