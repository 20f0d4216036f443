import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { open as openLmdb } from 'lmdb'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { definePipeline, defineStage, file, json, many, select } from '../../../src/core/index.ts'
import { SystemError } from '../../../store/disk/io-failure.ts'
import { type TraceFacts, traceDerived } from '../../../store/forget/forget-trace.ts'
import { renewIndexFile } from '../../../store/forget/renew-index-file.ts'
import { type DirectoryStore, exportActions, forgetSource, importArchive, verifyStore } from '../../../store/index.ts'
import { tableNames } from '../../../store/lmdb/index-environment.ts'
import type { StoreContext } from '../../../store/local/store-context.ts'
import { observe } from '../../rig/workbench.ts'
import { newDirectory, open, value } from '../fixtures.ts'

/** Cuts a text into a folder of its words, and says whether it is loud, as many texts are. */
const cut = defineStage({
  name: 'cut',
  version: 1,
  inputs: { text: 'file' },
  params: z.object({}),
  outputs: { words: 'words/', loud: json(z.boolean()) },
  run({ inputs, outputs }) {
    const text = readFileSync(inputs.text, 'utf8')
    for (const [index, word] of text.split(' ').entries()) writeFileSync(`${outputs.words}/${index}.txt`, word)
    return { loud: text === text.toUpperCase() }
  },
})
const join2 = defineStage({
  name: 'join',
  version: 1,
  inputs: { words: 'tree', loud: json(z.boolean()) },
  params: z.object({ padTo: z.number().default(0) }),
  outputs: { text: 'text.txt' },
  run({ inputs, params, outputs }) {
    const words = readdirSync(inputs.words).map((name) => readFileSync(join(inputs.words, name), 'utf8'))
    writeFileSync(outputs.text, words.join('-').padEnd(params.padTo, '.'))
  },
})
const gather = defineStage({
  name: 'gather',
  version: 1,
  inputs: { texts: many(file()) },
  params: z.object({}),
  outputs: { all: 'all.txt' },
  run: ({ inputs, outputs }) =>
    writeFileSync(outputs.all, `all: ${inputs.texts.map((path) => readFileSync(path, 'utf8')).join('\n')}`),
})
const pipeline = definePipeline({
  name: 'words',
  inputs: { text: 'file' },
  params: z.object({ padTo: z.number().default(100_000) }),
  build({ step, inputs, params }) {
    const { words, loud } = step(cut, { text: inputs.text })
    const { text } = step(join2, { words, loud }, { params })
    return step(gather, { texts: [text, inputs.text] })
  },
})

/** Cuts a text into a list of lines, each a list of words, and says each word aloud: a fan-out in a fan-out. */
const list = defineStage({
  name: 'list',
  version: 1,
  inputs: { text: 'file' },
  params: z.object({}),
  outputs: { lines: json(z.array(z.array(z.string()))) },
  run: ({ inputs }) => ({
    lines: readFileSync(inputs.text, 'utf8')
      .split('\n')
      .map((line) => line.split(' ')),
  }),
})
const say = defineStage({
  name: 'say',
  version: 1,
  inputs: { word: json(z.string()) },
  params: z.object({}),
  outputs: { said: 'said.txt' },
  run: ({ inputs, outputs }) => writeFileSync(outputs.said, `${inputs.word}!`),
})
const spoken = definePipeline({
  name: 'spoken',
  inputs: { text: 'file' },
  params: z.object({}),
  build({ step, each, inputs }) {
    const { lines } = step(list, { text: inputs.text })
    const { said } = each(lines, (line) => each(line, (word) => step(say, { word })))
    return step(gather, { texts: said })
  },
})

async function bench() {
  const dir = newDirectory()
  const path = (...names: readonly string[]): string => join(dir, ...names)
  const store = await open({ dir: path('store') })
  const run = (name: string, text: string, use: DirectoryStore = store) => {
    writeFileSync(path(`${name}.txt`), text)
    const inputs = { text: path(`${name}.txt`) }
    return observe({ pipeline, inputs, jobDir: path(name), store: use, device: 'cpu' })
  }
  return { dir, path, store, run }
}

/** Returns every place of a closed store, its index or its files, where some text can be read. */
function placesOf(storeDir: string, text: string): readonly string[] {
  const found: string[] = []
  const root = openLmdb({ path: join(storeDir, 'index'), readOnly: true, encoding: 'binary', maxDbs: 30 })
  for (const name of tableNames) {
    const table = root.openDB<Uint8Array, Uint8Array>(name, { encoding: 'binary', keyEncoding: 'binary' })
    for (const record of table.getRange()) {
      if (Buffer.from(record.value).includes(text) || Buffer.from(record.key).includes(text)) found.push(name)
    }
  }
  void root.close()
  for (const entry of readdirSync(storeDir, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name)
    // Also where LMDB leaves what it does not need any more.
    if (entry.isFile() && readFileSync(path).includes(text)) found.push(path)
  }
  return found
}

describe('forgetting a source', () => {
  it('leaves nothing of it in the store, and everything of the others', async () => {
    const { path, store, run } = await bench()
    await run('one', 'SECRET PART')
    await run('two', 'OTHER PART')
    mkdirSync(path('store/quarantine'), { recursive: true })
    await store.flush()
    const report = value(await forgetSource(store, { path: path('one.txt') }))
    expect(report.actions.map(({ step, files }) => [step, files])).toEqual(
      expect.arrayContaining([
        ['cut', expect.arrayContaining(['words'])],
        ['join', ['text.txt']],
        ['gather', ['all.txt']],
      ]),
    )
    expect(report.actions).toHaveLength(3)
    expect(report.jobs).toEqual([path('one')])
    // `true`, and the word that both have, are needed by the other.
    expect(report.kept.map(({ neededBy }) => neededBy.map(({ file }) => file)).sort()).toEqual([
      ['loud.json'],
      ['words/1.txt'],
    ])
    expect(report.bytes).toBeGreaterThan(200_000)
    expect((await run('two', 'OTHER PART')).executed).toEqual([])
    await store.close()
    expect(placesOf(path('store'), 'SECRET')).toEqual([])
    expect(placesOf(path('store'), path('one'))).toEqual([])
    expect(placesOf(path('store'), 'OTHER').length).toBeGreaterThan(2)
    const again = await open({ dir: path('store') })
    const rerun = await run('one', 'SECRET PART', again)
    expect(rerun.executed).toEqual(['cut', 'gather', 'join'])
    expect(rerun.of('stage_cache_miss')[0]?.reasons).toMatchObject([{ kind: 'evicted', by: 'cache forget' }])
  })

  it('follows what was selected of a JSON artifact, and the items of a list that was', async () => {
    const { path, store } = await bench()
    const describeText = defineStage({
      name: 'describe',
      version: 1,
      inputs: { text: 'file' },
      params: z.object({}),
      outputs: { all: json(z.object({ title: z.string(), words: z.array(z.string()) })) },
      run({ inputs }) {
        const words = readFileSync(inputs.text, 'utf8').split(' ')
        return { all: { title: words[0] ?? '', words } }
      },
    })
    const selecting = definePipeline({
      name: 'selecting',
      inputs: { text: 'file' },
      params: z.object({}),
      build({ step, each, inputs }) {
        const { all } = step(describeText, { text: inputs.text })
        const title = step(say, { word: select(all, ({ title }) => title.toLowerCase()) }, { id: 'title' })
        const { said } = each(
          select(all, ({ words }) => words),
          (word) => step(say, { word }, { id: 'word' }),
        )
        return { title: title.said, said }
      },
    })
    writeFileSync(path('one.txt'), 'SECRET PART')
    await observe({ pipeline: selecting, inputs: { text: path('one.txt') }, jobDir: path('job'), store, device: 'cpu' })
    const report = value(await forgetSource(store, { path: path('one.txt') }))
    const steps = report.actions.map(({ step }) => step).sort()
    expect(steps).toEqual(['describe', 'title', 'word/PART', 'word/SECRET'])
    await store.close()
    expect(placesOf(path('store'), 'SECRET')).toEqual([])
    expect(placesOf(path('store'), 'secret')).toEqual([])
  })

  it('leaves nothing of many small results, also where they were changed and removed before', async () => {
    const dir = newDirectory()
    const store = await open({ dir: join(dir, 'store') })
    const lineOf = (secret: string, count: number) =>
      Array.from({ length: count }, (_, word) => `${secret}${word}`.padEnd((word * 37) % 90, 'x')).join(' ')
    const run = async (name: string, text: string) => {
      writeFileSync(join(dir, `${name}.txt`), text)
      const inputs = { text: join(dir, `${name}.txt`) }
      return observe({ pipeline: spoken, inputs, jobDir: join(dir, name), store, device: 'cpu' })
    }
    // The jobs of both share pages of the index, and their records grow and shrink.
    for (const count of [3, 30, 12]) {
      await run('SECRET-job', lineOf('SECRET', count))
      await run('other', lineOf('OTHER', count))
    }
    const earlier = [3, 30].map((count) => lineOf('SECRET', count))
    for (const text of [...earlier, lineOf('SECRET', 12)]) {
      writeFileSync(join(dir, 'SECRET-job.txt'), text)
      expect(value(await forgetSource(store, { path: join(dir, 'SECRET-job.txt') })).notBlanked).toBeUndefined()
    }
    expect(placesOf(store.dir, 'SECRET')).toEqual([])
    expect(value(await verifyStore(store, { resume: false })).damage).toEqual([])
    expect((await run('other', lineOf('OTHER', 12))).executed).toEqual([])
  })

  it('leaves to whoever reads it the index of before, which is gone then', async () => {
    const { path, store, run } = await bench()
    await run('one', 'SECRET PART')
    await store.flush()
    const reader = openLmdb({ path: path('store/index'), readOnly: true, encoding: 'binary', maxDbs: 30 })
    const table = reader.openDB<Uint8Array, Uint8Array>('actions-1', { encoding: 'binary', keyEncoding: 'binary' })
    const held = reader.useReadTransaction()
    const readAll = () => [...table.getRange({ transaction: held })].map((record) => Buffer.from(record.value))
    const before = readAll()
    expect(before.length).toBeGreaterThan(0)
    expect(value(await forgetSource(store, { path: path('one.txt') })).notBlanked).toBeUndefined()
    expect(readAll()).toEqual(before)
    held.done()
    await reader.close()
    expect(placesOf(store.dir, 'SECRET')).toEqual([])
  })

  it('is not in the way of another who has the store open', async () => {
    const { path, store, run } = await bench()
    const other = await open({ dir: path('store') })
    await run('one', 'SECRET PART', other)
    await run('two', 'OTHER PART', other)
    expect(value(await forgetSource(store, { path: path('one.txt') })).notBlanked).toBeUndefined()
    expect((await run('two', 'OTHER PART', other)).executed).toEqual([])
    expect((await run('three', 'NEW PART', other)).executed).toEqual(['cut', 'gather', 'join'])
    expect((await run('three', 'NEW PART')).executed).toEqual([])
    expect((await run('one', 'SECRET PART')).executed).toEqual(['cut', 'gather', 'join'])
  })

  it('says why bytes may be left: no room for a new index, one that is damaged, a disk that fails', async () => {
    const { store } = await bench()
    const repair = { problems: [], records: 1, actions: 0, adoptedBlobs: 0 }
    const renewing = (renewIndex: StoreContext['renewIndex']) => renewIndexFile({ ...store.context, renewIndex })
    expect(await renewing(async () => repair)).toBe(`there is no room in ${store.dir} for a new one`)
    expect(await renewing(async () => ({ ...repair, movedTo: 'old' }))).toBeUndefined()
    const damaged = { ...repair, movedTo: 'quarantine/index.1', problems: ['a page is torn'] }
    expect(await renewing(async () => damaged)).toBe('it was damaged, was made anew, and is kept in quarantine/index.1')
    expect(await renewing(() => Promise.reject(new SystemError('EIO', 'it fails')))).toBe('EIO')
    const bug = new TypeError('a bug')
    await expect(renewing(() => Promise.reject(bug))).rejects.toBe(bug)
  })

  it('only says so in a dry run', async () => {
    const { path, store, run } = await bench()
    await run('one', 'SECRET PART')
    const dry = value(await forgetSource(store, { path: path('one.txt') }, { dryRun: true }))
    expect((await run('one', 'SECRET PART')).executed).toEqual([])
    const real = value(await forgetSource(store, { path: path('one.txt') }))
    expect(real).toEqual(dry)
    expect(value(await forgetSource(store, { path: path('one.txt') })).actions).toEqual([])
  })

  it('knows a file that is gone by what is remembered of it, and one that changed by its hash', async () => {
    const { path, store, run } = await bench()
    // A file that was written a moment ago is not remembered by its time: it is stored as known here.
    await run('one', 'SECRET PART')
    const { digest } = value(await store.ledger.fileDigests.digest(path('one.txt')))
    store.ledger.fileDigests.remember(path('one.txt'), digest)
    value(store.flush())
    rmSync(path('one.txt'))
    const byPath = value(await forgetSource(store, { path: path('one.txt') }, { dryRun: true }))
    const byHash = value(await forgetSource(store, { hash: digest.hash }, { dryRun: true }))
    expect(byPath).toEqual(byHash)
    expect(byPath.actions).toHaveLength(3)
    expect(await forgetSource(store, { path: path('none') })).toMatchObject({ error: { kind: 'source-unreadable' } })
  })

  it('follows a job past a step whose result was collected', async () => {
    const { path, store, run } = await bench()
    await run('one', 'SECRET PART')
    const cutKey = store.ledger.jobs.steps(path('one')).get('cut')?.key ?? ''
    value(await store.actions.remove([cutKey], 'cache gc'))
    const report = value(await forgetSource(store, { path: path('one.txt') }))
    expect(report.actions.map(({ step, presumed }) => [step, presumed]).sort()).toEqual([
      ['gather', false],
      ['join', true],
    ])
  })

  it('follows the items of a list, and of lists in it, to the steps that were repeated for them', async () => {
    const { path, store } = await bench()
    const run = (name: string, text: string) => {
      writeFileSync(path(`${name}.txt`), text)
      const inputs = { text: path(`${name}.txt`) }
      return observe({ pipeline: spoken, inputs, jobDir: path(name), store, device: 'cpu' })
    }
    await run('one', 'SECRET PART\nALSO-SECRET')
    await run('two', 'OTHER PART')
    await store.flush()
    const report = value(await forgetSource(store, { path: path('one.txt') }))
    // What was said of the word that both have can have been made of the other.
    expect(report.actions.map(({ step }) => step).sort()).toEqual([
      'gather',
      'list',
      'say/84a15b8496bb/ALSO-SECRET',
      'say/a3bb9184820a/SECRET',
    ])
    expect((await run('two', 'OTHER PART')).executed).toEqual([])
    await store.close()
    expect(placesOf(path('store'), 'SECRET')).toEqual([])
  })

  it('finds what came with an archive', async () => {
    const { path, store, run } = await bench()
    await run('one', 'SECRET PART')
    expect(await exportActions(store, { job: path('one') }, path('archive'))).toMatchObject({ ok: true })
    const elsewhere = await open({ dir: path('elsewhere') })
    expect(await importArchive(elsewhere, path('archive'))).toMatchObject({ value: { actions: 3 } })
    // The point of an archive: nothing is executed where it was imported.
    const imported = await observe({
      pipeline,
      inputs: { text: path('one.txt') },
      jobDir: path('imported'),
      store: elsewhere,
      device: 'cpu',
    })
    expect(imported.of('stage_running')).toEqual([])
    expect(imported.cached).toEqual(['cut', 'gather', 'join'])
    expect(value(await forgetSource(elsewhere, { path: path('one.txt') })).actions).toHaveLength(3)
    await elsewhere.close()
    expect(placesOf(path('elsewhere'), 'SECRET')).toEqual([])
  })
})

describe('tracing', () => {
  const blob = (hash: string, sizeBytes = 1000) => ({ hash, sizeBytes })
  const facts = (
    actions: readonly (readonly [string, readonly string[], readonly { hash: string; sizeBytes: number }[]])[],
    trees: TraceFacts['trees'] = new Map(),
  ): TraceFacts => ({
    actions: new Map(actions.map(([key, inputs, outputs]) => [key, { key, inputs, outputs, isGone: false }])),
    trees,
    jobs: [],
  })
  const derived = (all: TraceFacts, source: string) => [...traceDerived(all, new Set([source])).keys].sort()

  it('goes on through outputs, in any order, and through the files of trees', () => {
    const chain = facts(
      [
        ['c', ['b'], [blob('c')]],
        ['b', ['a'], [blob('b')]],
        ['of-tree', ['tree'], [blob('d')]],
        ['other', ['x'], [blob('y')]],
        ['makes-tree', ['x'], [blob('tree'), blob('c')]],
      ],
      new Map([['tree', [blob('c')]]]),
    )
    expect(derived(chain, 'a')).toEqual(['b', 'c', 'of-tree'])
  })

  it('does not go on through a tiny value that others put out, too, and does through one that only it puts out', () => {
    const shared = facts([
      ['one', ['a'], [blob('true', 4)]],
      ['two', ['x'], [blob('true', 4)]],
      ['uses', ['true'], [blob('u')]],
    ])
    expect(derived(shared, 'a')).toEqual(['one'])
    const own = facts([
      ['one', ['a'], [blob('6', 1)]],
      ['uses', ['6'], [blob('u')]],
    ])
    expect(derived(own, 'a')).toEqual(['one', 'uses'])
  })

  it('goes on through a tiny value that only steps put out which have it from the source', () => {
    const copied = facts([
      ['one', ['a'], [blob('6', 1)]],
      ['copies', ['6'], [blob('6', 1)]],
      ['doubles', ['6'], [blob('12', 2)]],
      ['halves', ['12'], [blob('6', 1)]],
      ['joins', ['12', 'x'], [blob('j')]],
    ])
    expect(derived(copied, 'a')).toEqual(['copies', 'doubles', 'halves', 'joins', 'one'])
    const alsoElsewhere = facts([
      ['one', ['a'], [blob('6', 1)]],
      ['counts', ['x'], [blob('3', 1)]],
      ['doubles', ['3'], [blob('6', 1)]],
      ['uses', ['6'], [blob('u')]],
    ])
    expect(derived(alsoElsewhere, 'a')).toEqual(['one'])
  })
})
