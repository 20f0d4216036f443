import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { definePipeline, defineStage, type JobStatus, json } from '../../../src/core/index.ts'
import { jobStatus, pruneJobs } from '../../../src/engine/index.ts'
import { createWorkbench } from '../../rig/workbench.ts'

let isBroken = false

const make = defineStage({
  name: 'make',
  version: 1,
  inputs: {},
  params: z.object({ text: z.string() }),
  outputs: { text: 'in/text.txt', tree: 'tree/', size: json(z.number()) },
  run({ params, outputs, fail }) {
    if (isBroken) fail('broken')
    writeFileSync(outputs.text, params.text)
    mkdirSync(join(outputs.tree, 'folder'))
    writeFileSync(join(outputs.tree, 'folder/file'), params.text)
    return { size: params.text.length }
  },
})
const list = defineStage({
  name: 'list',
  version: 1,
  inputs: {},
  params: z.object({ items: z.array(z.string()) }),
  outputs: { items: json(z.array(z.string())) },
  run: ({ params }) => ({ items: [...params.items] }),
})
const item = defineStage({
  name: 'item',
  version: 1,
  inputs: { item: json(z.string()) },
  params: z.object({}),
  outputs: { text: 'text.txt' },
  run: ({ inputs, outputs }) => writeFileSync(outputs.text, inputs.item),
})
const pipeline = definePipeline({
  name: 'made',
  inputs: {},
  params: z.object({
    text: z.string().default('one'),
    names: z.array(z.string()).default(['a', 'b']),
    items: z.array(z.string()).default(['a', 'b']),
  }),
  build({ step, each, params }) {
    const { text } = step(make, {}, { params: { text: params.text } })
    const known = each(params.names, (name) => step(make, {}, { id: 'known', params: { text: name } }))
    const { items } = step(list, {}, { params: { items: params.items } })
    return { text, known: known.text, computed: each(items, (name) => step(item, { item: name })).text }
  },
})

async function bench() {
  const workbench = await createWorkbench()
  const at = (...names: string[]) => workbench.path('job', ...names)
  const go = async (params: object = {}, request: object = {}) => {
    const observed = await workbench.run(pipeline, { params, ...request })
    const warnings = observed.of('pipeline_warning')
    return {
      ...observed,
      warnings: warnings.map(({ message }) => message),
      kept: warnings.flatMap((w) => w.kept ?? []),
    }
  }
  await go()
  /** Returns what is kept of a directory, by path. */
  const keptOf = (dir: string) => {
    const kept = readdirSync(at(dir, '..')).filter((name) => name.startsWith(`${dir.split('/').at(-1)}.edited-`))
    return Object.fromEntries(
      kept.flatMap((name) =>
        readdirSync(at(dir, '..', name), { recursive: true, withFileTypes: true })
          .filter((entry) => !entry.isDirectory())
          .map((entry) => {
            const path = join(entry.parentPath, entry.name)
            return [path.slice(at(dir, '..', name).length + 1), entry.isFile() ? readFileSync(path, 'utf8') : 'link']
          }),
      ),
    )
  }
  return { ...workbench, at, go, keptOf }
}

describe('what a person changed in a step', () => {
  it('is kept aside and said, whichever output it is, where a hit is put in its place', async () => {
    const { at, go, keptOf } = await bench()
    writeFileSync(at('01_make/in/text.txt'), 'my own words')
    writeFileSync(at('01_make/tree/folder/file'), 'mine')
    writeFileSync(at('01_make/tree/folder/more'), 'more of mine')
    writeFileSync(at('01_make/size.json'), '99')
    writeFileSync(at('01_make/in/notes.txt'), 'notes')
    writeFileSync(at('01_make/notes.txt'), 'beside')
    const { executed, kept, warnings } = await go()
    expect(executed).toEqual([])
    const edits = {
      'in/text.txt': 'my own words',
      'in/notes.txt': 'notes',
      'tree/folder/file': 'mine',
      'tree/folder/more': 'more of mine',
      'size.json': '99',
    }
    expect(keptOf('01_make')).toEqual(edits)
    expect(readFileSync(at('01_make/in/text.txt'), 'utf8')).toBe('one')
    expect(readFileSync(at('01_make/notes.txt'), 'utf8')).toBe('beside')
    expect(kept).toEqual([
      { stage: 'make', directory: expect.stringMatching(/^01_make\.edited-\d{8}T\d{6}$/), files: expect.any(Array) },
    ])
    expect(kept[0]?.files).toHaveLength(Object.keys(edits).length)
    expect(warnings).toEqual([expect.stringContaining(`of step make were changed or added by hand`)])
    expect((await go()).warnings).toEqual([])
  })

  it('is kept where the step runs again, fails, or is cleared', async () => {
    const { at, go, keptOf } = await bench()
    writeFileSync(at('01_make/in/text.txt'), 'first')
    expect((await go({ text: 'two' })).kept).toMatchObject([{ files: ['in/text.txt'] }])
    isBroken = true
    writeFileSync(at('01_make/tree/folder/file'), 'second')
    const broken = await go({ text: 'three' })
    isBroken = false
    expect(broken.result.status).toBe('failed')
    expect(broken.kept).toMatchObject([{ files: ['tree/folder/file'] }])
    expect(Object.values(keptOf('01_make')).sort()).toEqual(['first', 'second'])
    await go({ text: 'two' })
    writeFileSync(at('02_known/a/in/text.txt'), 'third')
    writeFileSync(at('02_known/a/notes.txt'), 'fourth')
    const cleared = await go({ text: 'two' }, { selection: { clearFrom: 'known' } })
    expect(cleared.kept).toMatchObject([{ stage: 'known' }])
    expect(Object.values(keptOf('02_known')).sort()).toEqual(['fourth', 'third'])
  })

  it('is kept where it is a link, or a directory in place of a file', async () => {
    const { at, go, keptOf } = await bench()
    rmSync(at('01_make/in/text.txt'))
    symlinkSync('/nowhere', at('01_make/in/text.txt'))
    rmSync(at('01_make/size.json'))
    mkdirSync(at('01_make/size.json'))
    writeFileSync(at('01_make/size.json/why'), 'because')
    await go()
    expect(keptOf('01_make')).toEqual({ 'in/text.txt': 'link', 'size.json/why': 'because' })
  })

  it('is kept where the manifest is damaged, and what the store has is not', async () => {
    const { at, go, keptOf } = await bench()
    writeFileSync(at('01_make/manifest.json'), 'garbage')
    writeFileSync(at('01_make/tree/folder/file'), 'mine')
    await go({ text: 'two' })
    expect(keptOf('01_make')).toEqual({ 'tree/folder/file': 'mine' })
  })

  it('is not made of what is only written in another way, is older, or was emptied', async () => {
    const { at, go } = await bench()
    writeFileSync(at('01_make/size.json'), ' 3\n')
    writeFileSync(at('01_make/in/text.txt'), '')
    renameSync(at('01_make/tree/folder/file'), at('01_make/file'))
    expect((await go()).warnings).toEqual([])
    expect((await go({ text: 'two' })).warnings).toEqual([])
    expect((await go()).warnings).toEqual([])
  })

  it('is shown by the status of the job, is no step of it, and stays where old jobs are removed', async () => {
    const { at, go, store, jobDir } = await bench()
    writeFileSync(at('01_make/in/text.txt'), 'mine')
    writeFileSync(at('02_known/a/in/text.txt'), 'mine, too')
    await go()
    const status = await jobStatus(jobDir)
    const { edited, steps }: Partial<JobStatus> = status.ok ? status.value : {}
    expect(edited).toEqual([
      { directory: expect.stringMatching(/^01_make\.edited-/), files: ['in/text.txt'] },
      { directory: expect.stringMatching(/^02_known\/a\.edited-/), files: ['in/text.txt'] },
    ])
    expect(steps?.map(({ step }) => step)).toEqual(['make', 'known/a', 'known/b', 'list', 'item/a', 'item/b'])
    await pruneJobs(store, { olderThanMs: 0 })
    expect(readdirSync(jobDir, { recursive: true }).filter((name) => String(name).endsWith('text.txt'))).toHaveLength(2)
  })
})

describe('items that a fan-out no longer has', () => {
  it('leave their place, and what a person changed there is kept', async () => {
    const { at, go, keptOf } = await bench()
    writeFileSync(at('02_known/b/in/text.txt'), 'mine')
    writeFileSync(at('02_known/b/notes.txt'), 'notes')
    writeFileSync(at('04_item/b/text.txt'), 'mine, too')
    const { warnings, result } = await go({ items: ['a'], names: ['a'] })
    expect(result.status).toBe('completed')
    expect(existsSync(at('02_known/b'))).toBe(false)
    expect(existsSync(at('04_item/b'))).toBe(false)
    expect(keptOf('02_known/b')).toEqual({ 'in/text.txt': 'mine', 'notes.txt': 'notes' })
    expect(keptOf('04_item/b')).toEqual({ 'text.txt': 'mine, too' })
    expect(warnings.at(-1)).toMatch(/known\/b.* are no longer items: their directories were removed/)
    expect((await go({ items: ['a'], names: ['a'] })).warnings).toEqual([])
    const again = await go()
    expect(again.executed).toEqual([])
    expect(readFileSync(at('04_item/b/text.txt'), 'utf8')).toBe('b')
  })

  it('stay where the run did not get as far as their list', async () => {
    const { at, go } = await bench()
    await go({ items: ['a'] }, { selection: { to: 'make' } })
    expect(existsSync(at('04_item/b'))).toBe(true)
  })

  it('leave no empty directory where none is left', async () => {
    const { at, go } = await bench()
    await go({ items: [] })
    expect(readdirSync(at()).filter((name) => /^\d/.test(name))).toEqual(['01_make', '02_known', '03_list'])
  })
})

describe('a directory that is no job', () => {
  it('becomes one with a warning, and its files stay', async () => {
    const { run, path } = await createWorkbench()
    mkdirSync(path('films'))
    for (const name of ['a.mp4', 'b.mp4', '01_take']) writeFileSync(path('films', name), name)
    const { of, result } = await run(pipeline, { jobDir: path('films') })
    expect(result.status).toBe('completed')
    expect(of('pipeline_warning').map(({ message }) => message)).toEqual([
      `${path('films')} was no job, and holds 01_take, a.mp4, b.mp4; this run writes its files beside them, and leaves them alone`,
    ])
    expect(readFileSync(path('films', 'a.mp4'), 'utf8')).toBe('a.mp4')
    expect((await run(pipeline, { jobDir: path('films') })).of('pipeline_warning')).toEqual([])
  })

  it('is one that lost its record, without a warning', async () => {
    const { at, go } = await bench()
    rmSync(at('job.json'))
    expect((await go()).warnings).toEqual([])
  })
})
