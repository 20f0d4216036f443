import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { z } from 'zod'
import {
  type AnyPipeline,
  type ArtifactRef,
  constant,
  definePipeline,
  defineStage,
  file,
  files,
  type GatheredRef,
  json,
  many,
  optional,
  select,
  tree,
} from '../../src/core/index.ts'
import type { World } from './evaluate.ts'
import type { Fan, Program, Single } from './program.ts'
import { actionOf, failsIn, type Given, judged, numberOf, spread, type Tree, type Work, written } from './work.ts'

const inputs = {
  source: optional(file()),
  item: optional(json()),
  texts: many(file()),
  folders: many(tree()),
  values: many(json()),
}
const params = z.object({ salt: z.number(), list: z.array(z.string()) })
const verdictOutputs = { flag: json(z.boolean()), list: json(z.array(z.string())) }
const noParams = z.object({})

interface Seen {
  readonly source: string | undefined
  readonly item: unknown
  readonly texts: readonly string[]
  readonly folders: readonly string[]
  readonly values: readonly unknown[]
}

/** Returns a tree as it lies on disk. */
export function readTree(root: string): Tree {
  const entries = readdirSync(root, { withFileTypes: true, recursive: true }).filter((entry) => !entry.isDirectory())
  const paths = entries.map((entry) => join(entry.parentPath, entry.name))
  return Object.fromEntries(paths.map((path) => [path.slice(root.length + 1), readFileSync(path, 'utf8')]))
}

function givenTo(work: Work, version: number, own: z.infer<typeof params>, seen: Seen): Given {
  return {
    work,
    version,
    ...own,
    ...(seen.source === undefined ? {} : { source: readFileSync(seen.source, 'utf8') }),
    ...(seen.item === undefined ? {} : { item: seen.item }),
    texts: seen.texts.map((path) => readFileSync(path, 'utf8')),
    folders: seen.folders.map(readTree),
    values: seen.values,
  }
}

/** Lets other work go first, for a few turns of the event loop. */
async function turns(count: number): Promise<void> {
  for (let turn = 0; turn < count; turn++) await new Promise((resolve) => setImmediate(resolve))
}

/** Returns the three stages as they are in a world; `shuffle` decides which of several running steps ends first. */
function stagesIn({ versions, failing }: World, shuffle: number) {
  /** Fails in one of the ways in which a stage may; `quietly` it only leaves its output away. */
  const attempt = async (given: Given, fail: (message: string) => never): Promise<'made' | 'quietly'> => {
    const number = numberOf(`${shuffle} ${actionOf(given)}`)
    await turns(number % 4)
    if (!failsIn(failing, given)) return 'made'
    if (number % 3 === 0) fail('the world is against it')
    if (number % 3 === 1) throw new TypeError('a mistake in the stage')
    return 'quietly'
  }
  const write = defineStage({
    name: 'write',
    version: versions.write,
    inputs,
    params,
    outputs: { text: 'text.txt' },
    async run({ inputs: seen, params: own, outputs, fail }) {
      const given = givenTo('write', versions.write, own, seen)
      writeFileSync(outputs.text, 'half')
      if ((await attempt(given, fail)) === 'quietly') writeFileSync(outputs.text, '')
      else writeFileSync(outputs.text, written(given))
    },
  })
  const scatter = defineStage({
    name: 'spread',
    version: versions.spread,
    inputs,
    params,
    outputs: { tree: 'tree/' },
    async run({ inputs: seen, params: own, outputs, fail }) {
      const given = givenTo('spread', versions.spread, own, seen)
      if ((await attempt(given, fail)) === 'quietly') throw new Error('no quiet way for a tree')
      for (const [path, text] of Object.entries(spread(given))) {
        mkdirSync(dirname(join(outputs.tree, path)), { recursive: true })
        writeFileSync(join(outputs.tree, path), text)
      }
    },
  })
  const judge = defineStage({
    name: 'judge',
    version: versions.judge,
    inputs,
    params,
    outputs: verdictOutputs,
    async run({ inputs: seen, params: own, fail }) {
      const given = givenTo('judge', versions.judge, own, seen)
      const { flag, list } = judged(given)
      if ((await attempt(given, fail)) === 'quietly') throw new Error('no quiet way for values')
      return { flag, list: [...list] }
    },
  })
  return { write, spread: scatter, judge }
}

/** Returns the pipeline of a program. Its outputs are all that its steps make, as `s03.text`. */
export function pipelineOf(program: Program, world: World, shuffle: number): AnyPipeline {
  const stages = stagesIn(world, shuffle)
  return definePipeline({
    name: 'random',
    inputs: { source: 'file' },
    params: noParams,
    build({ step, each, inputs: { source } }) {
      const texts = new Map<string, ArtifactRef<'file', string>>()
      const folders = new Map<string, ArtifactRef<'tree', string>>()
      const flags = new Map<string, ArtifactRef<'json', boolean>>()
      const lists = new Map<string, ArtifactRef<'json', readonly string[]>>()
      const fanTexts = new Map<string, GatheredRef<'file', string>>()
      const fanFlags = new Map<string, GatheredRef<'json', boolean>>()
      const fanInner = new Map<string, { readonly inner: GatheredRef; readonly all: GatheredRef }>()

      const itemOf = ({ item }: Pick<Single, 'item'>): ArtifactRef<'json', number> | undefined => {
        if (item === undefined) return undefined
        if ('constant' in item) return constant(item.constant)
        const list = lists.get(item.lengthOf)
        return list === undefined ? undefined : select(list, ({ length }) => length)
      }

      const placeSingle = ({ name, fan, ...single }: Single) => {
        const bindings = {
          ...(single.source ? { source } : {}),
          item: itemOf(single),
          texts: (fan === undefined ? undefined : fanTexts.get(fan)) ?? all(texts, single.texts),
          folders: all(folders, single.folders),
          values: (fan === undefined ? undefined : fanFlags.get(fan)) ?? [
            ...all(flags, single.flags),
            ...all(lists, single.lists),
          ],
        }
        const flag = single.when === undefined ? undefined : flags.get(single.when.step)
        const wanted = single.when?.wanted
        const when = flag === undefined ? true : wanted ? flag : { of: flag, is: (value: boolean) => value === wanted }
        const options = { id: name, params: { salt: single.salt, list: [...single.list] }, when }
        if (single.work === 'write') texts.set(name, step(stages.write, bindings, options).text)
        else if (single.work === 'spread') folders.set(name, step(stages.spread, bindings, options).tree)
        else {
          const verdict = step(stages.judge, bindings, options)
          flags.set(name, verdict.flag)
          lists.set(name, verdict.list)
        }
      }

      const innerOf = (
        { name, inner, salt, ...fan }: Fan,
        list: string[],
        item: { item?: ArtifactRef<'json', string> },
        { text, judged }: { text: ArtifactRef<'file', string>; judged?: ArtifactRef<'json', readonly string[]> },
      ) => {
        const shared = { ...item, ...(fan.source ? { source } : {}), folders: [], values: [] }
        const one = (own: object, ownList: string[]) =>
          step(stages.write, { ...shared, ...own, texts: [text] }, { id: `${name}n`, params: { salt, list: ownList } })
        const made =
          inner === 'judged' && judged !== undefined
            ? each(judged, (item) => one({ item }, list))
            : each(inner === 'judged' ? [] : (inner?.items ?? []), (item) => one({}, [item]))
        const { text: all } = step(
          stages.write,
          { ...shared, texts: made.text ?? none('file') },
          { id: `${name}g`, params: { salt, list } },
        )
        return { inner: made.text ?? none('file'), all }
      }
      const body = (
        fan: Fan,
        list: string[],
        item: { item?: ArtifactRef<'json', string> },
        own: ArtifactRef<'file', string>[] = [],
      ) => {
        const options = { params: { salt: fan.salt, list } }
        const shared = { ...item, ...(fan.source ? { source } : {}), folders: [] }
        const judge = () =>
          step(stages.judge, { ...shared, texts: own, values: [] }, { id: `${fan.name}j`, ...options })
        const verdict = fan.judged ? judge() : undefined
        const flag = verdict?.flag
        const { text } = step(
          stages.write,
          { ...shared, texts: [...own, ...all(texts, fan.texts)], values: flag === undefined ? [] : [flag] },
          { id: fan.name, ...options, when: fan.guarded && flag !== undefined ? flag : true },
        )
        const judged = verdict === undefined ? {} : { judged: verdict.list }
        const inner =
          fan.inner === undefined
            ? { inner: none('file'), all: none('file') }
            : innerOf(fan, list, item, { text, ...judged })
        return { text, flag: flag ?? none('json'), ...inner }
      }
      const placeFan = (fan: Fan) => {
        const over = fan.over === undefined ? undefined : lists.get(fan.over)
        const folder = fan.files === undefined ? undefined : folders.get(fan.files)
        const made =
          folder !== undefined
            ? each(files(folder, '**/*.txt'), ({ file, path }) =>
                body(fan, [], fan.paths ? { item: path } : {}, [file]),
              )
            : over === undefined
              ? each(fan.items, (item) => body(fan, [item], {}))
              : each(over, (item) => body(fan, [], { item }))
        fanTexts.set(fan.name, made.text ?? none('file'))
        if (fan.judged) fanFlags.set(fan.name, made.flag ?? none('json'))
        if (fan.inner !== undefined) {
          fanInner.set(fan.name, { inner: made.inner ?? none('file'), all: made.all ?? none('file') })
        }
      }

      for (const placed of program) {
        if (placed.kind === 'single') placeSingle(placed)
        else placeFan(placed)
      }
      return Object.fromEntries([
        ...[...texts].map(([name, ref]) => [`${name}.text`, ref] as const),
        ...[...fanTexts].map(([name, ref]) => [`${name}.text`, ref] as const),
        ...[...folders].map(([name, ref]) => [`${name}.tree`, ref] as const),
        ...[...flags].map(([name, ref]) => [`${name}.flag`, ref] as const),
        ...[...fanFlags].map(([name, ref]) => [`${name}.flag`, ref] as const),
        ...[...lists].map(([name, ref]) => [`${name}.list`, ref] as const),
        ...[...fanInner].flatMap(([name, { inner, all }]) => [
          [`${name}.inner`, inner] as const,
          [`${name}.all`, all] as const,
        ]),
      ])
    },
  })
}

/** Returns what a fan-out over no items gathers. */
function none<Kind extends 'file' | 'json'>(kind: Kind): GatheredRef<Kind, never> {
  return { ref: 'gathered', kind, sources: [] }
}

function all<Ref>(refs: ReadonlyMap<string, Ref>, names: readonly string[]): Ref[] {
  return names.flatMap((name) => refs.get(name) ?? [])
}
