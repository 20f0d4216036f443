import type { JsonValue } from '../../../../store/index.ts'
import { unknownName } from '../../../core/index.ts'
import type { ResolvedItem } from '../../execute/inputs.ts'
import { Unusable } from './step-end.ts'

/** A place in a fan-out, of which only the name of its item matters here. */
interface Labelled {
  readonly item: { readonly label: string }
}

/** The items of fan-outs that a list names. Names of items inside items are joined by slashes, as are paths. */
export class PickedItems {
  readonly #names: ReadonlyMap<string, number>
  /** The names, and those of the items around them. */
  readonly #paths: ReadonlySet<string>
  readonly #found = new Set<string>()
  /** Indices of places by the names of their items: going through all places for each item would take their square. */
  static readonly #indices = new WeakMap<readonly Labelled[], ReadonlyMap<string, readonly number[]>>()

  /** Throws where the value is not a list of texts. */
  constructor(names: JsonValue) {
    if (!isTexts(names)) {
      const message = "the names that 'pick' is given are not a list of texts"
      throw new Unusable((step) => ({ kind: 'stage-failed', step, message }))
    }
    this.#names = new Map(names.map((name, index) => [name, index]))
    this.#paths = new Set(names.flatMap(pathsTo))
  }

  /** Whether an item is picked. */
  has(name: string): boolean {
    const isPicked = this.#names.has(name)
    if (isPicked) this.#found.add(name)
    return isPicked
  }

  /** Returns those of some places that are picked, or that hold what is. `within` has the names of the items around. */
  among<Place extends Labelled>(places: readonly Place[], within: readonly string[]): readonly Place[] {
    const indices = PickedItems.#indices.get(places) ?? indicesOf(places)
    PickedItems.#indices.set(places, indices)
    const before = within.map((name) => `${name}/`).join('')
    const labels = [...this.#paths].flatMap((path) => (path.startsWith(before) ? [path.slice(before.length)] : []))
    return labels.flatMap((label) => indices.get(label) ?? []).flatMap((index) => places[index] ?? [])
  }

  /** Returns items in the order of the names; throws where one is not there. */
  inOrder(items: readonly ResolvedItem[]): readonly ResolvedItem[] {
    for (const name of this.#names.keys()) {
      if (this.#found.has(name)) continue
      const message = `'pick' is given a name that is not there: ${unknownName('item', name, [...this.#found])}`
      throw new Unusable((step) => ({ kind: 'stage-failed', step, message }))
    }
    const turn = ({ item }: ResolvedItem) => this.#names.get(item) ?? 0
    return items.toSorted((one, other) => turn(one) - turn(other))
  }
}

function indicesOf(places: readonly Labelled[]): ReadonlyMap<string, readonly number[]> {
  const indices = new Map<string, number[]>()
  for (const [index, { item }] of places.entries()) {
    const same = indices.get(item.label)
    if (same === undefined) indices.set(item.label, [index])
    else same.push(index)
  }
  return indices
}

function isTexts(value: JsonValue): value is string[] {
  return Array.isArray(value) && value.every((name) => typeof name === 'string')
}

function pathsTo(name: string): readonly string[] {
  const parts = name.split('/')
  return parts.map((_, index) => parts.slice(0, index + 1).join('/'))
}
