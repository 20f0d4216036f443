import type { ExecutionEnd, ExecutionRequest, ExecutionWatch } from '../execute/executor.ts'
import { bytesOf } from '../execute/inputs.ts'
import type { PoolClaim } from '../schedule/pools.ts'
import type { RequestOptions } from '../site/step-requests.ts'
import type { StepSite } from '../site/step-site.ts'

/** One execution of a step: what was asked for, and how it ended. */
export interface StepExecution<End = ExecutionEnd> {
  readonly request: ExecutionRequest
  readonly end: End
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

/** Has a step executed once, with the GPUs that its slots stand for. */
export function executeStep(
  site: StepSite,
  attempt: number,
  watch: ExecutionWatch,
  fresh = site.context.selected.forces(site.step.name),
): Promise<StepExecution> {
  const { pool, slots } = slotsOf(site)
  if (pool !== 'gpu' || site.prepared.device !== 'cuda') return executeWith(site, watch, { attempt, gpus: [], fresh })
  return site.context.gpus.lend(slots, (gpus) => executeWith(site, watch, { attempt, gpus, fresh }))
}

async function executeWith(
  site: StepSite,
  watch: ExecutionWatch,
  options: Pick<RequestOptions, 'attempt' | 'gpus' | 'fresh'>,
): Promise<StepExecution> {
  const { requests, executor, pools, signal, killGraceMs } = site.context
  const priority = () => claimOf(site).priority
  const request = requests.make(site.prepared, { ...options, killGraceMs, priority, cpus: () => pools.share })
  return { request, end: await executor.execute(request, watch, signal) }
}
