import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import {
  definePipeline,
  defineStage,
  file,
  files,
  json,
  many,
  optional,
  tree,
  validate,
} from '../../../src/core/index.ts'
import { planRun } from '../../../src/engine/index.ts'
import { createWorkbench } from '../../rig/workbench.ts'

const shout = defineStage({
  name: 'shout',
  version: 1,
  inputs: { text: 'file' },
  params: z.object({}),
  outputs: { loud: 'loud.txt' },
  run: ({ inputs, outputs }) => writeFileSync(outputs.loud, readFileSync(inputs.text, 'utf8').toUpperCase()),
})
const label = defineStage({
  name: 'label',
  version: 1,
  inputs: { text: 'file', path: json(z.string()) },
  params: z.object({}),
  outputs: { labelled: json(z.string()) },
  run: ({ inputs }) => ({ labelled: `${inputs.path}=${readFileSync(inputs.text, 'utf8')}` }),
})
const join_ = defineStage({
  name: 'join',
  version: 1,
  inputs: { parts: many(file()) },
  params: z.object({}),
  outputs: { joined: json(z.string()) },
  run: ({ inputs }) => ({ joined: inputs.parts.map((path) => readFileSync(path, 'utf8')).join(' ') }),
})
const list = defineStage({
  name: 'list',
  version: 1,
  inputs: { lines: many(json(z.string())) },
  params: z.object({}),
  outputs: { lines: json(z.array(z.string())) },
  run: ({ inputs }) => ({ lines: [...inputs.lines] }),
})

function write(root: string, texts: Readonly<Record<string, string>>): void {
  for (const [path, text] of Object.entries(texts)) {
    mkdirSync(dirname(join(root, path)), { recursive: true })
    writeFileSync(join(root, path), text)
  }
}

const matching = (pattern: string) =>
  definePipeline({
    name: 'shouting',
    inputs: { folder: 'tree' },
    params: z.object({}),
    build({ step, each, inputs }) {
      const { loud } = each(files(inputs.folder, pattern), (item) => step(shout, { text: item.file }))
      return { loud, ...step(join_, { parts: loud }) }
    },
  })
const shouting = matching('**/*.txt')

describe('a fan-out over the files of a folder', () => {
  it('runs its body for each file that matches, in the order of their paths', async () => {
    const { run, path } = await createWorkbench()
    const folder = path('folder')
    write(folder, {
      'b.txt': 'b',
      'a/z.txt': 'z',
      'B.txt': 'B',
      'é.txt': 'e',
      'a.md': 'no',
      '.hidden.txt': 'no',
      'a.txt': 'a',
    })
    const { result, executed } = await run(shouting, { inputs: { folder } })
    expect(result.failure).toBeUndefined()
    expect(result.outputs.joined).toMatchObject({ value: 'B A Z B E' })
    expect([result.outputs.loud].flat().map((output) => output?.item)).toEqual([
      'B.txt',
      'a.txt',
      'a/z.txt',
      'b.txt',
      'é.txt',
    ])
    expect(executed.filter((step) => step.startsWith('shout/')).length).toBe(5)
    expect(executed).toContain('shout/a%2Fz.txt')
  })

  it('says that no file matches', async () => {
    const { run, path } = await createWorkbench()
    write(path('folder'), { 'a.TXT': 'a' })
    const { of, executed } = await run(shouting, { inputs: { folder: path('folder') } })
    expect(executed).toEqual(['join'])
    expect(of('pipeline_warning').map(({ message }) => message)).toEqual([
      "nothing in the input 'folder' matches '**/*.txt', so no step runs for its files",
    ])
  })

  it('says of a pattern with many endings what it begins with', async () => {
    const { run, path } = await createWorkbench()
    write(path('folder'), { 'a.doc': 'a' })
    const { of } = await run(matching('**/*.{wav,mp3,ogg,opus,flac,m4a,mp4,aac,amr,wma,webm,aiff,au}'), {
      inputs: { folder: path('folder') },
    })
    expect(of('pipeline_warning').map(({ message }) => message)).toEqual([
      "nothing in the input 'folder' matches '**/*.{wav,mp3,ogg,...}', so no step runs for its files",
    ])
  })

  it('says that a folder of the user is empty, and nothing of an empty one that a step makes', async () => {
    const { run, path } = await createWorkbench()
    mkdirSync(path('folder'))
    const nothing = defineStage({
      name: 'nothing',
      version: 1,
      inputs: { folder: 'tree' },
      params: z.object({}),
      outputs: { made: 'made/' },
      run() {},
    })
    const all = (isMade: boolean) =>
      definePipeline({
        name: 'all',
        inputs: { folder: 'tree' },
        params: z.object({}),
        build({ each, step, inputs: { folder } }) {
          const from = isMade ? step(nothing, { folder }).made : folder
          const { loud } = each(files(from), (item) => step(shout, { text: item.file }))
          return step(join_, { parts: loud })
        },
      })
    const warningsOf = async (isMade: boolean) => {
      const { of, executed, cached, result } = await run(all(isMade), { inputs: { folder: path('folder') } })
      expect(result.failure).toBeUndefined()
      expect({ executed, cached }).toEqual(
        isMade ? { executed: ['nothing'], cached: ['join'] } : { executed: ['join'], cached: [] },
      )
      return of('pipeline_warning').map(({ message }) => message)
    }
    expect(await warningsOf(false)).toEqual(["the input 'folder' holds no file, so no step runs for its files"])
    rmSync(path('job'), { recursive: true })
    expect(await warningsOf(true)).toEqual([])
  })

  it('runs only what a new, changed, renamed or removed file reaches', async () => {
    const { run, path } = await createWorkbench()
    const folder = path('folder')
    write(folder, { 'a.txt': 'a', 'b.txt': 'b' })
    const again = async () => {
      const { executed, cached } = await run(shouting, { inputs: { folder } })
      return { executed, cached }
    }
    expect(await again()).toEqual({ executed: ['join', 'shout/a.txt', 'shout/b.txt'], cached: [] })
    expect(await again()).toEqual({ executed: [], cached: ['join', 'shout/a.txt', 'shout/b.txt'] })
    write(folder, { 'aa.txt': 'aa' })
    expect(await again()).toEqual({ executed: ['join', 'shout/aa.txt'], cached: ['shout/a.txt', 'shout/b.txt'] })
    write(folder, { 'b.txt': 'other' })
    expect(await again()).toEqual({ executed: ['join', 'shout/b.txt'], cached: ['shout/a.txt', 'shout/aa.txt'] })
    // The name of a file is in no key, unless a step is wired to it.
    renameSync(join(folder, 'b.txt'), join(folder, 'c.txt'))
    expect(await again()).toEqual({ executed: [], cached: ['join', 'shout/a.txt', 'shout/aa.txt', 'shout/c.txt'] })
    rmSync(join(folder, 'aa.txt'))
    expect(await again()).toEqual({ executed: ['join'], cached: ['shout/a.txt', 'shout/c.txt'] })
    write(folder, { 'notes.md': 'of no interest' })
    expect(await again()).toEqual({ executed: [], cached: ['join', 'shout/a.txt', 'shout/c.txt'] })
  })

  it('keys a step by the path of its file where it is wired to it', async () => {
    const { run, path } = await createWorkbench()
    const folder = path('folder')
    write(folder, { 'a.txt': '1', 'sub/b.txt': '2' })
    const labelling = definePipeline({
      name: 'labelling',
      inputs: { folder: 'tree' },
      params: z.object({}),
      build: ({ step, each, inputs }) => {
        const made = each(files(inputs.folder), ({ file, path }) => step(label, { text: file, path }))
        return step(list, { lines: made.labelled })
      },
    })
    const { result } = await run(labelling, { inputs: { folder } })
    expect(result.outputs.lines).toMatchObject({ value: ['a.txt=1', 'sub/b.txt=2'] })
    renameSync(join(folder, 'a.txt'), join(folder, 'A.txt'))
    expect((await run(labelling, { inputs: { folder } })).executed).toEqual(['label/A.txt', 'list'])
  })

  it('tells files apart whose names differ only in case or form', async () => {
    const { run, path } = await createWorkbench()
    const folder = path('folder')
    write(folder, { 'a.txt': 'a', 'A.txt': 'A', 'e\u0301.txt': 'two', '\u00e9.txt': 'one' })
    const { result, executed } = await run(shouting, { inputs: { folder } })
    expect(result.outputs.joined).toMatchObject({ value: 'A A TWO ONE' })
    expect(new Set(executed).size).toBe(5)
  })

  it('takes a tree that a step makes, and one inside another fan-out', async () => {
    const { run, path, store, jobDir } = await createWorkbench()
    const split = defineStage({
      name: 'split',
      version: 1,
      inputs: { text: 'file' },
      params: z.object({}),
      outputs: { words: tree('words') },
      run({ inputs, outputs }) {
        for (const [index, word] of readFileSync(inputs.text, 'utf8').split(' ').entries())
          writeFileSync(join(outputs.words, `${index}.txt`), word)
      },
    })
    const splitting = definePipeline({
      name: 'splitting',
      inputs: { folder: 'tree' },
      params: z.object({}),
      build({ step, each, inputs }) {
        const { loud } = each(files(inputs.folder), ({ file: text }) => {
          const { words } = step(split, { text })
          return each(files(words), ({ file: word }) => step(shout, { text: word }))
        })
        return { loud, ...step(join_, { parts: loud }) }
      },
    })
    const folder = path('folder')
    write(folder, { 'a.txt': 'one two', 'b.txt': 'three' })
    const first = await run(splitting, { inputs: { folder } })
    expect(first.result.outputs.joined).toMatchObject({ value: 'ONE TWO THREE' })
    expect([first.result.outputs.loud].flat().map((output) => output?.item)).toEqual([
      'a.txt/0.txt',
      'a.txt/1.txt',
      'b.txt/0.txt',
    ])
    write(folder, { 'b.txt': 'three four' })
    const second = await run(splitting, { inputs: { folder } })
    expect(second.executed).toEqual(['join', 'shout/b.txt/1.txt', 'split/b.txt'])
    const plan = await planRun({ pipeline: splitting, inputs: { folder }, jobDir, store, device: 'cpu' })
    expect(plan.ok && plan.value.every(({ kind }) => kind === 'hit')).toBe(true)
  })

  it('is empty where nothing matches, or the folder is left out', async () => {
    const { run, path } = await createWorkbench()
    write(path('folder'), { 'a.md': 'a' })
    const { result } = await run(shouting, { inputs: { folder: path('folder') } })
    expect(result.outputs).toMatchObject({ loud: [], joined: { value: '' } })
    const maybe = definePipeline({
      ...shouting,
      name: 'maybe',
      inputs: { folder: optional(tree()) },
      build({ step, each, inputs }) {
        const { loud } = each(files(inputs.folder), (item) => step(shout, { text: item.file }))
        return step(join_, { parts: loud })
      },
    })
    expect((await run(maybe, { jobDir: path('maybe') })).result.outputs).toMatchObject({ joined: { value: '' } })
  })

  it('predicts what a new file costs', async () => {
    const { run, path, store, jobDir } = await createWorkbench()
    const folder = path('folder')
    write(folder, { 'a.txt': 'a', 'b.txt': 'b' })
    await run(shouting, { inputs: { folder } })
    write(folder, { 'c.txt': 'c' })
    const plan = await planRun({ pipeline: shouting, inputs: { folder }, jobDir, store, device: 'cpu' })
    expect(plan.ok && plan.value.map(({ step, kind }) => `${step} ${kind}`)).toEqual([
      'shout/a.txt hit',
      'shout/b.txt hit',
      'shout/c.txt miss',
      'join unknown',
    ])
  })

  it('says what it takes', () => {
    const of = (items: unknown) =>
      validate(
        definePipeline({
          name: 'wrong',
          inputs: { folder: 'tree', text: 'file' },
          params: z.object({}),
          build: ({ step, each }) => each(items as never, (item: { file: never }) => step(shout, { text: item.file })),
        }),
      )
    const folder = {
      ref: 'artifact',
      kind: 'tree',
      presence: 'always',
      source: { from: 'input', input: 'folder' },
    } as const
    const text = { ...folder, kind: 'file', source: { from: 'input', input: 'text' } } as const
    expect(of(files(folder))).toEqual([])
    expect(of(files(text as never))).toMatchObject([{ message: expect.stringContaining("'files' takes a folder") }])
    expect(of(files(folder, './*.txt'))).toMatchObject([{ message: expect.stringContaining('relative to the folder') }])
    expect(of(files(folder, '/tmp/*'))).toMatchObject([{ message: expect.stringContaining('relative to the folder') }])
    expect(of(files(folder, ''))).toMatchObject([{ message: expect.stringContaining('takes a pattern') }])
  })
})

describe('an input that takes several files', () => {
  const mixing = definePipeline({
    name: 'mixing',
    inputs: { takes: many(file()) },
    params: z.object({}),
    build({ step, each, inputs }) {
      const { loud } = each(files(inputs.takes), (item) => step(shout, { text: item.file }))
      return { loud, ...step(join_, { parts: inputs.takes }) }
    },
  })

  it('is given them in their order, and a fan-out goes over them', async () => {
    const { run, path, jobDir } = await createWorkbench()
    write(path('in'), { 'a.txt': 'a', 'b.txt': 'b', 'sub/a.txt': 'another' })
    const takes = [path('in/b.txt'), path('in/a.txt'), path('in/sub/a.txt')]
    const { result } = await run(mixing, { inputs: { takes } })
    expect(result.failure).toBeUndefined()
    expect(result.outputs.joined).toMatchObject({ value: 'b a another' })
    expect([result.outputs.loud].flat().map((output) => output?.item)).toEqual(['b.txt', 'a.txt', 'a.txt~2'])
    expect(JSON.parse(readFileSync(join(jobDir, 'job.json'), 'utf8')).inputs).toEqual({ takes })
    const again = await run(mixing, { inputs: { takes: takes.slice(0, 2) } })
    expect(again.executed).toEqual(['join'])
  })

  it('may be empty, and must be a list', async () => {
    const { run, path } = await createWorkbench()
    expect((await run(mixing, { inputs: { takes: [] } })).result.outputs).toMatchObject({ joined: { value: '' } })
    const messageOf = async (inputs: Record<string, string | string[]>) => {
      const { result } = await run(mixing, { inputs })
      return result.failure
    }
    expect(await messageOf({})).toMatchObject({ problems: [{ where: 'input takes', message: 'it is missing' }] })
    expect(await messageOf({ takes: 'a.txt' })).toMatchObject({
      problems: [{ message: expect.stringContaining('a list of paths') }],
    })
    expect(await messageOf({ takes: [path('none.txt')] })).toMatchObject({ kind: 'input-missing', input: 'takes' })
  })
})

describe('an input that may be left out', () => {
  const count = defineStage({
    name: 'count',
    version: 1,
    inputs: { song: 'file', lyrics: optional(file()) },
    params: z.object({}),
    outputs: { found: json(z.string()) },
    run: ({ inputs }) => ({ found: inputs.lyrics === undefined ? 'no words' : readFileSync(inputs.lyrics, 'utf8') }),
  })
  const counting = definePipeline({
    name: 'counting',
    inputs: { song: 'file', lyrics: optional(file()) },
    params: z.object({}),
    build: ({ step, inputs }) => step(count, inputs),
  })

  it('is absent where it is, and part of the key where it is there', async () => {
    const { run, path } = await createWorkbench()
    write(path('in'), { 'song.txt': 'la', 'words.txt': 'words' })
    const song = path('in/song.txt')
    const without = await run(counting, { inputs: { song } })
    expect(without.result.outputs.found).toMatchObject({ value: 'no words' })
    const withWords = await run(counting, { inputs: { song, lyrics: path('in/words.txt') } })
    expect(withWords.executed).toEqual(['count'])
    expect(withWords.result.outputs.found).toMatchObject({ value: 'words' })
    expect((await run(counting, { inputs: { song } })).executed).toEqual([])
    const wrong = await run(counting, { inputs: { song, lyrics: path('in/none.txt') } })
    expect(wrong.result.failure).toMatchObject({ kind: 'input-missing', input: 'lyrics' })
  })
})
