/**
 * Stands in an id for items of a fan-out that are unknown until a step computes their list: `plan/*` in the
 * graph is `plan/verse` and `plan/chorus` in a run.
 */
export const anyItem = '*'

/** Returns the name that a step's id begins with; the items of a fan-out share it. */
export function nameInId(id: string): string {
  const slash = id.indexOf('/')
  return slash === -1 ? id : id.slice(0, slash)
}

/** Returns the items in a step's id, the outermost fan-out's first. */
export function itemsInId(id: string): readonly string[] {
  return id.split('/').slice(1)
}

/** Returns whether an id leaves items open. */
export function hasOpenItems(id: string): boolean {
  return itemsInId(id).includes(anyItem)
}

/** Returns an id with its open items filled in, the outermost first; items that are not given stay open. */
export function withItems(id: string, items: readonly string[]): string {
  let filled = 0
  return id
    .split('/')
    .map((part) => (part === anyItem ? (items[filled++] ?? anyItem) : part))
    .join('/')
}

/** Returns the items of an id that are open in another, which is that of the same step in the graph. */
export function openItemsIn(open: string, id: string): readonly string[] {
  const items = itemsInId(id)
  return itemsInId(open).flatMap((item, depth) => (item === anyItem ? [items[depth] ?? anyItem] : []))
}

/** Returns the ids with more open items that include `id`. */
export function openerIds(id: string): readonly string[] {
  let ids = [nameInId(id)]
  for (const item of itemsInId(id)) {
    ids = ids.flatMap((before) =>
      item === anyItem ? [`${before}/${item}`] : [`${before}/${item}`, `${before}/${anyItem}`],
    )
  }
  return ids.slice(1)
}

/** Returns an item's name as it stands in an id. */
export function itemInId(name: string): string {
  return name.replaceAll('/', '%2F').replaceAll(anyItem, '%2A')
}

/** Returns whether a user's name means a step: its id, or the part of it that the items share. */
export function isMeant(given: string, id: string): boolean {
  return id === given || id.startsWith(`${given}/`)
}

/** Returns whether a name means a step of a graph, in whose ids the items of computed lists are open. */
export function couldMean(given: string, openId: string): boolean {
  if (nameInId(given) !== nameInId(openId)) return false
  const open = itemsInId(openId)
  return itemsInId(given).every((item, depth) => open[depth] === item || open[depth] === anyItem)
}

interface Branch<Value> {
  readonly id: string
  value?: Value
  inner?: Map<string, Branch<Value>>
}

/** Values by the ids of a graph's steps, found by the ids that these steps have in a run. */
export class StepIndex<Value> {
  readonly #root: Branch<Value> = { id: '' }

  /** Adds a value. Returns the id of an earlier step whose ids in a run might be the same. */
  add(id: string, value: Value): string | undefined {
    let branch = this.#root
    for (const part of id.split('/')) {
      if (branch.value !== undefined) return branch.id
      branch.inner ??= new Map()
      const other = part === anyItem ? first(branch.inner) : branch.inner.get(anyItem)
      if (other !== undefined && other.id.split('/').at(-1) !== part) return deepest(other)
      const next = branch.inner.get(part) ?? { id: branch.id === '' ? part : `${branch.id}/${part}` }
      branch.inner.set(part, next)
      branch = next
    }
    if (branch.value !== undefined || branch.inner !== undefined) return deepest(branch)
    branch.value = value
    return undefined
  }

  /** Returns the value of the step that has this id in a run, or that this id is a part of. */
  find(id: string): Value | undefined {
    let branch: Branch<Value> | undefined = this.#root
    for (const part of id.split('/')) {
      branch = branch.inner?.get(part) ?? branch.inner?.get(anyItem)
      if (branch === undefined) return undefined
    }
    return branch.value
  }
}

function first<Value>(map: ReadonlyMap<string, Value> | undefined): Value | undefined {
  return map?.values().next().value
}

function deepest<Value>(branch: Branch<Value>): string {
  let at = branch
  for (let inner = first(at.inner); at.value === undefined && inner !== undefined; inner = first(at.inner)) at = inner
  return at.id
}
