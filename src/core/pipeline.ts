import type { StandardSchemaV1 } from '@standard-schema/spec'
import type { JsonObject, Result } from '../../store/index.ts'
import {
  type AnyRef,
  type ArtifactRef,
  type ArtifactSource,
  type Declaration,
  type GatheredRef,
  type InputDeclaration,
  normalInput,
  normalOutput,
} from './artifact.ts'
import type {
  Bindings,
  Condition,
  GatheredRefs,
  OutputRefs,
  PipelineInputRefs,
  PlainStepOptions,
  StepOptions,
  StepOptionsArgument,
} from './binding.ts'
import type { Problem } from './failure.ts'
import {
  type Binding,
  type Each,
  type Graph,
  type Step,
  type StepCondition,
  stepNames,
  validateGraph,
} from './graph.ts'
import { checkParams } from './params.ts'
import type { AnyStage, InputDeclarations, OutputDeclarations, ParamsSchema, Stage } from './stage.ts'

export type PipelineInputs = Readonly<Record<string, InputDeclaration>>
export type PipelineOutputs = Readonly<Record<string, AnyRef>>

/** Places steps. What it returns is wiring: nothing runs while a pipeline is built. */
export interface PipelineBuilder<Inputs extends PipelineInputs, Params> {
  readonly inputs: PipelineInputRefs<Inputs>
  readonly params: Params
  /** Places a stage that is taken only when a condition holds; its outputs may then be absent. */
  step<I extends InputDeclarations, S extends ParamsSchema, O extends OutputDeclarations, Value>(
    stage: Stage<I, S, O>,
    bindings: Bindings<I>,
    options: StepOptions<S> & { readonly when: Condition<Value> },
  ): OutputRefs<O, 'maybe'>
  /** Places a stage, its inputs wired to artifacts, and returns references to its outputs. */
  step<I extends InputDeclarations, S extends ParamsSchema, O extends OutputDeclarations>(
    stage: Stage<I, S, O>,
    bindings: Bindings<I>,
    ...options: StepOptionsArgument<S>
  ): OutputRefs<O>
  /** Repeats its body for each item of a list that is known when the pipeline is built. */
  each<Item, Refs extends PipelineOutputs>(
    items: readonly Item[],
    body: (item: Item) => Refs,
    options?: { readonly name?: (item: Item) => string },
  ): GatheredRefs<Refs>
  /** Repeats its body for each item of a list that a step computes; `item` is then an artifact. */
  each<Item, Refs extends PipelineOutputs>(
    items: ArtifactRef<'json', readonly Item[]>,
    body: (item: ArtifactRef<'json', Item, 'always'>) => Refs,
  ): GatheredRefs<Refs>
}

/** An author's declaration of steps. */
export interface Pipeline<
  Inputs extends PipelineInputs = PipelineInputs,
  Schema extends ParamsSchema = ParamsSchema,
  Outputs extends PipelineOutputs = PipelineOutputs,
> {
  readonly name: string
  /** One sentence for `reprise list`. */
  readonly description?: string
  readonly inputs: Inputs
  readonly params: Schema
  /** Params that show every step, for `reprise list` and `reprise graph`; the defaults where there are none. */
  readonly example?: StandardSchemaV1.InferInput<Schema>
  /** Places the steps, and returns the artifacts that the pipeline is for, by name. */
  build(builder: PipelineBuilder<Inputs, StandardSchemaV1.InferOutput<Schema>>): Outputs
}

/** Defines a pipeline; its inputs and params give `build` its types. */
export function definePipeline<
  const Inputs extends PipelineInputs,
  Schema extends ParamsSchema,
  Outputs extends PipelineOutputs,
>(pipeline: Pipeline<Inputs, Schema, Outputs>): Pipeline<Inputs, Schema, Outputs> {
  return pipeline
}

/** A pipeline whose declarations are known only at run time. */
export type AnyPipeline = Pipeline

/** Returns the validated graph of a pipeline with these params, or every mistake in it. */
export function buildGraph(pipeline: AnyPipeline, params: object): Result<Graph, readonly Problem[]> {
  const graph = buildWith(pipeline, params)
  if (!graph.ok || pipeline.example === undefined) return graph
  const example = buildWith(pipeline, pipeline.example)
  return example.ok
    ? { ok: true, value: { ...graph.value, order: mergeOrders(graph.value.order, example.value.order) } }
    : graph
}

/** Returns every mistake in a pipeline with these params; nothing when it is right. */
export function validate(pipeline: AnyPipeline, params: object = {}): readonly Problem[] {
  const graph = buildGraph(pipeline, params)
  return graph.ok ? [] : graph.error
}

/** Returns all names of both lists, those that are only in `extra` before the first common name that follows them there. */
function mergeOrders(names: readonly string[], extra: readonly string[]): readonly string[] {
  const merged = [...names]
  let position = 0
  for (const name of extra) {
    const at = merged.indexOf(name)
    if (at >= 0) position = at + 1
    else merged.splice(position++, 0, name)
  }
  return merged
}

function buildWith(pipeline: AnyPipeline, params: object): Result<Graph, readonly Problem[]> {
  const checked = checkParams('', pipeline.params, params)
  if (!checked.ok) return checked
  const recorder = new Recorder(pipeline)
  const outputs = pipeline.build(recorder.builder(checked.value))
  const graph = recorder.graph(checked.value, outputs)
  return recorder.problems.length > 0 ? { ok: false, error: recorder.problems } : validateGraph(graph)
}

/** Records what a `build` function places. */
class Recorder {
  readonly problems: Problem[] = []
  readonly #pipeline: AnyPipeline
  readonly #steps: Step[] = []
  readonly #eaches: Record<string, Each> = {}
  #items: readonly string[] = []
  #each: string | undefined

  constructor(pipeline: AnyPipeline) {
    this.#pipeline = pipeline
  }

  builder(params: JsonObject): PipelineBuilder<PipelineInputs, object> {
    const inputs = Object.fromEntries(
      Object.entries(this.#pipeline.inputs).map(([name, declaration]) => [
        name,
        artifactRef(normalInput(declaration), { from: 'input', input: name }, 'always'),
      ]),
    )
    const builder: ErasedBuilder = {
      inputs,
      params,
      step: (stage, bindings, options = {}) => this.#step(stage, bindings, options),
      each: (items, body, options = {}) =>
        'ref' in items ? this.#eachComputed(items, body) : this.#eachKnown(items, body, options),
    }
    // The overloads of PipelineBuilder only narrow what these functions take and return; their phantom types have no value.
    return builder as unknown as PipelineBuilder<PipelineInputs, object>
  }

  graph(params: JsonObject, outputs: PipelineOutputs): Graph {
    return {
      pipeline: this.#pipeline.name,
      params,
      inputs: Object.fromEntries(
        Object.entries(this.#pipeline.inputs).map(([name, declaration]) => [name, normalInput(declaration)]),
      ),
      steps: this.#steps,
      order: stepNames(this.#steps),
      eaches: this.#eaches,
      outputs: Object.fromEntries(Object.entries(outputs).map(([name, ref]) => [name, bindingOf(ref)])),
    }
  }

  #step(stage: AnyStage, bindings: object, options: ErasedStepOptions): Record<string, ArtifactRef> {
    const name = options.id ?? stage.name
    const id = [name, ...this.#items].join('/')
    const params = checkParams(`step ${id}`, stage.params, options.params ?? {})
    if (!params.ok) this.problems.push(...params.error)
    const condition = conditionOf(options.when)
    this.#steps.push({
      id,
      name,
      stage,
      params: params.ok ? params.value : {},
      bindings: this.#bindings(id, bindings),
      ...(condition === undefined ? {} : { condition }),
      ...(this.#each === undefined ? {} : { each: this.#each }),
    })
    const presence = condition === undefined ? 'always' : 'maybe'
    return Object.fromEntries(
      Object.entries(stage.outputs).map(([output, declaration]) => [
        output,
        artifactRef(normalOutput(declaration), { from: 'step', step: id, output }, presence),
      ]),
    )
  }

  #bindings(step: string, given: object): Record<string, Binding> {
    const bindings: Record<string, Binding> = {}
    for (const [input, ref] of Object.entries(given) as [string, unknown][]) {
      if (ref === undefined) continue
      if (isRef(ref) || (Array.isArray(ref) && ref.every(isArtifactRef))) bindings[input] = bindingOf(ref)
      else
        this.problems.push({ where: `step ${step}`, message: `its input '${input}' is wired to what is no artifact` })
    }
    return bindings
  }

  #eachKnown(items: readonly unknown[], body: ErasedBody, options: ErasedEachOptions): Record<string, GatheredRef> {
    const outer = this.#items
    const bodies = items.map((item) => {
      this.#items = [...outer, itemName(options.name?.(item) ?? item)]
      return body(item)
    })
    this.#items = outer
    const names = new Set(bodies.flatMap((refs) => Object.keys(refs)))
    return Object.fromEntries([...names].map((name) => [name, gather(bodies.flatMap((refs) => refs[name] ?? []))]))
  }

  #eachComputed(items: ArtifactRef, body: ErasedBody): Record<string, GatheredRef> {
    if (this.#each !== undefined) {
      this.problems.push({
        where: this.#pipeline.name,
        message: 'a fan-out over a computed list inside another is not supported',
      })
    }
    const outer = this.#each
    const id = `each-${Object.keys(this.#eaches).length + 1}`
    this.#eaches[id] = { id, over: items.source }
    this.#each = id
    const refs = body(artifactRef({ kind: 'json', arity: 'one' }, { from: 'item', each: id }, 'always'))
    this.#each = outer
    return Object.fromEntries(
      Object.entries(refs).map(([name, ref]) => [name, { ...gather([ref]), over: items.source }]),
    )
  }
}

type ErasedStepOptions = PlainStepOptions & { readonly params?: object; readonly when?: Condition }
type ErasedEachOptions = { readonly name?: (item: unknown) => string }
interface ErasedBuilder {
  readonly inputs: Readonly<Record<string, ArtifactRef>>
  readonly params: object
  step(stage: AnyStage, bindings: object, options?: ErasedStepOptions): Record<string, ArtifactRef>
  each(
    items: readonly unknown[] | ArtifactRef,
    body: ErasedBody,
    options?: ErasedEachOptions,
  ): Record<string, GatheredRef>
}
type ErasedBody = (item: unknown) => PipelineOutputs

function isRef(value: unknown): value is AnyRef {
  return (
    typeof value === 'object' &&
    value !== null &&
    'ref' in value &&
    (value.ref === 'artifact' || value.ref === 'gathered')
  )
}

function isArtifactRef(value: unknown): value is ArtifactRef {
  return isRef(value) && value.ref === 'artifact'
}

function artifactRef(declaration: Declaration, source: ArtifactSource, presence: 'always' | 'maybe'): ArtifactRef {
  return { ref: 'artifact', kind: declaration.kind, presence, source }
}

function gather(refs: readonly AnyRef[]): GatheredRef {
  const sources = refs.flatMap((ref) => (ref.ref === 'artifact' ? [ref.source] : ref.sources))
  return { ref: 'gathered', kind: refs[0]?.kind ?? 'json', sources }
}

function bindingOf(ref: AnyRef | readonly ArtifactRef[]): Binding {
  if ('ref' in ref && ref.ref === 'artifact') return { arity: 'one', kind: ref.kind, source: ref.source }
  const gathered = 'ref' in ref ? ref : gather(ref)
  const { kind, sources, over } = gathered
  return { arity: 'many', kind, sources, ...(over === undefined ? {} : { over }) }
}

function conditionOf(when: Condition | undefined): StepCondition | undefined {
  if (when === undefined) return undefined
  if (typeof when === 'boolean') return { kind: 'constant', holds: when }
  if ('ref' in when) return { kind: 'artifact', source: when.source, is: (value) => value === true }
  return { kind: 'artifact', source: when.of.source, is: (value) => when.is(value) }
}

function itemName(item: unknown): string {
  if (typeof item === 'string' || typeof item === 'number') return String(item).replaceAll('/', '%2F')
  throw new TypeError(
    'the items of this fan-out are neither text nor numbers: name them, with each(items, body, { name })',
  )
}
