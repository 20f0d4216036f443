import type { LocalStore, MaterializeOptions } from '../../../store/index.ts'
import type { Device, EventBody, Graph, SelectedSteps } from '../../core/index.ts'
import type { Tracing } from '../events/tracing.ts'
import type { Executor } from '../execute/executor.ts'
import type { LocalResults } from '../execute/local-executor.ts'
import type { Workspaces } from '../execute/workspace.ts'
import type { Secrets } from '../key/secrets.ts'
import type { StageFactFinder } from '../key/stage-facts.ts'
import type { Takes } from '../key/takes.ts'
import type { CriticalPath } from '../schedule/critical-path.ts'
import type { FailFast } from '../schedule/fail-fast.ts'
import type { Gpus } from '../schedule/gpus.ts'
import type { Pools } from '../schedule/pools.ts'
import type { Timing } from '../system/timing.ts'
import type { DoneStepsOfJob } from './done-steps.ts'
import type { KeptInputs } from './kept-inputs.ts'
import type { StepDirectories } from './step-directories.ts'
import type { StepRequests } from './step-requests.ts'
import type { UsedActions } from './used-actions.ts'

/** What all steps of one run share. */
export interface RunContext {
  readonly run: string
  /** Absolute. */
  readonly jobDir: string
  readonly graph: Graph
  readonly store: LocalStore
  readonly device: Device
  /** The devices of pools whose steps other machines execute. */
  readonly poolDevices: Readonly<Record<string, Device>>
  readonly selected: SelectedSteps
  readonly pools: Pools
  readonly gpus: Gpus
  readonly criticalPath: CriticalPath
  readonly facts: StageFactFinder
  readonly secrets: Secrets
  readonly takes: Takes
  readonly requests: StepRequests
  readonly executor: Executor
  /** What the executor made on this machine; nothing of what others make. */
  readonly results: LocalResults
  readonly workspaces: Workspaces
  readonly directories: StepDirectories
  /** Large JSON inputs, kept for explanations. */
  readonly keptInputs: KeptInputs
  /** Whether the run still holds its job; one that does not publishes nothing more. */
  readonly holdsJob: () => boolean
  readonly emit: (event: EventBody) => void
  /** Aborted when the run is cancelled. */
  readonly signal: AbortSignal
  readonly failFast: FailFast
  /** Whether a step that has no result fails, instead of being executed. */
  readonly failOnMiss: boolean
  readonly killGraceMs: number
  readonly link: NonNullable<MaterializeOptions['link']>
  readonly timing: Timing
  readonly tracing: Tracing
  readonly used: UsedActions
  readonly done: DoneStepsOfJob
  /** What a person changed and is in the job's corrections: digests by absolute path. */
  readonly taken: Map<string, string>
}
