import type { Result } from '../../../store/index.ts'
import { checkPipelineParams } from '../declare/params.ts'
import type { AnyPipeline } from '../declare/pipeline.ts'
import { whileBuilding } from '../declare/sourced-stages.ts'
import { unlessItThrows } from '../failure/author-line.ts'
import type { Problem } from '../failure/failure.ts'
import type { Graph } from './graph.ts'
import { Recorder } from './recorder.ts'
import { validateGraph } from './validate-graph.ts'

/** Returns the validated graph of a pipeline with these params, or every mistake in it. */
export function buildGraph(pipeline: AnyPipeline, params: object): Result<Graph, readonly Problem[]> {
  const graph = buildWith(pipeline, params)
  if (!graph.ok || pipeline.example === undefined) return graph
  const example = buildWith(pipeline, pipeline.example)
  return example.ok ? { ok: true, value: numberedAlike(graph.value, example.value) } : graph
}

/** Returns a graph whose directories are numbered as if it had the steps of another, too. */
function numberedAlike(graph: Graph, other: Graph): Graph {
  const parts = { ...other.parts, ...graph.parts }
  const order = mergeOrders(graph.order, other.order)
  return { ...graph, order, ...(Object.keys(parts).length === 0 ? {} : { parts }) }
}

/** Returns all names of both lists, those that are only in `extra` after the name that precedes them there. */
function mergeOrders(names: readonly string[], extra: readonly string[]): readonly string[] {
  const known = new Set(names)
  const after = new Map<string | undefined, string[]>()
  let last: string | undefined
  for (const name of extra) {
    if (known.has(name)) last = name
    else after.set(last, [...(after.get(last) ?? []), name])
  }
  return [...(after.get(undefined) ?? []), ...names.flatMap((name) => [name, ...(after.get(name) ?? [])])]
}

function buildWith(pipeline: AnyPipeline, params: object): Result<Graph, readonly Problem[]> {
  const checked = checkPipelineParams(pipeline.params, params)
  if (!checked.ok) return checked
  const recorder = new Recorder(pipeline)
  const { values, recorded } = checked.value
  const build = () => pipeline.build(recorder.builder(values))
  const built = unlessItThrows(() => whileBuilding(pipeline, recorded, build))
  if (!built.ok) return { ok: false, error: [{ where: pipeline.name, message: `its build ${built.error}` }] }
  const graph = validateGraph(recorder.graph(recorded, built.value))
  if (recorder.problems.length === 0) return graph
  return { ok: false, error: [...recorder.problems, ...(graph.ok ? [] : graph.error)] }
}
