import type { JsonObject } from '../../../store/index.ts'
import { type Declaration, isGathered, json, normalInput, normalOutput } from '../declare/artifact.ts'
import type { Condition, PlainStepOptions } from '../declare/binding.ts'
import { checkParams } from '../declare/params.ts'
import type { AnyPipeline, PipelineBuilder, PipelineInputs, PipelineOutputs } from '../declare/pipeline.ts'
import type {
  AnyRef,
  ArtifactRef,
  ArtifactSource,
  FileItem,
  Files,
  GatheredRef,
  GatheredSource,
  Present,
} from '../declare/reference.ts'
import type { AnyStage } from '../declare/stage.ts'
import { declarationProblems } from '../declare/stage-problems.ts'
import type { Problem } from '../failure/failure.ts'
import { filesProblem, folderlessFiles, isArtifactRef, isFiles, isWirable } from './given-refs.ts'
import { type Binding, type Each, type Graph, type Step, type StepCondition, stepNames } from './graph.ts'
import { itemFolder } from './step-directory.ts'
import { anyItem, itemInId } from './step-id.ts'
import { stepPolicy } from './step-policy.ts'

/** Records what a `build` function places, and what is wrong with it. */
export class Recorder {
  readonly problems: Problem[] = []
  readonly #pipeline: AnyPipeline
  readonly #steps: Step[] = []
  readonly #eaches: Record<string, Each> = {}
  readonly #parts: Record<string, string> = {}
  /** The stages that were placed: one that repeats needs no other look. */
  readonly #declared = new Set<AnyStage>()
  /** What the fan-outs around the current place add to ids, the outermost first. */
  #items: readonly string[] = []
  /** The innermost fan-out over a computed list around the current place. */
  #each: string | undefined
  #eachCount = 0

  constructor(pipeline: AnyPipeline) {
    this.#pipeline = pipeline
  }

  /** Returns what `build` is given. */
  builder(params: object): PipelineBuilder<PipelineInputs, object> {
    const inputs = Object.fromEntries(
      Object.entries(this.#pipeline.inputs).map(([name, declaration]) => [
        name,
        inputRef(name, normalInput(declaration)),
      ]),
    )
    const builder: ErasedBuilder = {
      inputs,
      params,
      step: (stage, bindings = {}, options = {}) => this.#step(stage, bindings, options),
      each: (items, body, options = {}) => {
        if (isArtifactRef(items)) return this.#eachComputed(items, body)
        if (isFiles(items)) return this.#eachFile(items, body)
        if (Array.isArray(items)) return this.#eachKnown(items, body, options)
        this.problems.push({ where: this.#pipeline.name, message: listlessEach })
        return {}
      },
    }
    // The overloads of PipelineBuilder only narrow what these functions take and return; their phantom types have no
    // value.
    return builder as unknown as PipelineBuilder<PipelineInputs, object>
  }

  /** Returns what was placed. */
  graph(params: JsonObject, outputs: PipelineOutputs | undefined): Graph {
    return {
      pipeline: this.#pipeline.name,
      params,
      inputs: Object.fromEntries(
        Object.entries(this.#pipeline.inputs).map(([name, declaration]) => [name, normalInput(declaration)]),
      ),
      steps: this.#steps,
      order: stepNames(this.#steps),
      ...(Object.keys(this.#parts).length === 0 ? {} : { parts: this.#parts }),
      eaches: this.#eaches,
      outputs: this.#outputs(outputs ?? {}),
      ...(this.#pipeline.overlay === undefined ? {} : { overlay: this.#pipeline.overlay }),
    }
  }

  #outputs(given: object): Record<string, Binding> {
    const outputs: Record<string, Binding> = {}
    for (const [name, ref] of Object.entries(given) as [string, unknown][]) {
      if (isWirable(ref)) outputs[name] = bindingOf(ref)
      else
        this.problems.push({
          where: this.#pipeline.name,
          message: `its output '${name}' is not an artifact; return what 'step' or 'each' returns, as in { ${name}: step(...).text }`,
        })
    }
    return outputs
  }

  #step(stage: AnyStage, bindings: object, options: ErasedStepOptions): Record<string, ArtifactRef> {
    const name = options.id ?? stage?.name ?? 'without a stage'
    const id = this.#items.length === 0 ? name : [name, ...this.#items].join('/')
    if (!this.#declared.has(stage)) {
      const undeclared = declarationProblems(`step ${id}`, stage)
      if (undeclared.length > 0) {
        this.problems.push(...undeclared)
        return {}
      }
      this.#declared.add(stage)
    }
    const params = checkParams(`step ${id}`, stage.params, options.params ?? {})
    const policy = stepPolicy(`step ${id}`, stage, options)
    this.problems.push(...(params.ok ? [] : params.error), ...policy.problems)
    const condition = conditionOf(options.when)
    // A field that an artifact does not have is no condition, and must not pass for there being none.
    if ('when' in options && condition === undefined) {
      this.problems.push({ where: `step ${id}`, message: undecidedCondition })
    }
    this.#steps.push({
      id,
      name,
      stage,
      params: params.ok ? params.value : {},
      bindings: this.#bindings(id, bindings),
      ...(condition === undefined ? {} : { condition }),
      ...(this.#each === undefined ? {} : { each: this.#each }),
      ...policy.parts,
    })
    if (options.partOf !== undefined) this.#parts[name] = options.partOf
    const presence = condition === undefined ? 'always' : 'maybe'
    const refs: Record<string, ArtifactRef> = {}
    for (const output of Object.keys(stage.outputs)) {
      const declaration = stage.outputs[output]
      if (declaration === undefined) continue
      refs[output] = artifactRef(normalOutput(declaration), { from: 'step', step: id, output }, presence)
    }
    return refs
  }

  #bindings(step: string, given: object): Record<string, Binding> {
    const bindings: Record<string, Binding> = {}
    for (const [input, ref] of Object.entries(given) as [string, unknown][]) {
      if (ref === undefined) continue
      if (isWirable(ref)) bindings[input] = bindingOf(ref)
      else this.problems.push({ where: `step ${step}`, message: `its input '${input}' is not wired to an artifact` })
    }
    return bindings
  }

  #eachKnown(items: readonly unknown[], body: ErasedBody, options: ErasedEachOptions): Record<string, GatheredRef> {
    if (items.length === 0) return ofNothing
    const outer = this.#items
    const names = new Map<string, string>()
    const bodies: (readonly [string, PipelineOutputs])[] = []
    for (const item of items) {
      const name = itemName(options.name?.(item) ?? item)
      // On some file systems, names that differ only in case are the same.
      const folder = itemFolder(name ?? '').toLowerCase()
      const other = names.get(folder)
      if (name === undefined || other !== undefined) {
        const message = name === undefined ? namelessItem : sharedName(name, other)
        this.problems.push({ where: this.#pipeline.name, message })
        continue
      }
      names.set(folder, name)
      this.#items = [...outer, name]
      bodies.push([String(options.name?.(item) ?? item), body(item)])
    }
    this.#items = outer
    const refs = new Map<string, { kind: GatheredRef['kind']; sources: GatheredSource[] }>()
    for (const [item, made] of bodies) {
      for (const [name, ref] of Object.entries(made)) {
        const { kind, sources } = gather([ref])
        const named = sources.map((source) => ({ ...source, item: itemWithin(item, source.item) }))
        const gathered = refs.get(name)
        if (gathered === undefined) refs.set(name, { kind, sources: named })
        else gathered.sources.push(...named)
      }
    }
    return Object.fromEntries([...refs].map(([name, made]) => [name, { ref: 'gathered', ...made }]))
  }

  #eachComputed({ source }: ArtifactRef, body: ErasedBody): Record<string, GatheredRef> {
    return this.#eachOver(source, {}, (each) => body(artifactRef(json(), { from: 'item', each }, 'always')))
  }

  #eachFile({ of, pattern }: Files, body: ErasedBody): Record<string, GatheredRef> {
    const [source] = bindingSources(of)
    const problem = filesProblem(of, pattern)
    if (source === undefined || source.from === 'each' || source.from === 'pick' || problem !== undefined) {
      this.problems.push({ where: this.#pipeline.name, message: problem ?? folderlessFiles })
      return {}
    }
    return this.#eachOver(source, { files: pattern }, (each) => {
      const item: FileItem = {
        file: { ref: 'artifact', kind: 'file', presence: 'always', source: { from: 'item', each } },
        path: { ref: 'artifact', kind: 'json', presence: 'always', source: { from: 'item', each, part: 'path' } },
      }
      return body(item)
    })
  }

  #eachOver(
    over: ArtifactSource,
    parts: Pick<Each, 'files'>,
    body: (each: string) => PipelineOutputs,
  ): Record<string, GatheredRef> {
    const outer = { items: this.#items, each: this.#each }
    const id = `each-${++this.#eachCount}`
    this.#eaches[id] = { id, over, ...parts, ...(outer.each === undefined ? {} : { outer: outer.each }) }
    this.#items = [...outer.items, anyItem]
    this.#each = id
    const refs = body(id)
    this.#items = outer.items
    this.#each = outer.each
    return Object.fromEntries(
      Object.entries(refs).map(([name, ref]) => {
        const { kind, sources } = gather([ref])
        return [name, { ref: 'gathered', kind, sources: [{ from: 'each', each: id, sources }] }]
      }),
    )
  }
}

const namelessItem =
  'the items of a fan-out are neither text nor numbers: name them, with each(items, body, { name: (item) => ... })'

function sharedName(name: string, other: string | undefined): string {
  if (name === other) return `a fan-out has two items '${name}'`
  return `a fan-out has the items '${other}' and '${name}', whose directories can have the same name; name the items with each(items, body, { name: (item) => ... })`
}

const listlessEach =
  "'each' is given no list: give it an array, an output of a step that is one, as in outputs: { groups: json(z.array(...)) }, or files(folder, '**/*.wav')"

const undecidedCondition =
  "its 'when' is no condition: give it true or false, a JSON output, { of: profile, is: (value) => value.hasLyrics }, or present(artifact)"

/** What a fan-out over an empty list returns: its body, which never ran, would say the names; each is an empty list. */
const ofNothing: Record<string, GatheredRef> = new Proxy(
  {},
  { get: (_, name) => (typeof name === 'string' ? { ref: 'gathered', kind: 'json', sources: [] } : undefined) },
)

type ErasedStepOptions = PlainStepOptions & { readonly params?: object; readonly when?: Condition | Present }
type ErasedEachOptions = { readonly name?: (item: unknown) => string }
interface ErasedBuilder {
  readonly inputs: Readonly<Record<string, AnyRef>>
  readonly params: object
  step(stage: AnyStage, bindings: object, options?: ErasedStepOptions): Record<string, ArtifactRef>
  each(items: unknown, body: ErasedBody, options?: ErasedEachOptions): Record<string, GatheredRef>
}
type ErasedBody = (item: unknown) => PipelineOutputs

function inputRef(input: string, declaration: Declaration): AnyRef {
  const source = { from: 'input', input } as const
  if (isGathered(declaration.arity)) return { ref: 'gathered', kind: declaration.kind, sources: [source] }
  return artifactRef(declaration, source, declaration.arity === 'one' ? 'always' : 'maybe')
}

function artifactRef(declaration: Declaration, source: ArtifactSource, presence: 'always' | 'maybe'): ArtifactRef {
  return { ref: 'artifact', kind: declaration.kind, presence, source }
}

function gather(refs: readonly AnyRef[]): GatheredRef {
  return { ref: 'gathered', kind: refs[0]?.kind ?? 'json', sources: refs.flatMap(bindingSources) }
}

function bindingSources(ref: AnyRef): readonly GatheredSource[] {
  return ref.ref === 'artifact' ? [ref.source] : ref.sources
}

function itemWithin(outer: string, inner: string | undefined): string {
  return inner === undefined ? outer : `${outer}/${inner}`
}

function bindingOf(ref: AnyRef | readonly ArtifactRef[]): Binding {
  if ('ref' in ref && ref.ref === 'artifact') return { arity: 'one', kind: ref.kind, source: ref.source }
  const { kind, sources } = 'ref' in ref ? ref : gather(ref)
  return { arity: 'many', kind, sources }
}

/** Without types, an author may return anything. */
function conditionOf(when: Condition | Present | undefined): StepCondition | undefined {
  if (typeof when === 'boolean') return { kind: 'constant', holds: when }
  if (typeof when !== 'object' || when === null) return undefined
  if ('ref' in when && when.ref === 'present') {
    return isArtifactRef(when.of) ? { kind: 'present', source: when.of.source } : undefined
  }
  if ('ref' in when) {
    return isArtifactRef(when) ? { kind: 'artifact', source: when.source, is: (value) => value === true } : undefined
  }
  if (!isArtifactRef(when.of) || typeof when.is !== 'function') return undefined
  return { kind: 'artifact', source: when.of.source, is: (value) => when.is(value) }
}

function itemName(item: unknown): string | undefined {
  return typeof item === 'string' || typeof item === 'number' ? itemInId(String(item)) : undefined
}
