import type { Fan, Program, Single } from './program.ts'
import { actionOf, failsIn, type Given, judged, spread, type Tree, type Verdict, type Work, written } from './work.ts'

/** What the steps find: all that may change between two runs besides the program. */
export interface World {
  readonly source: string
  readonly versions: Readonly<Record<Work, number>>
  /** The class of inputs for which stages fail, if any. */
  readonly failing: number | undefined
}

/** What becomes of a step in a run that is not disturbed, and that does not stop at a failure. */
export type Cell =
  | { readonly kind: 'done'; readonly action: string; readonly made: Made }
  | { readonly kind: 'failed'; readonly action: string }
  | { readonly kind: 'skipped'; readonly because: 'condition' | 'upstream' }

/** What an undisturbed run comes to: every step's cell, by id, and the pipeline's outputs, by name. */
export interface Evaluation {
  readonly cells: ReadonlyMap<string, Cell>
  /** Contents; those of a fan-out as a list. What a failure prevents, or a condition, is left out. */
  readonly outputs: Readonly<Record<string, unknown>>
}

export interface Made extends Partial<Verdict> {
  readonly text?: string
  readonly tree?: Tree
}

/** Thrown where something is needed that a failure prevented. */
class Prevented extends Error {}

/**
 * Returns what becomes of every step and what it makes, with neither a cache nor concurrency.
 * A step whose action is in `recorded` is served even where it would fail now.
 */
export function evaluate(program: Program, world: World, recorded: ReadonlySet<string>): Evaluation {
  const cells = new Map<string, Cell>()
  const fans = new Map<string, readonly string[] | undefined>()
  /** Ids of the steps of the fan-out inside another's item, by fan-out and item. */
  const inner = new Map<string, readonly string[]>()
  const made = (ids: readonly string[]): readonly Made[] =>
    ids.flatMap((id) => {
      const cell = cells.get(id)
      if (cell?.kind === 'done') return [cell.made]
      if (cell?.kind === 'skipped' && cell.because === 'condition') return []
      throw new Prevented()
    })
  const gathered = (fan: string, suffix: string): readonly Made[] => {
    const items = fans.get(fan)
    if (items === undefined) throw new Prevented()
    return made(items.map((item) => `${fan}${suffix}/${item}`))
  }
  const place = (id: string, when: Single['when'], given: () => Given) => {
    try {
      const taken = when === undefined || made([when.step])[0]?.flag === when.wanted
      cells.set(id, taken ? cellOf(given(), world, recorded) : { kind: 'skipped', because: 'condition' })
    } catch (error) {
      if (!(error instanceof Prevented)) throw error
      cells.set(id, { kind: 'skipped', because: 'upstream' })
    }
  }
  const judgedFans = new Set(program.flatMap((placed) => (placed.kind === 'fan' && placed.judged ? [placed.name] : [])))
  const base = ({ salt, source }: Single | Fan, work: Work) => ({
    work,
    version: world.versions[work],
    salt,
    ...(source ? { source: world.source } : {}),
  })
  const texts = (ids: readonly string[]) => made(ids).map(({ text = '' }) => text)
  const itemOf = ({ item }: Single): Pick<Given, 'item'> => {
    if (item === undefined) return {}
    if ('constant' in item) return { item: item.constant }
    const [judge] = made([item.lengthOf])
    return judge?.list === undefined ? {} : { item: judge.list.length }
  }
  const placeSingle = (single: Single) =>
    place(single.name, single.when, () => {
      const { fan } = single
      const values = () => [
        ...made(single.flags).map(({ flag }) => flag),
        ...made(single.lists).map(({ list }) => list),
      ]
      const ofFan = fan !== undefined && judgedFans.has(fan) ? fan : undefined
      return {
        ...base(single, single.work),
        ...itemOf(single),
        list: single.list,
        texts: fan === undefined ? texts(single.texts) : gathered(fan, '').map(({ text = '' }) => text),
        folders: made(single.folders).map(({ tree = {} }) => tree),
        values: ofFan === undefined ? values() : gathered(ofFan, 'j').map(({ flag }) => flag),
      }
    })
  const placeInner = (fan: Fan, outer: string, own: Pick<Given, 'list' | 'item'>) => {
    const shared = { ...base(fan, 'write'), folders: [], values: [] }
    const ids: string[] = []
    let isPrevented = false
    try {
      const judged = fan.inner === 'judged' ? (made([`${fan.name}j/${outer}`])[0]?.list ?? []) : undefined
      const known = fan.inner === undefined || fan.inner === 'judged' ? [] : fan.inner.items
      for (const item of judged ?? known) {
        ids.push(`${fan.name}n/${outer}/${item}`)
        const given = judged === undefined ? { ...own, list: [item] } : { ...own, item }
        place(ids.at(-1) ?? '', undefined, () => ({ ...shared, ...given, texts: texts([`${fan.name}/${outer}`]) }))
      }
    } catch (error) {
      if (!(error instanceof Prevented)) throw error
      isPrevented = true
      cells.set(`${fan.name}n/${outer}/*`, { kind: 'skipped', because: 'upstream' })
    }
    inner.set(`${fan.name}/${outer}`, ids)
    place(`${fan.name}g/${outer}`, undefined, () => {
      if (isPrevented) throw new Prevented()
      return { ...shared, ...own, texts: texts(ids) }
    })
  }
  const placeFan = (fan: Fan, list: readonly Item[]) => {
    fans.set(
      fan.name,
      list.map(({ id }) => id),
    )
    for (const { id: item, own, files } of list) {
      const judge = `${fan.name}j/${item}`
      const alone = { ...own, texts: files, folders: [], values: [] }
      if (fan.judged) place(judge, undefined, () => ({ ...base(fan, 'judge'), ...alone }))
      place(`${fan.name}/${item}`, fan.guarded ? { step: judge, wanted: true } : undefined, () => ({
        ...base(fan, 'write'),
        ...alone,
        texts: [...files, ...texts(fan.texts)],
        values: fan.judged ? made([judge]).map(({ flag }) => flag) : [],
      }))
      if (fan.inner !== undefined) placeInner(fan, item, own)
    }
  }
  for (const placed of program) {
    if (placed.kind === 'single') placeSingle(placed)
    else {
      try {
        placeFan(placed, itemsOf(placed, made))
      } catch (error) {
        if (!(error instanceof Prevented)) throw error
        fans.set(placed.name, undefined)
        for (const id of openIdsOf(placed)) cells.set(id, { kind: 'skipped', because: 'upstream' })
      }
    }
  }
  return { cells, outputs: outputsOf(program, cells, fans, inner) }
}

/** An item of a fan-out: its part of ids, and what its steps are given of it. */
interface Item {
  readonly id: string
  readonly own: Pick<Given, 'list' | 'item'>
  readonly files: readonly string[]
}

function itemsOf(fan: Fan, made: (ids: readonly string[]) => readonly Made[]): readonly Item[] {
  if (fan.files !== undefined) {
    const paths = Object.entries(made([fan.files])[0]?.tree ?? {}).sort(([a], [b]) => (a < b ? -1 : 1))
    return paths.map(([path, text]) => ({
      id: path.replace('/', '%2F'),
      own: { list: [], ...(fan.paths ? { item: path } : {}) },
      files: [text],
    }))
  }
  if (fan.over === undefined) return fan.items.map((item) => ({ id: item, own: { list: [item] }, files: [] }))
  const list = made([fan.over])[0]?.list ?? []
  return list.map((item) => ({ id: item, own: { list: [], item }, files: [] }))
}

/** Returns the ids of a fan-out's steps whose items are not known. */
function openIdsOf({ name, judged, inner }: Fan): readonly string[] {
  const ofInner = inner === undefined ? [] : inner === 'judged' ? ['*'] : inner.items
  return [
    ...(judged ? [`${name}j/*`] : []),
    `${name}/*`,
    ...ofInner.map((item) => `${name}n/*/${item}`),
    ...(inner === undefined ? [] : [`${name}g/*`]),
  ]
}

function outputsOf(
  program: Program,
  cells: ReadonlyMap<string, Cell>,
  fans: ReadonlyMap<string, readonly string[] | undefined>,
  inner: ReadonlyMap<string, readonly string[]>,
): Record<string, unknown> {
  const outputs: Record<string, unknown> = {}
  const madeBy = (id: string): Made => {
    const cell = cells.get(id)
    return cell?.kind === 'done' ? cell.made : {}
  }
  for (const { kind, name } of program) {
    if (kind === 'single') {
      for (const [output, content] of Object.entries(madeBy(name))) outputs[`${name}.${output}`] = content
    } else {
      const items = fans.get(name) ?? []
      const textsOf = (ids: readonly string[]) => ids.flatMap((id) => madeBy(id).text ?? [])
      outputs[`${name}.text`] = textsOf(items.map((item) => `${name}/${item}`))
      outputs[`${name}.flag`] = items.flatMap((item) => madeBy(`${name}j/${item}`).flag ?? [])
      outputs[`${name}.inner`] = textsOf(items.flatMap((item) => inner.get(`${name}/${item}`) ?? []))
      outputs[`${name}.all`] = textsOf(items.map((item) => `${name}g/${item}`))
    }
  }
  return outputs
}

function cellOf(given: Given, world: World, recorded: ReadonlySet<string>): Cell {
  const action = actionOf(given)
  if (!recorded.has(action) && failsIn(world.failing, given)) return { kind: 'failed', action }
  const made: Record<Work, () => Made> = {
    write: () => ({ text: written(given) }),
    spread: () => ({ tree: spread(given) }),
    judge: () => judged(given),
  }
  return { kind: 'done', action, made: made[given.work]() }
}
