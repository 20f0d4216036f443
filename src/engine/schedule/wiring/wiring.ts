import type { TreeEntry } from '../../../../store/index.ts'
import {
  type Arity,
  type ArtifactSource,
  type Binding,
  type Each,
  type Failure,
  failureMessage,
  type GatheredSource,
  type Graph,
  type Step,
  withItems,
} from '../../../core/index.ts'
import {
  type Available,
  arityOf,
  artifactsOf,
  asDeclared,
  type ResolvedInput,
  type ResolvedInputs,
  type ResolvedItem,
} from '../../execute/inputs.ts'
import { errorMessage } from '../../system/error-message.ts'
import { stageThrew } from '../../system/stage-threw.ts'
import { fileItems, fileLabels, type Item, itemsOf, listedFiles } from './items.ts'
import { absent, JsonSources, jsonOf } from './json-sources.ts'
import { PickedItems } from './picked-items.ts'
import { placeOf, type Scope, scopeOf } from './scope.ts'
import { type StepEnd, Unavailable, Unusable } from './step-end.ts'
import type { Waiting } from './waiting.ts'

/** What wiring needs of a run. */
export interface WiringSite {
  readonly graph: Graph
  readonly inputs: ReadonlyMap<string, ResolvedInput>
  readonly endOf: (step: Step, scope: Scope | undefined) => StepEnd | Promise<StepEnd>
  /** Returns why a step of the run failed. */
  readonly failureOf: (step: string) => Failure | undefined
  /** Returns what a tree holds, or undefined if that is not where it was any more. */
  readonly entriesOf: (tree: Available) => Promise<readonly TreeEntry[] | undefined>
  readonly warn: (message: string) => void
}

/** Finds what steps are wired to: it waits for the steps that make it. */
export class Wiring {
  readonly #site: WiringSite
  readonly #graph: Graph
  readonly #steps: ReadonlyMap<string, Step>
  /** The items of fan-outs over computed lists, by fan-out and the items around it. */
  readonly #scopes = new Map<string, readonly Scope[]>()
  /** The positions in the list of these items, by name. */
  readonly #turns = new Map<string, ReadonlyMap<string, number>>()
  readonly #json = new JsonSources()

  constructor(site: WiringSite) {
    this.#site = site
    this.#graph = site.graph
    this.#steps = new Map(site.graph.steps.map((step) => [step.id, step]))
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
    if (condition.kind === 'present') return true
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
      const found: ResolvedInput =
        binding === undefined ? { arity: 'absent' } : yield* this.resolve(binding, scope, arityOf(declaration))
      const input = asDeclared(declaration, found)
      if (input === undefined) throw absent(name, binding)
      inputs[name] = input
    }
    return inputs
  }

  /** Returns what a binding stands for, once it is there: as an input of that arity takes it, or what of it is there. */
  *resolve(binding: Binding, scope: Scope | undefined, as: Arity | 'what-is-there'): Waiting<ResolvedInput> {
    if (binding.arity === 'one') {
      const available = yield* this.#source(binding.source, scope)
      return available === undefined ? { arity: 'absent' } : { arity: 'one', available }
    }
    const items: ResolvedItem[] = []
    yield* this.#gather(binding.sources, { scope, names: [], as, into: items })
    if (as === 'many') return { arity: 'many', list: artifactsOf({ arity: 'items', items }) }
    return { arity: 'items', items }
  }

  *#gather(sources: readonly GatheredSource[], gathering: Gathering): Waiting<void> {
    const { scope, names, as, into, only } = gathering
    for (const source of sources) {
      const within = source.item === undefined ? names : [...names, source.item]
      try {
        if (source.from === 'pick') yield* this.#pick(source, { ...gathering, names: within })
        else if (source.from === 'each') {
          const around = scopeOf(this.#graph.eaches[source.each]?.outer, scope)
          const scopes = yield* this.scopesOf(source.each, around)
          for (const inner of only === undefined ? scopes : only.among(scopes, within))
            yield* this.#gather(source.sources, { ...gathering, scope: inner, names: [...within, inner.item.label] })
        } else if (source.from === 'input') this.#gatherInput(source.input, { ...gathering, names: within })
        else if (only === undefined || only.has(itemOf(source, within))) {
          const available = yield* this.#source(source, scope)
          if (available !== undefined) into.push({ item: itemOf(source, within), available })
        }
      } catch (error) {
        if (as === 'what-is-there' && (error instanceof Unavailable || error instanceof Unusable)) continue
        const item = itemOf(source, within)
        // Where a list failed, there are no items to tell of.
        const isOfItem = (source.from !== 'each' && source.from !== 'pick') || within.length > 0
        const failure = as === 'settled' && isOfItem ? this.#failureIn(error, item) : undefined
        if (failure === undefined) throw error
        into.push({ item, failure: { kind: failure.kind, message: failureMessage(failure) } })
      }
    }
  }

  /** Gathers the items that a list names, in its order. */
  *#pick(source: PickSource, gathering: Gathering): Waiting<void> {
    const list = yield* this.#source(source.names, gathering.scope)
    if (list === undefined) return
    const picked = new PickedItems(jsonOf(list))
    const items: ResolvedItem[] = []
    yield* this.#gather(source.of, { ...gathering, names: [], into: items, only: picked })
    for (const found of picked.inOrder(items))
      gathering.into.push({ ...found, item: [...gathering.names, found.item].join('/') })
  }

  #gatherInput(name: string, { names, into, only }: Gathering): void {
    const input = this.#site.inputs.get(name) ?? { arity: 'absent' }
    const list = artifactsOf(input)
    const labels = names.length === 0 ? (input.arity === 'many' ? fileLabels(list) : [name]) : []
    for (const [index, available] of list.entries()) {
      const item = labels[index] ?? names.join('/')
      if (only === undefined || only.has(item)) into.push({ item, available })
    }
  }

  /** Returns why an item failed, if that is what an error says. */
  #failureIn(error: unknown, item: string): Failure | undefined {
    if (error instanceof Unusable) return error.failureOf(item)
    if (!(error instanceof Unavailable) || error.outcome.kind !== 'skipped') return undefined
    const { because } = error.outcome
    return because !== 'condition' && 'step' in because ? this.#site.failureOf(because.step) : undefined
  }

  *#source(source: ArtifactSource, scope: Scope | undefined): Waiting<Available | undefined> {
    switch (source.from) {
      case 'input': {
        const input = this.#site.inputs.get(source.input)
        return input?.arity === 'one' ? input.available : undefined
      }
      case 'item': {
        const item = scopeOf(source.each, scope)?.item
        return source.part === 'path' ? item?.path : item?.available
      }
      case 'step': {
        const step = this.#steps.get(source.step)
        if (step !== undefined) return yield* this.#outputOf(step, source.output, scopeOf(step.each, scope))
        throw new TypeError(`the graph has no step '${source.step}'`)
      }
      case 'constant':
        return this.#json.constant(source)
      case 'select': {
        const whole = yield* this.#source(source.of, scope)
        return whole === undefined ? undefined : this.#json.select(source, whole)
      }
      default:
        return source satisfies never
    }
  }

  *#outputOf(step: Step, output: string, scope: Scope | undefined): Waiting<Available | undefined> {
    let end = this.#site.endOf(step, scope)
    while (end instanceof Promise) {
      yield end
      end = this.#site.endOf(step, scope)
    }
    const { outcome, outputs } = end
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

  /** Returns the items of a fan-out over a computed list or over files, each with what is around it. */
  *scopesOf(id: string, outer: Scope | undefined): Waiting<readonly Scope[]> {
    const each = this.#graph.eaches[id]
    if (each === undefined) throw new TypeError(`the graph has no fan-out '${id}'`)
    const place = placeOf(id, outer?.names ?? [])
    const known = this.#scopes.get(place)
    if (known !== undefined) return known
    const items = each.files === undefined ? yield* this.#listed(each, outer) : yield* this.#files(each, outer)
    // Another step that waited for the list may have read it meanwhile.
    const read = this.#scopes.get(place)
    if (read !== undefined) return read
    const warning = items.length === 0 && each.files !== undefined ? noFile(each.over, each.files) : undefined
    if (warning !== undefined) this.#site.warn(warning)
    const scopes = items.map((item) => ({ each: id, item, names: [...(outer?.names ?? []), item.name], outer }))
    this.#scopes.set(place, scopes)
    this.#turns.set(place, new Map(scopes.map(({ item: { name } }, turn) => [name, turn])))
    return scopes
  }

  *#listed({ over }: Each, outer: Scope | undefined): Waiting<readonly Item[]> {
    const list = yield* this.#source(over, outer)
    if (list === undefined) return []
    const value = jsonOf(list)
    if (Array.isArray(value)) return itemsOf(value, list.partOf)
    const message = 'its fan-out is over a JSON value that is not a list'
    throw new Unusable((step) => ({ kind: 'stage-failed', step, message }))
  }

  *#files({ over, files = '**' }: Each, outer: Scope | undefined): Waiting<readonly Item[]> {
    let matches = (_: string) => false
    yield import('picomatch').then(({ default: picomatch }) => {
      matches = picomatch(files)
    })
    const input = over.from === 'input' ? this.#site.inputs.get(over.input) : undefined
    if (input?.arity === 'many') return listedFiles(input.list, matches)
    const tree = yield* this.#source(over, outer)
    if (tree === undefined) return []
    let entries: readonly TreeEntry[] | undefined
    yield this.#site.entriesOf(tree).then((found) => {
      entries = found
    })
    if (entries === undefined) throw new Unusable((step) => ({ kind: 'input-changed', step, path: tree.path }))
    return fileItems(entries, tree.path, matches)
  }

  /** Returns an item's position in its list, where that is there. */
  turnOf(each: string, outer: readonly string[], item: string): number | undefined {
    return this.#turns.get(placeOf(each, outer))?.get(item)
  }
}

/**
 * A pattern that is wrong by a letter would leave out everything, and say nothing. That a step made no file at all is its
 * result, of which nothing is said.
 */
function noFile(over: ArtifactSource, pattern: string): string | undefined {
  let what = 'a folder'
  if (over.from === 'input') what = `the input '${over.input}'`
  if (over.from === 'step') what = `what the step '${over.step}' made`
  // A long list of endings would hide the rest of the sentence.
  const short = pattern.replaceAll(/\{(\w+(?:,\w+){2})[^{}]{40,}\}/gu, '{$1,...}')
  if (pattern !== '**') return `nothing in ${what} matches '${short}', so no step runs for its files`
  return over.from === 'input' ? `${what} holds no file, so no step runs for its files` : undefined
}

/** What is gathered, where, and the names of the items around it. */
interface Gathering {
  readonly scope: Scope | undefined
  readonly names: readonly string[]
  readonly as: Arity | 'what-is-there'
  readonly into: ResolvedItem[]
  /** The items that are picked; all where it is left out. */
  readonly only?: PickedItems
}

type PickSource = Extract<GatheredSource, { readonly from: 'pick' }>

/** Names an item: after the items of the fan-outs that it was gathered in, or else what makes it. */
function itemOf(source: GatheredSource, names: readonly string[]): string {
  if (names.length > 0) return names.join('/')
  return source.from === 'step' ? source.step : source.from
}
