import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { definePipeline, defineStage, type HandEdit, json, type Overlay, optional } from '../../../src/core/index.ts'
import { editableFiles, jobStatus, planRun, readJob, saveEdits } from '../../../src/engine/index.ts'
import { createWorkbench } from '../../rig/workbench.ts'

/** Words that stand in place of others. */
const Corrections = z.record(z.string(), z.string())

const hear = defineStage({
  name: 'hear',
  version: 1,
  inputs: {},
  params: z.object({ text: z.string() }),
  outputs: { heard: json(z.array(z.string())) },
  run: ({ params }) => ({ heard: params.text.split(' ') }),
})
const write = defineStage({
  name: 'write',
  version: 1,
  inputs: { heard: json(z.array(z.string())), corrections: optional(json(Corrections)) },
  params: z.object({}),
  outputs: {
    text: 'out/text.txt',
    other: 'other.txt',
    heard: json(z.array(z.string())),
    counts: json(z.object({ applied: z.number(), conflicts: z.number() })),
    list: 'list.txt',
  },
  run({ inputs: { heard, corrections = {} }, outputs }) {
    writeFileSync(outputs.text, heard.map((word) => corrections[word] ?? word).join(' '))
    writeFileSync(outputs.other, 'other')
    const applied = Object.keys(corrections).filter((word) => heard.includes(word)).length
    const conflicts = Object.keys(corrections).length - applied
    writeFileSync(outputs.list, `${conflicts}`)
    return { heard: [...heard], counts: { applied, conflicts } }
  },
})

function take({ corrections, outputs, files }: HandEdit): ReturnType<Overlay['take']> {
  const heard = z.array(z.string()).parse(outputs.heard)
  const before = Corrections.parse(corrections ?? {})
  const [file] = files.filter(({ path }) => path === 'out/text.txt')
  const refused = files.filter((other) => other !== file).map(({ path }) => ({ path, why: 'it is another file' }))
  if (file === undefined) return { corrections: before, changed: 0, whole: [], refused }
  const words = file.text.trim().split(/\s+/)
  const now = Object.fromEntries(
    heard.flatMap((word, place) => (words[place] === word ? [] : [[word, words[place] ?? '']])),
  )
  const next = { ...before, ...now }
  const changed = Object.keys(next).filter((word) => next[word] !== before[word]).length
  return { corrections: next, changed, whole: file.text.includes('#') ? [] : [file.path], refused }
}

const overlay: Overlay = {
  input: 'fixes',
  step: 'write',
  counts: 'counts',
  listing: 'list',
  take,
  show: ({ corrections, outputs }) => {
    const fixes = Corrections.parse(corrections ?? {})
    const words = z.array(z.string()).parse(outputs.heard)
    return [{ path: 'out/text.txt', text: words.map((word) => fixes[word] ?? word).join(' ') }]
  },
}
const pipeline = definePipeline({
  name: 'heard',
  inputs: { fixes: optional(json(Corrections)) },
  params: z.object({ text: z.string().default('one two three') }),
  overlay,
  build({ step, inputs, params }) {
    const { heard } = step(hear, {}, { params: { text: params.text } })
    return { text: step(write, { heard, corrections: inputs.fixes }).text }
  },
})

async function bench() {
  const workbench = await createWorkbench()
  const at = (...names: string[]) => workbench.path('job', ...names)
  const text = at('02_write/out/text.txt')
  const run = (params: object = {}, request: object = {}) => workbench.run(pipeline, { params, ...request })
  const fixes = () => JSON.parse(readFileSync(at('fixes.json'), 'utf8'))
  const aside = () => readdirSync(at()).filter((name) => name.includes('.edited-'))
  await run()
  return { ...workbench, at, text, run, fixes, aside }
}

describe('what a person changes in the outputs that an overlay is for', () => {
  it('is an input of the next run, and of every one after it; only what depends on it runs', async () => {
    const { text, run, fixes, aside, jobDir } = await bench()
    writeFileSync(text, 'one zwei three')
    const taken = await run()
    expect(taken.executed).toEqual(['write'])
    expect(taken.of('corrections_taken')).toMatchObject([
      { from: 'write', files: ['out/text.txt'], path: 'fixes.json', changed: 1 },
    ])
    expect(readFileSync(text, 'utf8')).toBe('one zwei three')
    expect(fixes()).toEqual({ two: 'zwei' })
    expect(aside()).toEqual([])
    expect(taken.of('pipeline_warning')).toEqual([])
    expect(taken.result.corrections).toEqual({ applied: 1, conflicts: 0, listing: '02_write/list.txt' })
    expect((await run()).executed).toEqual([])

    const upstream = await run({ text: 'eins two drei' })
    expect(upstream.executed).toEqual(['hear', 'write'])
    expect(readFileSync(text, 'utf8')).toBe('eins zwei drei')
    const gone = await run({ text: 'eins drei' })
    expect(gone.of('pipeline_completed')).toMatchObject([{ corrections: { applied: 0, conflicts: 1 } }])
    expect(await jobStatus(jobDir)).toMatchObject({ value: { corrections: { applied: 0, conflicts: 1 } } })
    const job = await readJob(jobDir)
    expect(job.ok && job.value.inputs).toEqual({})
  })

  it('is nothing new where only the form of the file differs', async () => {
    const { text, run, at, aside } = await bench()
    writeFileSync(text, 'one  two three\n')
    expect((await run()).executed).toEqual([])
    expect(readFileSync(text, 'utf8')).toBe('one two three')
    expect(existsSync(at('fixes.json'))).toBe(false)
    expect(aside()).toEqual([])
  })

  it('is foreseen by a dry run, which writes nothing', async () => {
    const { text, store, jobDir, at } = await bench()
    writeFileSync(text, 'one zwei three')
    const plan = await planRun({ pipeline, inputs: {}, jobDir, store, device: 'cpu' })
    expect(plan.ok && plan.value.map(({ step, kind }) => [step, kind])).toEqual([
      ['hear', 'hit'],
      ['write', 'miss'],
    ])
    expect(existsSync(at('fixes.json'))).toBe(false)
    expect(readFileSync(text, 'utf8')).toBe('one zwei three')
  })

  it('is kept aside, too, where not all of it is taken', async () => {
    const { text, run, fixes, aside, at } = await bench()
    writeFileSync(text, 'one zwei three # a note')
    writeFileSync(at('02_write/other.txt'), 'changed')
    const { executed, of } = await run()
    expect(executed).toEqual(['write'])
    expect(fixes()).toEqual({ two: 'zwei' })
    expect(aside()).toHaveLength(1)
    expect(readFileSync(at(aside()[0] ?? '', 'out/text.txt'), 'utf8')).toBe('one zwei three # a note')
    expect(readFileSync(at(aside()[0] ?? '', 'other.txt'), 'utf8')).toBe('changed')
    expect(of('pipeline_warning').map(({ message }) => message)).toEqual([
      'other.txt of step write was changed by hand, and not taken: it is another file',
      'out/text.txt of step write has more than corrections hold, such as markup; only what they hold was taken',
      expect.stringContaining('were changed or added by hand'),
    ])
  })

  it('stays where the run is given other corrections, and where the file of corrections is damaged', async () => {
    const { text, run, at, path, aside } = await bench()
    writeFileSync(path('given.json'), '{ "one": "uno" }')
    writeFileSync(text, 'one zwei three')
    const given = await run({}, { inputs: { fixes: path('given.json') } })
    expect(given.of('corrections_taken')).toEqual([])
    expect(readFileSync(at(aside()[0] ?? '', 'out/text.txt'), 'utf8')).toBe('one zwei three')
    expect(readFileSync(text, 'utf8')).toBe('uno two three')

    writeFileSync(text, 'uno two drei')
    writeFileSync(at('fixes.json'), '{ "one"')
    const damaged = await run()
    expect(damaged.result.failure).toMatchObject({ kind: 'invalid' })
    expect(readFileSync(text, 'utf8')).toBe('uno two drei')
    expect(readFileSync(at('fixes.json'), 'utf8')).toBe('{ "one"')
  })

  it('is taken once where the run ends before its step has run, and not lost if the step fails', async () => {
    const { text, run, fixes, aside } = await bench()
    writeFileSync(text, 'one zwei three')
    const stopped = new AbortController()
    const cancelled = await run(
      {},
      {
        signal: stopped.signal,
        onEvent: ({ event }: { readonly event: string }) => event === 'corrections_taken' && stopped.abort(),
      },
    )
    expect(cancelled.result.status).toBe('cancelled')
    expect(fixes()).toEqual({ two: 'zwei' })
    expect(readFileSync(text, 'utf8')).toBe('one zwei three')
    const after = await run()
    expect(after.of('corrections_taken')).toMatchObject([{ changed: 0 }])
    expect(after.executed).toEqual(['write'])
    expect(fixes()).toEqual({ two: 'zwei' })
    expect(aside()).toEqual([])
  })

  it('can be changed by an editor, which does not touch the outputs', async () => {
    const { text, run, store, jobDir, fixes, at } = await bench()
    const record = { inputs: {}, params: {} }
    const job = { jobDir, pipeline, record }
    const files = () => {
      const found = editableFiles(job)
      return found.ok ? found.value.files : found.error
    }
    expect(files()).toEqual([{ path: 'out/text.txt', text: 'one two three' }])
    expect(await saveEdits(store, job, [{ path: 'out/text.txt', text: 'one two drei' }])).toEqual({
      ok: true,
      value: { changed: 1, refused: [] },
    })
    expect(fixes()).toEqual({ three: 'drei' })
    expect(files()).toEqual([{ path: 'out/text.txt', text: 'one two drei' }])
    expect(readFileSync(text, 'utf8')).toBe('one two three')
    expect((await run()).executed).toEqual(['write'])
    expect(readFileSync(text, 'utf8')).toBe('one two drei')
    // An editor that began with another text, and one of another file, change nothing.
    const stale = { path: 'out/text.txt', base: 'one two three', text: 'uno two three' }
    expect(await saveEdits(store, job, [stale, { path: 'other.txt', text: 'x' }])).toMatchObject({
      ok: true,
      value: { changed: 0, refused: [{ path: 'out/text.txt', isStale: true }, { path: 'other.txt' }] },
    })
    expect(fixes()).toEqual({ three: 'drei' })
    expect(await saveEdits(store, job, [{ ...stale, base: 'one two drei', text: 'uno two drei' }])).toMatchObject({
      value: { changed: 1, refused: [] },
    })
    writeFileSync(at('fixes.json'), '[')
    expect(files()).toMatchObject({ kind: 'job-unusable' })
  })
})

it('an overlay has to name an optional JSON input, a step and its outputs', async () => {
  const workbench = await createWorkbench()
  const wrong = { ...pipeline, overlay: { ...overlay, input: 'fix', step: 'writ', counts: 'none' } }
  const { result } = await workbench.run(wrong)
  expect(result.failure).toMatchObject({ kind: 'invalid', problems: [{ where: 'overlay' }, { where: 'overlay' }] })
  const { failure } = (await workbench.run({ ...pipeline, overlay: { ...overlay, counts: 'count' } })).result
  expect(failure).toMatchObject({ problems: [{ where: 'overlay', message: expect.stringContaining("'counts'") }] })
})
