import type { ProcessSupervisor } from '../process/process.ts'
import type { Cancellation } from '../system/cancellation.ts'
import type { Timing } from '../system/timing.ts'
import type { ExecutionRequest, ExecutionWatch } from './executor.ts'
import type { RequestPlace } from './executor-site.ts'
import type { Workspace } from './workspace.ts'

/** One execution on this machine: the request, and all that is lent to the stage for it. */
export interface Execution extends RequestPlace, Cancellation {
  readonly request: ExecutionRequest
  /** The clients of the services that the stage declares. */
  readonly services: Readonly<Record<string, unknown>>
  readonly workspace: Workspace
  readonly watch: ExecutionWatch
  readonly supervisor: ProcessSupervisor
  readonly signal: AbortSignal
  readonly timing: Timing
  /** Called with an error that gets away from the stage when it has ended well. */
  readonly onLate: (error: unknown) => void
  /** Takes secrets out of a text. */
  readonly hide: (text: string) => string
}
