import { type StepPlace, stepPlaces } from '../files/step-places.ts'
import { failure } from '../gate/route.ts'
import type { JobHub } from '../jobs/job-hub.ts'
import type { JobModel } from '../jobs/job-model.ts'

/** A step that a request names by its job and its id; where it has not run, it has no place. */
export interface NamedStep {
  readonly model: JobModel
  readonly jobDir: string
  readonly id: string
  readonly place: StepPlace | undefined
}

export type PlacedStep = NamedStep & { readonly place: StepPlace }

export const noSuchStep = failure(404, 'this job has no such step')
export const noSuchFile = failure(404, 'there is no such file')

export async function namedStep(
  hub: JobHub,
  job: string | undefined,
  id: string | undefined,
): Promise<NamedStep | undefined> {
  if (job === undefined || id === undefined) return undefined
  const model = await hub.job(job)
  const entry = hub.entry(job)
  if (model?.ok !== true || entry === undefined) return undefined
  const place = (await stepPlaces(entry.jobDir)).get(id)
  if (place === undefined && !model.value.has(id)) return undefined
  return { model: model.value, jobDir: entry.jobDir, id, place }
}
