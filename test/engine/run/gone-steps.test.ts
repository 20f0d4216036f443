import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { definePipeline, defineStage } from '../../../src/core/index.ts'
import { createWorkbench } from '../../rig/workbench.ts'

const make = defineStage({
  name: 'make',
  version: 1,
  inputs: {},
  params: z.object({ text: z.string() }),
  outputs: { text: 'text.txt' },
  run: ({ params, outputs }) => writeFileSync(outputs.text, params.text),
})

/** A pipeline of these steps, one after the other; one whose name ends in `s` is a fan-out. */
const pipelineOf = (names: readonly string[]) =>
  definePipeline({
    name: 'changing',
    inputs: {},
    params: z.object({}),
    build({ step, each }) {
      for (const name of names) {
        const add = (text: string) => step(make, {}, { id: name, params: { text } })
        if (name.endsWith('s')) each(['a', 'b'], (item) => add(`${name} ${item}`))
        else add(name)
      }
      return {}
    },
  })

describe('a step that a pipeline no longer has', () => {
  it('leaves its directory, also where only its number changed; what a person put there is kept', async () => {
    const { run, jobDir, path } = await createWorkbench()
    await run(pipelineOf(['first', 'old', 'items', 'last']))
    writeFileSync(path('job', '02_old', 'text.txt'), 'my words')
    writeFileSync(path('job', '03_items', 'a', 'note.txt'), 'a note')
    mkdirSync(path('job', '07_mine'))
    const { executed, of } = await run(pipelineOf(['first', 'items', 'last']))
    expect(executed).toEqual([])
    const isEdited = (name: string) => name.includes('.edited-')
    const names = readdirSync(jobDir).filter((name) => /^\d/.test(name))
    expect(names.filter((name) => !isEdited(name))).toEqual(['01_first', '02_items', '03_items', '03_last', '07_mine'])
    const [old = ''] = names.filter(isEdited)
    expect(old).toMatch(/^02_old\.edited-/)
    expect(readFileSync(path('job', old, 'text.txt'), 'utf8')).toBe('my words')
    const [note = '', ...others] = readdirSync(path('job', '03_items'))
    expect([note, others]).toEqual([expect.stringMatching(/^a\.edited-/), []])
    const messages = of('pipeline_warning').map(({ message }) => message)
    expect(messages.filter((message) => message.includes("is no step's directory any more"))).toEqual([
      expect.stringMatching(/^02_old /),
      expect.stringMatching(/^03_items /),
      expect.stringMatching(/^04_last /),
    ])
    expect((await run(pipelineOf(['first', 'items', 'last']))).of('pipeline_warning')).toEqual([])
    expect((await run(pipelineOf(['first', 'old', 'items', 'last']))).executed).toEqual([])
  })

  it('keeps its directory where the store does not have its result', async () => {
    const { run, path, store } = await createWorkbench()
    const first = await run(pipelineOf(['first', 'old']))
    const keys = first.of('stage_running').flatMap(({ stage, key }) => (stage === 'old' ? [key] : []))
    await store.actions.remove(keys, 'a test')
    await run(pipelineOf(['first']))
    expect(readFileSync(path('job', '02_old', 'text.txt'), 'utf8')).toBe('old')
  })
})
