import type { PipelineEntry } from '../../api/messages.ts'
import { post } from '../live/server.ts'

/** Asks for the pipelines that ship and those of the folder; it loads the folder's config, so only a person asks. */
export async function pipelines(): Promise<readonly PipelineEntry[]> {
  const { pipelines: list } = await post<{ readonly pipelines: readonly PipelineEntry[] }>('api/pipelines', {})
  return list
}
