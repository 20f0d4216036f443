import { findPipeline, loadPipelines } from '../../config/pipelines.ts'
import { buildGraph, exitCodes } from '../../core/index.ts'
import { dotDrawing, graphLines, mermaidDrawing } from '../../report/graph-drawing.ts'
import { command } from '../command-line/command.ts'
import { usageError } from '../command-line/error-line.ts'
import { readParams } from '../command-line/name-value.ts'
import { configFlags } from '../command-line/run-flags.ts'

const drawings = {
  mermaid: mermaidDrawing,
  dot: dotDrawing,
  text: (graph: Parameters<typeof graphLines>[0]) => `${graphLines(graph).join('\n')}\n`,
}

/** `reprise graph`: draws a pipeline. */
export const graphCommand = command({
  name: 'graph',
  description: 'Draws the steps of a pipeline and how they depend on each other.',
  positionals: [
    { name: 'pipeline', description: "The name of a pipeline, as 'reprise list' shows them.", required: true },
  ],
  flags: {
    format: {
      kind: 'choice',
      choices: ['mermaid', 'dot', 'text'],
      description: 'The format of the drawing; by default mermaid.',
    },
    param: {
      kind: 'texts',
      letter: 'p',
      value: 'name=value',
      description: 'A param of the pipeline; by default those of its example. Repeatable.',
    },
    ...configFlags,
  },
  examples: [
    { line: 'reprise graph subtitles', does: 'prints a Mermaid flowchart, which many Markdown viewers can show' },
    {
      line: 'reprise graph subtitles -p to=es,ca --format dot | dot -Tsvg > graph.svg',
      does: 'makes a picture with Graphviz',
    },
  ],
  async execute({ flags, positionals }, context) {
    const { cwd, stdout } = context
    const pipelines = await loadPipelines(cwd, flags.config)
    if (!pipelines.ok) return usageError(context, 'graph', pipelines.error)
    const found = findPipeline(pipelines.value, positionals[0] ?? '')
    if (!found.ok) return usageError(context, 'graph', found.error)
    const { pipeline } = found.value
    const params = readParams(pipeline.params, flags.param)
    if (!params.ok) return usageError(context, 'graph', params.error)
    const graph = buildGraph(pipeline, { ...(flags.param.length === 0 ? pipeline.example : {}), ...params.value })
    if (!graph.ok)
      return usageError(context, 'graph', graph.error.map(({ where, message }) => `${where}: ${message}`).join('\n'))
    stdout.write(drawings[flags.format ?? 'mermaid'](graph.value))
    return exitCodes.ok
  },
})
