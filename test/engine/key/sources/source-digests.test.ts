import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { pathToFileURL } from 'node:url'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { definePipeline, defineStage, describeReason } from '../../../../src/core/index.ts'
import type { LocalStore, Memos } from '../../../../store/index.ts'
import { createWorkbench } from '../../../rig/workbench.ts'

/** A pipeline of one stage, whose source is said to be in some file. */
function sourced(source: string | readonly string[] | undefined) {
  const stage = defineStage({
    name: 'work',
    version: 1,
    ...(source === undefined ? {} : { source }),
    inputs: {},
    params: z.object({}),
    outputs: { text: 'text.txt' },
    run: ({ outputs }) => writeFileSync(outputs.text, 'done'),
  })
  return definePipeline({ name: 'sourced', inputs: {}, params: z.object({}), build: ({ step }) => step(stage, {}) })
}

async function bench(files: Readonly<Record<string, string>>) {
  const workbench = await createWorkbench()
  const write = (name: string, text: string) => {
    const path = workbench.path('project', name)
    mkdirSync(dirname(path), { recursive: true })
    writeFileSync(path, text)
    return path
  }
  for (const [name, text] of Object.entries(files)) write(name, text)
  const url = (name: string) => pathToFileURL(workbench.path('project', name)).href
  /** Runs the stage as a program does that was started now; returns why it missed, or `hit`. */
  const why = async (source: string | readonly string[] | undefined, store?: LocalStore) => {
    const run = await workbench.run(sourced(source), store === undefined ? {} : { store })
    const reasons = run.of('stage_cache_miss').flatMap(({ reasons }) => reasons.map(describeReason))
    return run.executed.length === 0 ? 'hit' : reasons.join('; ')
  }
  return { ...workbench, write, url, why }
}

const files = {
  'stages/mix.ts': "import { level } from '../levels.js'\nimport { z } from 'zod'\nexport const mix = () => level(z)\n",
  'levels.ts':
    "import data from './data.json'\nimport { more } from './more'\nexport const level = () => [data, more]\n",
  'more/index.ts': 'export const more = 1\n',
  'data.json': '{ "level": 3 }',
  'node_modules/zod/index.js': 'exports.z = 1\n',
  'node_modules/zod/package.json': '{ "name": "zod", "version": "4.0.0" }\n',
  'unused.ts': 'export const unused = 1\n',
}

describe("a stage's source", () => {
  it('is part of the key with the files it imports, and without comments and formatting', async () => {
    const { write, url, why } = await bench(files)
    const mix = url('stages/mix.ts')
    expect(await why(mix)).toBe('never run')
    write('levels.ts', `// how loud\n${files['levels.ts'].replaceAll("'", '"').replace('\n', ';\n\n')}`)
    expect(await why(mix)).toBe('hit')
    write('unused.ts', 'export const unused = 2\n')
    write('node_modules/zod/index.js', 'exports.z = 2\n')
    expect(await why(mix)).toBe('hit')
    write('more/index.ts', 'export const more = 2\n')
    expect(await why(mix)).toBe('source ../more/index changed')
    write('data.json', '{ "level": 4 }')
    expect(await why(mix)).toBe('source ../data.json changed')
    write('stages/mix.ts', `import './gain.ts'\n${files['stages/mix.ts']}`)
    write('stages/gain.ts', 'globalThis.gain = 1\n')
    expect(await why(mix)).toBe('source gain is new')
    write('stages/mix.ts', files['stages/mix.ts'])
    write('data.json', files['data.json'])
    write('more/index.ts', files['more/index.ts'])
    expect(await why(mix)).toBe('hit')
  })

  it('is the same wherever the project lies', async () => {
    const { write, url, why } = await bench(files)
    await why(url('stages/mix.ts'))
    for (const [name, text] of Object.entries(files)) write(`elsewhere/${name}`, text)
    expect(await why(url('elsewhere/stages/mix.ts'))).toBe('hit')
  })

  it('may be several files, and may be left to the version', async () => {
    const { write, url, why } = await bench(files)
    const both = [url('levels.ts'), url('unused.ts')]
    expect(await why(both)).toBe('never run')
    write('unused.ts', 'export const unused = 2\n')
    expect(await why(both)).toBe('source unused changed')
    expect(await why('version')).toBe("the stage's source is no longer part of the key")
    expect(await why(undefined)).toBe('hit')
  })

  it('is read once: a run with nothing to do parses nothing and learns nothing', async () => {
    const { url, why, store, write } = await bench(files)
    const learned: string[] = []
    const set: Memos['set'] = (name, value) => {
      if (name.startsWith('source form')) learned.push(name)
      store.ledger.memos.set(name, value)
    }
    const watched = { ...store, ledger: { ...store.ledger, memos: { ...store.ledger.memos, set } } }
    await why(url('stages/mix.ts'), watched)
    expect(learned).toHaveLength(4)
    expect(await why(url('stages/mix.ts'), watched)).toBe('hit')
    write('levels.ts', `${files['levels.ts']}// a comment`)
    expect(await why(url('stages/mix.ts'), watched)).toBe('hit')
    expect(learned).toHaveLength(5)
  })

  it('that was changed after it had been loaded, or is gone, leaves the result unrecorded', async () => {
    const { run, write, path, url } = await bench(files)
    const loaded = sourced(url('stages/mix.ts'))
    // Written until the file's time is later than the stage's: the clock of a file system has coarse ticks.
    const definedBy = Date.now()
    while (Date.now() <= definedBy + 10) write('levels.ts', 'export const level = () => 0\n')
    const changed = await run(loaded)
    expect(changed.of('stage_completed').map(({ recorded }) => recorded)).toEqual([false])
    expect(changed.of('stage_cache_miss')[0]?.reasons).toEqual([
      { kind: 'not-cacheable', because: 'its source ../levels.ts changed after it was loaded' },
    ])
    const gone = await run(sourced(path('project', 'none.ts')))
    expect(gone.of('stage_cache_miss')[0]?.reasons).toEqual([
      { kind: 'not-cacheable', because: 'its source none.ts cannot be read' },
    ])
  })
})
