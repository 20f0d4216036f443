import type { JsonValue } from '../../../store/index.ts'
import type { ArtifactSource, Binding, Failure, GatheredSource, Graph, Outcome, Step } from '../../core/index.ts'
import { withItems } from '../../core/index.ts'
import { type Available, asDeclared, jsonValueAt, type ResolvedInput, type ResolvedInputs } from '../execute/inputs.ts'
import { errorMessage } from '../system/error-message.ts'
import { stageThrew } from '../system/stage-threw.ts'
import { type Item, itemsOf } from './items.ts'
import type { StepEnd } from './step-end.ts'

/** Where in the fan-outs over computed lists a step stands: the item of the innermost, and what is around it. */
export interface Scope {
  readonly each: string
  readonly item: Item
  /** The names of the items, the outermost first. */
  readonly names: readonly string[]
  readonly outer: Scope | undefined
}

/** Thrown where a step cannot be run, because what it needs has not been made. */
export class Unavailable {
  readonly outcome: Outcome

  constructor(outcome: Outcome) {
    this.outcome = outcome
  }
}

/** Thrown where a step cannot be run, because what it needs is there and of no use. */
export class Unusable {
  readonly failureOf: (step: string) => Failure

  constructor(failureOf: (step: string) => Failure) {
    this.failureOf = failureOf
  }
}

/** Work that yields the ends that it needs; nothing waits if all exist. */
export type Waiting<Value> = Generator<Promise<StepEnd>, Value, StepEnd>

/** Returns the value of such work, at once if all ends exist. */
export function whenThere<Value>(waiting: Waiting<Value>): Value | Promise<Value> {
  const first = waiting.next()
  return first.done === true ? first.value : later(waiting, first.value)
}

async function later<Value>(waiting: Waiting<Value>, first: Promise<StepEnd>): Promise<Value> {
  let next = waiting.next(await first)
  while (next.done !== true) next = waiting.next(await next.value)
  return next.value
}

/** Finds what steps are wired to: it waits for the steps that make it. */
export class Wiring {
  readonly #graph: Graph
  readonly #inputs: ReadonlyMap<string, Available>
  readonly #endOf: (step: Step, scope: Scope | undefined) => StepEnd | Promise<StepEnd>
  readonly #steps: ReadonlyMap<string, Step>
  /** The items of fan-outs over computed lists, by fan-out and the items around it. */
  readonly #scopes = new Map<string, readonly Scope[]>()
  /** The positions in the list of these items, by name. */
  readonly #turns = new Map<string, ReadonlyMap<string, number>>()

  constructor(
    graph: Graph,
    inputs: ReadonlyMap<string, Available>,
    endOf: (step: Step, scope: Scope | undefined) => StepEnd | Promise<StepEnd>,
  ) {
    this.#graph = graph
    this.#inputs = inputs
    this.#endOf = endOf
    this.#steps = new Map(graph.steps.map((step) => [step.id, step]))
  }

  /** Returns all inputs of a step, once they are there; undefined where its condition does not hold. */
  *inputsOf(step: Step, scope: Scope | undefined): Waiting<ResolvedInputs | undefined> {
    return (yield* this.#isTaken(step, scope)) ? yield* this.#resolveAll(step, scope) : undefined
  }

  *#isTaken(step: Step, scope: Scope | undefined): Waiting<boolean> {
    const { condition } = step
    if (condition === undefined) return true
    if (condition.kind === 'constant') return condition.holds
    const available = yield* this.#source(condition.source, scope)
    if (available === undefined) return false
    const value = jsonOf(available)
    try {
      return condition.is(value)
    } catch (error) {
      const message = `in its condition: ${errorMessage(error)}`
      throw new Unusable((id) => stageThrew(id, error, message))
    }
  }

  *#resolveAll(step: Step, scope: Scope | undefined): Waiting<ResolvedInputs> {
    const inputs: Record<string, ResolvedInput> = {}
    const { inputs: declared } = step.stage
    for (const name of Object.keys(declared)) {
      const declaration = declared[name]
      if (declaration === undefined) continue
      const binding = step.bindings[name]
      const found: ResolvedInput = binding === undefined ? { arity: 'absent' } : yield* this.resolve(binding, scope)
      const input = asDeclared(declaration, found)
      // What was skipped cannot be required: the types forbid the wiring, and a hand-made graph meets it here.
      if (input === undefined) throw new Unavailable({ kind: 'skipped', because: 'condition' })
      inputs[name] = input
    }
    return inputs
  }

  /** Returns what a binding stands for, once it is there. */
  *resolve(binding: Binding, scope: Scope | undefined): Waiting<ResolvedInput> {
    if (binding.arity === 'one') {
      const available = yield* this.#source(binding.source, scope)
      return available === undefined ? { arity: 'absent' } : { arity: 'one', available }
    }
    const list: Available[] = []
    yield* this.#gather(binding.sources, scope, list)
    return { arity: 'many', list }
  }

  *#gather(sources: readonly GatheredSource[], scope: Scope | undefined, into: Available[]): Waiting<void> {
    for (const source of sources) {
      if (source.from === 'each') {
        const around = scopeOf(this.#graph.eaches[source.each]?.outer, scope)
        for (const inner of yield* this.scopesOf(source.each, around)) yield* this.#gather(source.sources, inner, into)
      } else {
        const available = yield* this.#source(source, scope)
        if (available !== undefined) into.push(available)
      }
    }
  }

  *#source(source: ArtifactSource, scope: Scope | undefined): Waiting<Available | undefined> {
    switch (source.from) {
      case 'input':
        return this.#inputs.get(source.input)
      case 'item':
        return scopeOf(source.each, scope)?.item.available
      case 'step': {
        const step = this.#steps.get(source.step)
        if (step === undefined) throw new TypeError(`the graph has no step '${source.step}'`)
        return yield* this.#outputOf(step, source.output, scopeOf(step.each, scope))
      }
      default:
        return source satisfies never
    }
  }

  *#outputOf(step: Step, output: string, scope: Scope | undefined): Waiting<Available | undefined> {
    const end = this.#endOf(step, scope)
    const { outcome, outputs } = end instanceof Promise ? yield end : end
    switch (outcome.kind) {
      case 'executed':
      case 'cached':
        return outputs[output]
      case 'failed':
        throw new Unavailable({ kind: 'skipped', because: { step: withItems(step.id, scope?.names ?? []) } })
      case 'skipped':
        if (outcome.because === 'condition') return undefined
        throw new Unavailable(outcome)
      case 'cancelled':
        throw new Unavailable(outcome)
      default:
        return outcome satisfies never
    }
  }

  /** Returns the items of a fan-out over a computed list, each with what is around it. */
  *scopesOf(each: string, outer: Scope | undefined): Waiting<readonly Scope[]> {
    const over = this.#graph.eaches[each]?.over
    if (over === undefined) throw new TypeError(`the graph has no fan-out '${each}'`)
    const place = placeOf(each, outer?.names ?? [])
    const list = this.#scopes.has(place) ? undefined : yield* this.#source(over, outer)
    // Another step that waited for the list may have read it meanwhile.
    const scopes = this.#scopes.get(place) ?? (list === undefined ? [] : this.#scopesIn(list, each, outer))
    this.#scopes.set(place, scopes)
    return scopes
  }

  /** Returns an item's position in its list, where that is there. */
  turnOf(each: string, outer: readonly string[], item: string): number | undefined {
    return this.#turns.get(placeOf(each, outer))?.get(item)
  }

  #scopesIn(list: Available, each: string, outer: Scope | undefined): readonly Scope[] {
    const value = jsonOf(list)
    if (!Array.isArray(value)) {
      const message = 'its fan-out is over a JSON value that is not a list'
      throw new Unusable((step) => ({ kind: 'stage-failed', step, message }))
    }
    const items = itemsOf(value)
    this.#turns.set(placeOf(each, outer?.names ?? []), new Map(items.map(({ name }, turn) => [name, turn])))
    return items.map((item) => ({ each, item, names: [...(outer?.names ?? []), item.name], outer }))
  }
}

/** Names a fan-out with the items around it, the outermost first. */
function placeOf(each: string, items: readonly string[]): string {
  return [each, ...items].join('/')
}

/** Returns the item of a fan-out that a place inside it is in. */
function scopeOf(each: string | undefined, innermost: Scope | undefined): Scope | undefined {
  if (each === undefined) return undefined
  let scope = innermost
  while (scope !== undefined && scope.each !== each) scope = scope.outer
  return scope
}

function jsonOf(available: Available): JsonValue {
  const value = jsonValueAt(available)
  if (value === undefined) {
    throw new Unusable((step) => ({ kind: 'input-changed', step, path: available.path }))
  }
  return value
}
