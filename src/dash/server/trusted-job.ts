import type { Result } from '../../../store/index.ts'
import type { Failure } from '../../core/index.ts'
import { readJob } from '../../engine/index.ts'
import { isWithin } from '../actions/trusted.ts'
import { type Answer, failure } from '../gate/route.ts'
import type { JobHub } from '../jobs/job-hub.ts'
import type { JobModel } from '../jobs/job-model.ts'

/** A job of the list whose config may be loaded. */
export interface TrustedJob {
  /** Absolute. */
  readonly jobDir: string
  readonly model: Result<JobModel, Failure>
}

/** Finds a job of the list, and asks whether the code of a config elsewhere may run; `trusts` names it if it may. */
export async function trustedJob(
  id: string,
  trusts: unknown,
  hub: JobHub,
  root: string,
): Promise<Result<TrustedJob, Answer>> {
  const model = await hub.job(id)
  const entry = hub.entry(id)
  if (model === undefined || entry === undefined)
    return { ok: false, error: failure(404, 'the store knows no such job') }
  const record = await readJob(entry.jobDir)
  const config = record.ok ? record.value.config : undefined
  if (config !== undefined && !isWithin(root, config) && trusts !== config)
    return { ok: false, error: { status: 409, json: { error: `the code of ${config} would run`, config } } }
  return { ok: true, value: { jobDir: entry.jobDir, model } }
}
