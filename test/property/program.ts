import fc from 'fast-check'
import type { Work } from './work.ts'

/** A step outside fan-outs. Everything that it is wired to is named, and was placed before it. */
export interface Single {
  readonly kind: 'single'
  readonly name: string
  readonly work: Work
  readonly salt: number
  readonly list: readonly string[]
  readonly source: boolean
  readonly texts: readonly string[]
  /** A fan-out whose texts, and whose flags where it has some, are gathered instead. */
  readonly fan?: string
  readonly folders: readonly string[]
  readonly flags: readonly string[]
  readonly lists: readonly string[]
  readonly when?: { readonly step: string; readonly wanted: boolean }
  /** One more input: a constant, or the length of the list of a `judge`, which is selected from it. */
  readonly item?: { readonly constant: number } | { readonly lengthOf: string }
}

/** A fan-out of a `write`, which a `judge` of the same item may precede. */
export interface Fan {
  readonly kind: 'fan'
  readonly name: string
  readonly salt: number
  readonly source: boolean
  readonly texts: readonly string[]
  /** The items, unless a step computes them. */
  readonly items: readonly string[]
  readonly over?: string
  /** It is over the files of the tree of this `spread`; each is given to the steps of its item. */
  readonly files?: string
  /** The path of the file is, too. */
  readonly paths?: boolean
  readonly judged: boolean
  /** The `write` is taken only where the `judge` says so. */
  readonly guarded: boolean
  /** A fan-out inside it of a `write` after that of the item, over these items or over the list of the `judge`; what it makes is gathered by one more. */
  readonly inner?: { readonly items: readonly string[] } | 'judged'
}

export type Program = readonly (Single | Fan)[]

/** A step as it is drawn: what it is wired to are numbers, which stand for whatever there is when it is placed. */
export interface Drawn {
  readonly work: Work | 'fan'
  readonly salt: number
  readonly list: readonly string[]
  readonly source: boolean
  readonly wires: readonly number[]
  readonly condition: number
  readonly computed: boolean
  readonly judged: boolean
  readonly guarded: boolean
  readonly inner: 'none' | 'known' | 'computed'
  /** Repeats an earlier step under another name, so that one graph holds an action twice. */
  readonly again: boolean
  /** Older cases have neither. */
  readonly files?: boolean
  readonly item?: 'none' | 'constant' | 'selected'
}

export const items = ['a', 'b', 'c', 'x y', 'é', 'd1', 'd2'] as const
export const salts = fc.integer({ min: 0, max: 5 })
export const itemLists = fc.uniqueArray(fc.constantFrom(...items), { maxLength: 4 })

const drawn: fc.Arbitrary<Drawn> = fc.record({
  work: fc.constantFrom('write', 'write', 'spread', 'judge', 'judge', 'fan'),
  salt: salts,
  list: itemLists,
  source: fc.boolean(),
  wires: fc.array(fc.nat({ max: 30 }), { maxLength: 4 }),
  condition: fc.nat({ max: 12 }),
  computed: fc.boolean(),
  judged: fc.boolean(),
  guarded: fc.boolean(),
  inner: fc.constantFrom('none', 'known', 'computed'),
  again: fc.integer({ min: 0, max: 4 }).map((number) => number === 0),
  files: fc.boolean(),
  item: fc.constantFrom('none', 'constant', 'selected'),
})

/** Draws up to 15 steps. */
export const drawnSteps = fc.array(drawn, { minLength: 1, maxLength: 15, size: 'max' })

function pick(names: readonly string[], number: number): readonly string[] {
  const name = names[number % Math.max(1, names.length)]
  return name === undefined ? [] : [name]
}

/** Returns the program that was drawn, every step wired to steps before it. */
export function programOf(steps: readonly Drawn[]): Program {
  const program: (Single | Fan)[] = []
  for (const [index, step] of steps.entries()) {
    const name = `s${String(index).padStart(2, '0')}`
    const earlier = step.again ? program[(step.wires[0] ?? 0) % Math.max(1, program.length)] : undefined
    if (earlier?.kind === 'single') program.push({ ...earlier, name })
    else program.push(step.work === 'fan' ? fanOf(name, step, program) : singleOf(name, step.work, step, program))
  }
  return program
}

function namesOf(program: Program, work: Work | 'fan'): readonly string[] {
  return program.flatMap((placed) => ((placed.kind === 'fan' ? 'fan' : placed.work) === work ? [placed.name] : []))
}

function singleOf(name: string, work: Work, step: Drawn, program: Program): Single {
  const wired = (kind: Work, at: number) =>
    step.wires.flatMap((wire) => (wire % 4 === at ? pick(namesOf(program, kind), wire) : []))
  const [flag] = step.condition < 6 ? pick(namesOf(program, 'judge'), step.condition) : []
  const [fan] = step.computed ? pick(namesOf(program, 'fan'), step.wires[0] ?? 0) : []
  const [list] = step.item === 'selected' ? pick(namesOf(program, 'judge'), step.wires[1] ?? 0) : []
  return {
    kind: 'single',
    name,
    work,
    salt: step.salt,
    list: work === 'judge' ? step.list : [],
    source: step.source,
    texts: wired('write', 0),
    ...(fan === undefined ? {} : { fan }),
    folders: wired('spread', 1),
    flags: wired('judge', 2),
    lists: wired('judge', 3),
    ...(step.item === 'constant' ? { item: { constant: step.salt } } : {}),
    ...(list === undefined ? {} : { item: { lengthOf: list } }),
    ...(flag === undefined ? {} : { when: { step: flag, wanted: step.condition % 2 === 0 } }),
  }
}

function fanOf(name: string, step: Drawn, program: Program): Fan {
  const [over] = step.computed ? pick(namesOf(program, 'judge'), step.wires[0] ?? 0) : []
  const [files] = step.files === true ? pick(namesOf(program, 'spread'), step.wires[0] ?? 0) : []
  return {
    kind: 'fan',
    name,
    salt: step.salt,
    source: step.source,
    texts: step.wires.slice(1, 2).flatMap((wire) => pick(namesOf(program, 'write'), wire)),
    items: step.list,
    ...(over === undefined || files !== undefined ? {} : { over }),
    ...(files === undefined ? {} : { files, paths: step.salt % 2 === 0 }),
    judged: step.judged,
    guarded: step.judged && step.guarded,
    ...(step.inner === 'known' ? { inner: { items: step.list.slice(0, 2) } } : {}),
    ...(step.inner === 'computed' && step.judged ? { inner: 'judged' as const } : {}),
  }
}
