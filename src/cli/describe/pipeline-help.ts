import { loadPipelines } from '../../config/pipelines.ts'
import { unknownName } from '../../core/index.ts'
import { styleFor } from '../../report/text/style.ts'
import { type CliContext, textWidth } from '../command-line/cli-context.ts'
import { describePipeline, pipelineText } from './list.ts'

/** Returns what `--help` says of a pipeline that the command line names, or why it cannot. */
export async function pipelineHelp(name: string, config: string | undefined, context: CliContext): Promise<string> {
  const { cwd, env, stdout } = context
  const pipelines = await loadPipelines(cwd, config)
  if (!pipelines.ok) return `${pipelines.error}\n`
  const found = pipelines.value.get(name)
  if (found === undefined) return `${unknownName('pipeline', name, [...pipelines.value.keys()])}\n`
  return pipelineText(describePipeline(found), { width: textWidth(stdout), style: styleFor(stdout.isTerminal, env) })
}
