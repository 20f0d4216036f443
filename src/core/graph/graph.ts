import type { JsonObject } from '../../../store/index.ts'
import {
  type Arity,
  type ArtifactKind,
  type Declaration,
  file,
  json,
  normalInput,
  normalOutput,
} from '../declare/artifact.ts'
import type { Overlay } from '../declare/pipeline.ts'
import type { ArtifactSource, GatheredSource } from '../declare/reference.ts'
import type { AnyStage } from '../declare/stage.ts'
import type { Device } from '../failure/device.ts'
import type { ExecutionPolicy } from '../failure/execution-policy.ts'

/** What one input of a step is wired to. */
export type Binding =
  | { readonly arity: 'one'; readonly kind: ArtifactKind; readonly source: ArtifactSource }
  | { readonly arity: 'many'; readonly kind: ArtifactKind; readonly sources: readonly GatheredSource[] }

/** When a step is taken. */
export type StepCondition =
  | { readonly kind: 'constant'; readonly holds: boolean }
  | { readonly kind: 'artifact'; readonly source: ArtifactSource; readonly is: (value: unknown) => boolean }
  | { readonly kind: 'present'; readonly source: ArtifactSource }

/** One stage placed in a pipeline under an id, its inputs wired to artifacts. */
export interface Step {
  /**
   * Unique: the name, and for an item of a fan-out the item after a slash, as in `translate/es`. Items that a step
   * computes are open in the graph, as in `plan/*`, and filled in by a run.
   */
  readonly id: string
  /** What `--from` and the job directory call it; the items of a fan-out share one. */
  readonly name: string
  readonly stage: AnyStage
  readonly params: JsonObject
  readonly bindings: Readonly<Record<string, Binding>>
  readonly condition?: StepCondition
  /** The innermost fan-out over a computed list that this step is in the body of: it runs once an item. */
  readonly each?: string
  readonly policy?: ExecutionPolicy
  /** What to try, one after the other, when the device is out of memory. */
  readonly fallbacks?: readonly Fallback[]
}

/** All params of a step as they would be on a rung of its ladder, and the device, where that is another. */
export interface Fallback {
  readonly params: JsonObject
  readonly device?: Device
}

/** A fan-out over a list that a step computes, or over files. */
export interface Each {
  readonly id: string
  readonly over: ArtifactSource
  /** The pattern of the files, where it is over those of a folder, or of an input that takes several. */
  readonly files?: string
  /** The innermost fan-out over a computed list that this one is in the body of. */
  readonly outer?: string
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
  /** By step name, the name of the step whose number its directory has, where it is not a number of its own. */
  readonly parts?: Readonly<Record<string, string>>
  readonly eaches: Readonly<Record<string, Each>>
  /** What the pipeline is for, by name. */
  readonly outputs: Readonly<Record<string, Binding>>
  readonly overlay?: Overlay
}

/** The source of an artifact that stands by itself, and is no part of another. */
export type WholeSource = Exclude<ArtifactSource, { readonly from: 'select' }>

/** Returns the source of the artifact that a part was selected from, or the source itself. */
export function wholeSource(source: ArtifactSource): WholeSource {
  let whole = source
  while (whole.from === 'select') whole = whole.of
  return whole
}

/** Returns the artifacts that a binding refers to; those of a computed fan-out once for all its items. */
export function sourcesOf(binding: Binding): readonly WholeSource[] {
  return binding.arity === 'one' ? [wholeSource(binding.source)] : binding.sources.flatMap(artifactsIn)
}

function artifactsIn(source: GatheredSource): readonly WholeSource[] {
  if (source.from === 'each') return source.sources.flatMap(artifactsIn)
  return source.from === 'pick' ? source.of.flatMap(artifactsIn) : [wholeSource(source)]
}

/** Returns the lists that a binding is gathered by: those of its fan-outs, and the names that are picked. */
export function listsOf(graph: Pick<Graph, 'eaches'>, binding: Binding): readonly WholeSource[] {
  return binding.arity === 'many' ? listsIn(graph, binding.sources).map(([list]) => list) : []
}

/** Returns the fan-outs over computed lists around a step, or around another fan-out, the outermost first. */
export function enclosingEaches(graph: Pick<Graph, 'eaches'>, innermost: string | undefined): readonly Each[] {
  const found: Each[] = []
  for (let id = innermost; id !== undefined; ) {
    const each: Each | undefined = graph.eaches[id]
    if (each === undefined) break
    found.unshift(each)
    id = each.outer
  }
  return found
}

/** Returns everything that a step reads: for its inputs, its condition, and the lists of the fan-outs that it is in. */
export function stepSources(graph: Pick<Graph, 'eaches'>, step: Step): readonly WholeSource[] {
  const sources: WholeSource[] = []
  for (const binding of Object.values(step.bindings)) {
    if (binding.arity === 'one') {
      sources.push(wholeSource(binding.source))
      continue
    }
    for (const source of sourcesOf(binding)) sources.push(source)
    sources.push(...listsOf(graph, binding))
  }
  if (step.condition !== undefined && 'source' in step.condition) sources.push(wholeSource(step.condition.source))
  if (step.each !== undefined) for (const { over } of enclosingEaches(graph, step.each)) sources.push(wholeSource(over))
  return sources
}

/** Returns the ids of the steps that a step needs directly. */
export function upstreamOf(graph: Pick<Graph, 'eaches'>, step: Step): readonly string[] {
  const sources = stepSources(graph, step)
  const [first] = sources
  if (sources.length === 1 && first !== undefined) return first.from === 'step' ? [first.step] : []
  const ids = new Set<string>()
  for (const source of sources) if (source.from === 'step') ids.add(source.step)
  return [...ids]
}

/** Returns the names of some steps, each once, in their order. */
export function stepNames(steps: readonly Pick<Step, 'name'>[]): readonly string[] {
  return [...new Set(steps.map(({ name }) => name))]
}

/** Returns the declaration of the artifact that a source names, or undefined for one that the graph does not have. */
export function declarationOf(
  graph: Pick<Graph, 'inputs' | 'eaches'>,
  steps: ReadonlyMap<string, Step>,
  source: ArtifactSource,
): Declaration | undefined {
  switch (source.from) {
    case 'input':
      return graph.inputs[source.input]
    case 'step': {
      const output = steps.get(source.step)?.stage.outputs[source.output]
      return output === undefined ? undefined : normalOutput(output)
    }
    case 'item':
      return graph.eaches[source.each]?.files === undefined || source.part === 'path' ? json() : file()
    case 'constant':
    case 'select':
      return json()
    default:
      return source satisfies never
  }
}

/**
 * Returns the ids of the steps whose failures are dealt with: whatever needs them gathers what they settle to, or is a
 * step whose own failure is dealt with.
 */
export function settledSteps(graph: Pick<Graph, 'steps' | 'eaches'>): ReadonlySet<string> {
  const settled = new Set<string>()
  const needed = new Set<string>()
  for (const step of graph.steps.toReversed()) {
    const isSettled = settled.has(step.id) && !needed.has(step.id)
    const bindings = Object.entries(step.bindings)
    const gathers = (name: string) => arityOf(step, name) === 'settled'
    const plain = { ...step, bindings: Object.fromEntries(bindings.filter(([name]) => !gathers(name))) }
    for (const id of upstreamOf(graph, plain)) (isSettled ? settled : needed).add(id)
    for (const [name, binding] of bindings) {
      if (!gathers(name)) continue
      for (const source of sourcesOf(binding)) if (source.from === 'step') settled.add(source.step)
      for (const [list, isInItem] of listsIn(graph, binding.arity === 'many' ? binding.sources : [])) {
        if (list.from === 'step') (isSettled || isInItem ? settled : needed).add(list.step)
      }
    }
  }
  for (const id of needed) settled.delete(id)
  return settled
}

/** Returns the lists that are gone over, and whether each is one of an item: if another fails, there are no items. */
function listsIn(
  graph: Pick<Graph, 'eaches'>,
  sources: readonly GatheredSource[],
  isWithin = false,
): readonly (readonly [WholeSource, boolean])[] {
  return sources.flatMap((source) => {
    if (source.from !== 'each' && source.from !== 'pick') return []
    const isInItem = isWithin || source.item !== undefined
    if (source.from === 'pick')
      return [[wholeSource(source.names), isInItem] as const, ...listsIn(graph, source.of, isInItem)]
    const over = graph.eaches[source.each]?.over
    return [
      ...(over === undefined ? [] : [[wholeSource(over), isInItem] as const]),
      ...listsIn(graph, source.sources, true),
    ]
  })
}

function arityOf({ stage }: Step, input: string): Arity | undefined {
  const declaration = stage.inputs[input]
  return declaration === undefined ? undefined : normalInput(declaration).arity
}
