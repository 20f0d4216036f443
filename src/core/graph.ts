import type { JsonObject, Result } from '../../store/index.ts'
import { type ArtifactKind, type ArtifactSource, type Declaration, normalInput, normalOutput } from './artifact.ts'
import type { Problem } from './failure.ts'
import { nearestName } from './nearest.ts'
import type { AnyStage } from './stage.ts'
import { stageProblems } from './stage-problems.ts'

/** What one input of a step is wired to. */
export type Binding =
  | { readonly arity: 'one'; readonly kind: ArtifactKind; readonly source: ArtifactSource }
  | {
      readonly arity: 'many'
      readonly kind: ArtifactKind
      readonly sources: readonly ArtifactSource[]
      readonly over?: ArtifactSource
    }

/** When a step is taken. */
export type StepCondition =
  | { readonly kind: 'constant'; readonly holds: boolean }
  | { readonly kind: 'artifact'; readonly source: ArtifactSource; readonly is: (value: unknown) => boolean }

/** One stage placed in a pipeline under an id, its inputs wired to artifacts. */
export interface Step {
  /** Unique: the name, and for an item of a fan-out the item after a slash, as in `translate/es`. */
  readonly id: string
  /** What `--from` and the job directory call it; the items of a fan-out share one. */
  readonly name: string
  readonly stage: AnyStage
  readonly params: JsonObject
  readonly bindings: Readonly<Record<string, Binding>>
  readonly condition?: StepCondition
  /** The fan-out over a computed list that this step is the body of: it runs once an item. */
  readonly each?: string
}

/** A fan-out over a list that a step computes. */
export interface Each {
  readonly id: string
  readonly over: ArtifactSource
}

/** The validated DAG of steps of one pipeline with its params. */
export interface Graph {
  readonly pipeline: string
  readonly params: JsonObject
  readonly inputs: Readonly<Record<string, Declaration>>
  /** In an order in which every step comes after those it needs; else as declared. */
  readonly steps: readonly Step[]
  /** Step names in pipeline order, also those that other params would give: it numbers the steps' directories. */
  readonly order: readonly string[]
  readonly eaches: Readonly<Record<string, Each>>
  /** What the pipeline is for, by name. */
  readonly outputs: Readonly<Record<string, Binding>>
}

/** Returns the sources that a binding refers to. */
export function sourcesOf(binding: Binding): readonly ArtifactSource[] {
  if (binding.arity === 'one') return [binding.source]
  return binding.over === undefined ? binding.sources : [...binding.sources, binding.over]
}

function stepSources(graph: Pick<Graph, 'eaches'>, step: Step): readonly ArtifactSource[] {
  const sources = Object.values(step.bindings).flatMap(sourcesOf)
  if (step.condition?.kind === 'artifact') sources.push(step.condition.source)
  const each = step.each === undefined ? undefined : graph.eaches[step.each]
  if (each !== undefined) sources.push(each.over)
  return sources
}

/** Returns the ids of the steps that a step needs directly. */
export function upstreamOf(graph: Pick<Graph, 'eaches'>, step: Step): readonly string[] {
  const ids = stepSources(graph, step).flatMap((source) => (source.from === 'step' ? [source.step] : []))
  return [...new Set(ids)]
}

/** Returns the names of some steps, each once, in their order. */
export function stepNames(steps: readonly Pick<Step, 'name'>[]): readonly string[] {
  return [...new Set(steps.map(({ name }) => name))]
}

/** Returns the graph with its steps in a topological order, or every mistake that it has. */
export function validateGraph(graph: Graph): Result<Graph, readonly Problem[]> {
  const problems = [
    ...duplicateIds(graph),
    ...graph.steps.flatMap((step) => [...stageProblems(`step ${step.id}`, step.stage), ...wiringProblems(graph, step)]),
  ]
  if (problems.length > 0) return { ok: false, error: problems }
  const sorted = topologicalOrder(graph)
  return sorted.ok ? { ok: true, value: { ...graph, steps: sorted.value } } : sorted
}

function duplicateIds(graph: Graph): Problem[] {
  const seen = new Set<string>()
  const problems: Problem[] = []
  for (const { id } of graph.steps) {
    if (seen.has(id))
      problems.push({ where: `step ${id}`, message: `there are two steps '${id}': give one another id` })
    seen.add(id)
  }
  return problems
}

function wiringProblems(graph: Graph, step: Step): Problem[] {
  const problems: Problem[] = []
  const declared = Object.keys(step.stage.inputs)
  for (const [name, declaration] of Object.entries(step.stage.inputs)) {
    const binding = step.bindings[name]
    const { kind, arity } = normalInput(declaration)
    if (binding === undefined) {
      if (arity === 'one') problems.push({ where: `step ${step.id}`, message: `its input '${name}' is not wired` })
    } else if (binding.kind !== kind && !isEmpty(binding)) {
      problems.push({
        where: `step ${step.id}`,
        message: `its input '${name}' takes a ${kind} and is wired to a ${binding.kind}`,
      })
    } else if ((binding.arity === 'many') !== (arity === 'many')) {
      problems.push({
        where: `step ${step.id}`,
        message: `its input '${name}' takes ${arity === 'many' ? 'several artifacts' : 'one artifact'}`,
      })
    }
  }
  for (const name of Object.keys(step.bindings)) {
    if (!declared.includes(name))
      problems.push({ where: `step ${step.id}`, message: unknownWith('input', name, declared) })
  }
  return [...problems, ...stepSources(graph, step).flatMap((source) => sourceProblems(graph, step, source))]
}

/** A list of no artifacts is of any kind. */
function isEmpty(binding: Binding): boolean {
  return binding.arity === 'many' && binding.sources.length === 0
}

function unknownWith(what: string, name: string, valid: readonly string[]): string {
  const near = nearestName(name, valid)
  return `there is no ${what} '${name}'${near === undefined ? '' : `: did you mean '${near}'?`} (valid: ${valid.join(', ') || 'none'})`
}

function sourceProblems(graph: Graph, step: Step, source: ArtifactSource): Problem[] {
  const where = `step ${step.id}`
  switch (source.from) {
    case 'input': {
      const names = Object.keys(graph.inputs)
      return names.includes(source.input)
        ? []
        : [{ where, message: unknownWith('pipeline input', source.input, names) }]
    }
    case 'item':
      return source.each in graph.eaches ? [] : [{ where, message: 'it uses an item outside its fan-out' }]
    case 'step': {
      const upstream = graph.steps.find(({ id }) => id === source.step)
      if (upstream === undefined)
        return [
          {
            where,
            message: unknownWith(
              'step',
              source.step,
              graph.steps.map(({ id }) => id),
            ),
          },
        ]
      const outputs = Object.keys(upstream.stage.outputs)
      return outputs.includes(source.output)
        ? []
        : [{ where, message: unknownWith(`output of ${source.step}`, source.output, outputs) }]
    }
    default:
      return source satisfies never
  }
}

function topologicalOrder(graph: Graph): Result<readonly Step[], readonly Problem[]> {
  const byId = new Map(graph.steps.map((step) => [step.id, step]))
  const state = new Map<string, 'open' | 'done'>()
  const ordered: Step[] = []
  for (const root of graph.steps) {
    const trail: { step: Step; waiting: string[] }[] = []
    const enter = (step: Step) => {
      state.set(step.id, 'open')
      trail.push({ step, waiting: [...upstreamOf(graph, step)] })
    }
    if (!state.has(root.id)) enter(root)
    for (let top = trail.at(-1); top !== undefined; top = trail.at(-1)) {
      const next = top.waiting.shift()
      if (next === undefined) {
        state.set(top.step.id, 'done')
        ordered.push(top.step)
        trail.pop()
      } else if (state.get(next) === 'open') {
        const ids = trail.map(({ step }) => step.id)
        const cycle = [...ids.slice(ids.indexOf(next)), next].reverse().join(' -> ')
        return { ok: false, error: [{ where: `step ${next}`, message: `it needs itself: ${cycle}` }] }
      } else if (!state.has(next)) {
        const step = byId.get(next)
        if (step !== undefined) enter(step)
      }
    }
  }
  return { ok: true, value: ordered }
}

/** Returns the declaration of the artifact that a source names, or undefined for an item of a fan-out. */
export function declarationOf(graph: Graph, source: ArtifactSource): Declaration | undefined {
  if (source.from === 'input') return graph.inputs[source.input]
  if (source.from === 'item') return undefined
  const output = graph.steps.find(({ id }) => id === source.step)?.stage.outputs[source.output]
  return output === undefined ? undefined : normalOutput(output)
}
