import { loadPipelines, type NamedPipeline } from '../../config/pipelines.ts'
import type { Graph } from '../../core/index.ts'
import {
  type AnyPipeline,
  buildGraph,
  checkParams,
  type Declaration,
  exitCodes,
  jsonSchemaOf,
  normalInput,
  type ParamDoc,
  paramDocs,
  stepNames,
  unknownName,
  upstreamOf,
} from '../../core/index.ts'
import { type Entry, entryLines } from '../../report/text/entries.ts'
import { printable } from '../../report/text/printable.ts'
import { type Style, styleFor } from '../../report/text/style.ts'
import { textWidth } from '../command-line/cli-context.ts'
import { command } from '../command-line/command.ts'
import { usageError } from '../command-line/error-line.ts'
import { configFlags } from '../command-line/run-flags.ts'

/** `reprise list`: shows the pipelines. */
export const listCommand = command({
  name: 'list',
  description: 'Shows the pipelines with their inputs, outputs, steps and params.',
  positionals: [{ name: 'pipeline', description: 'Only this pipeline.' }],
  flags: {
    json: { kind: 'switch', description: 'Writes the pipelines as one JSON list.' },
    schema: {
      kind: 'switch',
      description: 'Writes the JSON Schema of the params of one pipeline: for a form, or an editor of a params file.',
    },
    ...configFlags,
  },
  examples: [
    { line: 'reprise list', does: 'shows all pipelines' },
    { line: 'reprise list subtitles', does: 'shows one pipeline' },
    { line: 'reprise list subtitles --schema', does: 'prints what its params may be' },
  ],
  async execute({ flags, positionals }, context) {
    const { cwd, env, stdout } = context
    const pipelines = await loadPipelines(cwd, flags.config)
    if (!pipelines.ok) return usageError(context, 'list', pipelines.error)
    const [wanted] = positionals
    if (wanted !== undefined && !pipelines.value.has(wanted))
      return usageError(context, 'list', unknownName('pipeline', wanted, [...pipelines.value.keys()]))
    if (flags.schema) {
      const pipeline = wanted === undefined ? undefined : pipelines.value.get(wanted)?.pipeline
      if (pipeline === undefined)
        return usageError(
          context,
          'list',
          'each pipeline has params of its own: name one, as in list subtitles --schema',
        )
      const schema = jsonSchemaOf(pipeline.params)
      if (schema === undefined) {
        const why = 'their schema library does not offer JSON Schema'
        return usageError(context, 'list', `the params of ${pipeline.name} cannot be described, because ${why}`)
      }
      stdout.write(`${JSON.stringify({ title: `Params of the pipeline ${pipeline.name}`, ...schema }, undefined, 2)}\n`)
      return exitCodes.ok
    }
    const described = [...pipelines.value.values()]
      .filter(({ pipeline }) => wanted === undefined || pipeline.name === wanted)
      .map(describePipeline)
    if (flags.json) stdout.write(`${JSON.stringify(described)}\n`)
    else {
      const layout = { width: textWidth(stdout), style: styleFor(stdout.isTerminal, env) }
      stdout.write(described.map((entry) => pipelineText(entry, layout)).join('\n'))
    }
    return exitCodes.ok
  },
})

/** A pipeline as `list` shows it. */
export interface PipelineEntry {
  readonly name: string
  readonly description?: string
  readonly config?: string
  /** `arity`: whether it may be left out, or takes several paths. */
  readonly inputs: readonly { readonly name: string; readonly kind: string; readonly arity?: 'optional' | 'many' }[]
  readonly steps: readonly { readonly name: string; readonly after: readonly string[]; readonly description?: string }[]
  readonly params: readonly ParamDoc[]
  readonly outputs: readonly string[]
  /** Why the steps cannot be shown. */
  readonly problems?: readonly string[]
}

/** Returns the description of a pipeline, with the steps that its example params give. */
export function describePipeline({ pipeline, configPath }: NamedPipeline): PipelineEntry {
  const graph = buildGraph(pipeline, pipeline.example ?? {})
  return {
    name: pipeline.name,
    ...(pipeline.description === undefined ? {} : { description: pipeline.description }),
    ...(configPath === undefined ? {} : { config: configPath }),
    inputs: Object.entries(pipeline.inputs).map(([name, input]) => inputEntry(name, normalInput(input))),
    steps: graph.ok ? stepEntries(graph.value) : [],
    params: describeParams(pipeline),
    outputs: graph.ok ? Object.keys(graph.value.outputs) : [],
    ...(graph.ok ? {} : { problems: graph.error.map(({ where, message }) => `${where}: ${message}`) }),
  }
}

function inputEntry(name: string, { kind, arity }: Declaration): PipelineEntry['inputs'][number] {
  return { name, kind, ...(arity === 'one' ? {} : { arity: arity === 'optional' ? arity : 'many' }) }
}

/** If the schema does not describe a default, as behind a transformation, the default is what it fills in. */
function describeParams({ name, params }: AnyPipeline): readonly ParamDoc[] {
  const filled = checkParams(name, params, {})
  return (paramDocs(params) ?? []).map((doc) => {
    const fallback = filled.ok && !doc.required ? filled.value[doc.name] : undefined
    return doc.default === undefined && fallback !== undefined ? { ...doc, default: fallback } : doc
  })
}

function stepEntries(graph: Graph): PipelineEntry['steps'] {
  const nameOf = new Map(graph.steps.map(({ id, name }) => [id, name]))
  return stepNames(graph.steps).map((name) => {
    const placed = graph.steps.filter((step) => step.name === name)
    const after = placed.flatMap((step) => upstreamOf(graph, step).map((id) => nameOf.get(id) ?? id))
    const description = placed[0]?.stage.description
    return { name, after: [...new Set(after)], ...(description === undefined ? {} : { description }) }
  })
}

interface TextLayout {
  /** How many characters a line may have. */
  readonly width: number
  readonly style: Style
}

/** Returns an entry as lines for people. */
export function pipelineText(entry: PipelineEntry, { width, style }: TextLayout): string {
  const lines = [
    style('bold', printable(entry.name)) + (entry.description === undefined ? '' : `  ${printable(entry.description)}`),
  ]
  if (entry.config !== undefined) lines.push(`  from ${printable(entry.config)}`)
  const inputs = entry.inputs.map(({ name, kind, arity }) => {
    return `${name} (${kind}${arity === undefined ? '' : arity === 'optional' ? ', may be left out' : ', several'})`
  })
  const ends: Entry[] = [
    ['inputs', printable(inputs.join(', ')) || 'none'],
    ['outputs', printable(entry.outputs.join(', ')) || 'none'],
  ]
  lines.push(...entryLines(ends, { width }))
  for (const problem of entry.problems ?? []) lines.push(`  ${style('yellow', 'problem')}  ${printable(problem)}`)
  const below = { width, indent: 4 }
  if (entry.steps.length > 0) lines.push('  steps', ...entryLines(entry.steps.map(stepEntry), below))
  if (entry.params.length > 0) lines.push('  params', ...entryLines(entry.params.map(paramEntry), below))
  return `${lines.join('\n')}\n`
}

function stepEntry({ name, after, description }: PipelineEntry['steps'][number]): Entry {
  const texts = [description ?? '', after.length === 0 ? '' : `after ${after.join(', ')}`]
  return [printable(name), ...texts.filter((text) => text !== '').map(printable)]
}

function paramEntry(doc: ParamDoc): Entry {
  const fallback =
    doc.default === undefined ? (doc.required ? 'required' : 'optional') : `default ${JSON.stringify(doc.default)}`
  const texts = [doc.description ?? '', `${doc.type}, ${fallback}`]
  return [printable(doc.name), ...texts.filter((text) => text !== '').map(printable)]
}
