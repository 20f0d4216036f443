import type { JsonValue } from '../../../../store/index.ts'
import {
  checkedBy,
  type Declaration,
  type GatheredSource,
  type Graph,
  isJson,
  isList,
  normalInput,
  type Problem,
  type Step,
  settledSteps,
} from '../../../core/index.ts'
import { artifactsOf, jsonValueAt, type ResolvedInput } from '../../execute/inputs.ts'

/** A JSON value that is known before anything runs: of which input it is, from which file, and of a list which element. */
interface Known {
  readonly input: string
  readonly path: string
  readonly element?: number
  readonly value: JsonValue | undefined
}

/**
 * Returns which JSON inputs of the pipeline a step cannot use: better now than when hours of other steps are over. Parts
 * that are selected from them, and the elements that a fan-out is over, are looked at, too. A step whose failure another
 * one deals with is left to fail.
 */
export function unusableInputs(
  graph: Pick<Graph, 'inputs' | 'steps' | 'eaches'>,
  steps: readonly Step[],
  inputs: ReadonlyMap<string, ResolvedInput>,
): readonly Problem[] {
  if (!Object.values(graph.inputs).some(({ kind }) => kind === 'json')) return []
  const known = new KnownValues(graph, inputs)
  const settled = settledSteps(graph)
  const certain = steps.filter(({ id, condition }) => condition === undefined && !settled.has(id))
  return certain.flatMap((step) => problemsOf(step, known))
}

function problemsOf(step: Step, known: KnownValues): readonly Problem[] {
  return Object.entries(step.bindings).flatMap(([name, binding]) => {
    const declared = step.stage.inputs[name]
    const declaration = declared === undefined ? undefined : normalInput(declared)
    if (declaration?.kind !== 'json' || declaration.schema === undefined) return []
    const values = binding.arity === 'one' ? known.of(binding.source) : binding.sources.flatMap((one) => known.of(one))
    for (const one of values) {
      const problem = problemOf(one, declaration)
      if (problem === undefined) continue
      const where = one.element === undefined ? one.path : `element ${one.element} of ${one.path}`
      const message = `${where} is not what the step '${step.id}' takes as '${name}': ${problem}`
      return [{ where: `input ${one.input}`, message }]
    }
    return []
  })
}

function problemOf({ value }: Known, declaration: Declaration): string | undefined {
  const checked = checkedBy(declaration, value)
  return checked.ok ? undefined : checked.error
}

/** Finds the values that are known before anything runs, and reads each file once. */
class KnownValues {
  readonly #graph: Pick<Graph, 'eaches'>
  readonly #inputs: ReadonlyMap<string, ResolvedInput>
  readonly #read = new Map<string, readonly Known[]>()

  constructor(graph: Pick<Graph, 'eaches'>, inputs: ReadonlyMap<string, ResolvedInput>) {
    this.#graph = graph
    this.#inputs = inputs
  }

  /** Returns the values that a source will have; none where steps decide. */
  of(source: GatheredSource): readonly Known[] {
    switch (source.from) {
      case 'input':
        return this.#input(source.input)
      case 'select':
        return this.of(source.of).flatMap((one) => selected(one, source.choose))
      case 'item':
        return source.part === 'path' ? [] : this.#elements(source.each)
      case 'step':
      case 'constant':
      case 'each':
      case 'pick':
        return []
      default:
        return source satisfies never
    }
  }

  #input(input: string): readonly Known[] {
    const known = this.#read.get(input)
    if (known !== undefined) return known
    const list = artifactsOf(this.#inputs.get(input) ?? { arity: 'absent' })
    const read = list.flatMap((available) => {
      if (available.artifact.kind !== 'json') return []
      return [{ input, path: available.path, value: jsonValueAt(available) }]
    })
    this.#read.set(input, read)
    return read
  }

  #elements(each: string): readonly Known[] {
    const fanOut = this.#graph.eaches[each]
    if (fanOut === undefined || fanOut.files !== undefined) return []
    return this.of(fanOut.over).flatMap(({ value, ...of }) =>
      isList(value) ? value.map((element, index) => ({ ...of, element: index, value: element })) : [],
    )
  }
}

/** What a function makes of a value that it does not expect is said where its step runs. */
function selected(one: Known, choose: (value: JsonValue) => unknown): readonly Known[] {
  if (one.value === undefined) return []
  try {
    const value = choose(one.value)
    return isJson(value) ? [{ ...one, value }] : []
  } catch {
    return []
  }
}
