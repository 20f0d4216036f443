import { resolve } from 'node:path'
import type { Result, Store } from '../../store/index.ts'
import {
  buildGraph,
  type Failure,
  type Graph,
  type Problem,
  type Step,
  toolsOf,
  unknownName,
  upstreamOf,
} from '../core/index.ts'
import { type Available, pipelineInput } from './inputs.ts'
import type { RunRequest } from './request.ts'
import { type SelectedSteps, selectSteps } from './selection.ts'
import { SourceDigests } from './source-digests.ts'
import type { ToolProbe } from './tool-probe.ts'

/** What is settled before anything is written: the graph, the selection, the inputs, and that the tools are there. */
export interface Preflight {
  readonly graph: Graph
  readonly selected: SelectedSteps
  /** Ids of the selected steps and of all that they need. */
  readonly needed: ReadonlySet<string>
  readonly inputs: ReadonlyMap<string, Available>
  readonly sources: SourceDigests
}

/** Settles what a run needs to know first, or returns everything that is wrong with the request. */
export async function preflight(request: RunRequest, probe: ToolProbe): Promise<Result<Preflight, Failure>> {
  const graph = buildGraph(request.pipeline, request.params ?? {})
  if (!graph.ok) return { ok: false, error: { kind: 'invalid', problems: graph.error } }
  const selected = selectSteps(graph.value, request.selection)
  if (!selected.ok) return selected
  const inputs = await resolveInputs(request.store, graph.value, request.inputs)
  if (!inputs.ok) return inputs
  const needed = neededSteps(graph.value, selected.value)
  const steps = graph.value.steps.filter(({ id }) => needed.has(id))
  const missing = await missingTool(steps, probe)
  if (missing !== undefined) return { ok: false, error: missing }
  const sources = new SourceDigests(request.store)
  await sources.learn(steps.map(({ stage }) => stage))
  return { ok: true, value: { graph: graph.value, selected: selected.value, needed, inputs: inputs.value, sources } }
}

async function resolveInputs(
  store: Store,
  graph: Graph,
  given: Readonly<Record<string, string>>,
): Promise<Result<ReadonlyMap<string, Available>, Failure>> {
  const names = Object.keys(graph.inputs)
  const problems: Problem[] = [
    ...Object.keys(given)
      .filter((name) => !names.includes(name))
      .map((name) => ({ where: `input ${name}`, message: unknownName('input', name, names) })),
    ...names
      .filter((name) => given[name] === undefined)
      .map((name) => ({ where: `input ${name}`, message: 'it is not given' })),
  ]
  if (problems.length > 0) return { ok: false, error: { kind: 'invalid', problems } }
  const inputs = new Map<string, Available>()
  for (const [name, declaration] of Object.entries(graph.inputs)) {
    const input = await pipelineInput(store, name, declaration, resolve(given[name] ?? ''))
    if (!input.ok) return input
    inputs.set(name, input.value)
  }
  return { ok: true, value: inputs }
}

function neededSteps(graph: Graph, selected: SelectedSteps): ReadonlySet<string> {
  const needed = new Set<string>()
  for (const step of [...graph.steps].reverse()) {
    if (!needed.has(step.id) && !selected.has(step.name)) continue
    needed.add(step.id)
    for (const id of upstreamOf(graph, step)) needed.add(id)
  }
  return needed
}

/** Returns the first tool that a step needs and this machine lacks; tools whose choice depends on a condition are met later. */
async function missingTool(steps: readonly Step[], probe: ToolProbe): Promise<Failure | undefined> {
  const failures: Extract<Failure, { kind: 'tool-missing' }>[] = []
  const certain = steps.filter((step) => step.condition === undefined && step.each === undefined)
  for (const tool of new Map(
    certain.flatMap((step) => toolsOf(step.stage, step.params).map((tool) => [tool.name, tool])),
  ).values()) {
    const probed = await probe.probe(tool)
    if (!probed.ok && probed.error.kind === 'tool-missing') failures.push(probed.error)
  }
  const [first, ...others] = failures
  if (first === undefined || others.length === 0) return first
  const also = `missing, too: ${others.map(({ tool, install }) => `${tool} (${install})`).join('; ')}`
  return { ...first, hint: first.hint === undefined ? also : `${first.hint}. ${also}` }
}
