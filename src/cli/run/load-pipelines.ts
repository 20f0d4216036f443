import { resolve } from 'node:path'
import type { Result } from '../../../store/index.ts'
import { loadPipelines, type PipelineSearch, type Pipelines } from '../../config/pipelines.ts'
import type { CliContext } from '../command-line/cli-context.ts'

/** What a command line says of where pipelines are. */
export interface PipelinePlaces extends Omit<PipelineSearch, 'jobConfig'> {
  readonly config: string | undefined
  /** The job that is meant, as it was written. */
  readonly job: string | undefined
}

/** Returns the pipelines for a job: those that ship, and those of the config that is named, remembered or nearest. */
export async function loadPipelinesFor(
  { config, job, ...search }: PipelinePlaces,
  { cwd }: Pick<CliContext, 'cwd'>,
): Promise<Result<Pipelines, string>> {
  if (job === undefined || config !== undefined) return loadPipelines(cwd, config, search)
  const { readJob } = await import('../../engine/index.ts')
  const recorded = await readJob(resolve(cwd, job))
  return loadPipelines(cwd, config, { ...search, jobConfig: recorded.ok ? recorded.value.config : undefined })
}
