import { canonicalJson, type LocalStore, type Result } from '../../../store/index.ts'
import { type AnyPipeline, buildGraph, type Graph, StepIndex, type Tool, toolsOf } from '../../core/index.ts'
import { SourceDigests } from '../../engine/key/sources/source-digests.ts'
import type { ToolProbe } from '../../engine/key/tool-probe.ts'
import { sourceMark, sourceName } from '../contract/offer-fit.ts'
import type { Order } from '../contract/order.ts'

/** Returns the stage that an order is for, which is found by building the graph that the run has built. */
export function stageOfOrder(
  pipeline: AnyPipeline,
  { params, request }: Order,
  graphs: Map<string, Graph>,
): Result<Graph['steps'][number]['stage'], string> {
  const name = canonicalJson({ pipeline: pipeline.name, params })
  let graph = graphs.get(name)
  if (graph === undefined) {
    const built = buildGraph(pipeline, params)
    if (!built.ok)
      return { ok: false, error: `pipeline ${pipeline.name}: ${built.error.map(({ message }) => message).join('; ')}` }
    graph = built.value
    if (graphs.size > 100) graphs.clear()
    graphs.set(name, graph)
  }
  const index = new StepIndex<Graph['steps'][number]>()
  for (const step of graph.steps) index.add(step.id, step)
  const stage = index.find(request.step)?.stage
  const wanted = request.stage
  if (stage === undefined)
    return { ok: false, error: `pipeline ${pipeline.name}: it has no step '${request.step}' here` }
  if (stage.name === wanted.name && stage.version === wanted.version) return { ok: true, value: stage }
  const found = `${stage.name} ${stage.version}`
  return { ok: false, error: `stage ${wanted.name} ${wanted.version} -> ${found}` }
}

/** Returns what stands for the code of each stage of pipelines, as an offer tells it. */
export async function sourcesOfPipelines(
  pipelines: Iterable<AnyPipeline>,
  store: LocalStore,
): Promise<Readonly<Record<string, string>>> {
  const marks: Record<string, string> = {}
  for (const pipeline of pipelines) {
    const graph = buildGraph(pipeline, pipeline.example ?? {})
    if (!graph.ok) continue
    const stages = new Map(graph.value.steps.map(({ stage }) => [stage.name, stage]))
    const digests = new SourceDigests(store, pipeline.name)
    await digests.learn(stages.values())
    for (const [name, stage] of stages) {
      const source = await digests.of(stage)
      // What is doubtful is refused when it is asked for.
      if (source.kind === 'doubtful') continue
      const known = source.kind === 'known' ? { source: source.files, packages: source.packages } : {}
      marks[sourceName(pipeline.name, name)] = sourceMark(stage, known)
    }
  }
  return marks
}

/**
 * Returns the versions of the tools that pipelines use, by name: null for one that is not there. A pipeline that cannot be
 * built without params tells nothing.
 */
export async function toolsOfPipelines(
  pipelines: Iterable<AnyPipeline>,
  probe: ToolProbe,
): Promise<Readonly<Record<string, string | null>>> {
  const tools = new Map<string, Tool>()
  for (const pipeline of pipelines) {
    const graph = buildGraph(pipeline, pipeline.example ?? {})
    if (!graph.ok) continue
    for (const { stage, params } of graph.value.steps) {
      for (const tool of toolsOf(stage, params)) if (!tools.has(tool.name)) tools.set(tool.name, tool)
    }
  }
  const versions: Record<string, string | null> = {}
  for (const [name, tool] of [...tools].sort(([a], [b]) => (a < b ? -1 : 1))) {
    const probed = await probe.probe(tool)
    versions[name] = probed.ok ? (probed.value.identity.version ?? 'unknown') : null
  }
  return versions
}
