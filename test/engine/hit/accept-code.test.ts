import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { definePipeline, defineStage } from '../../../src/core/index.ts'
import { parseManifest } from '../../../src/core/record/manifest-schema.ts'
import { createWorkbench } from '../../rig/workbench.ts'

describe('a result that a person accepts for changed code', () => {
  async function bench() {
    const workbench = await createWorkbench()
    const source = workbench.path('stage.ts')
    const code = (text: string) => writeFileSync(source, `export const work = ${text}\n`)
    code('1')
    /** Defined anew, as in a program that is started after the change. */
    const pipeline = () => {
      const work = defineStage({
        name: 'work',
        version: 1,
        source: pathToFileURL(source).href,
        inputs: {},
        params: z.object({ loud: z.boolean() }),
        outputs: { text: 'text.txt' },
        run: ({ outputs }) => writeFileSync(outputs.text, 'done'),
      })
      const shout = defineStage({
        name: 'shout',
        version: 1,
        inputs: { text: 'file' },
        params: z.object({}),
        outputs: { loud: 'loud.txt' },
        run: ({ inputs, outputs }) => writeFileSync(outputs.loud, readFileSync(inputs.text, 'utf8')),
      })
      return definePipeline({
        name: 'accepting',
        inputs: {},
        params: z.object({ loud: z.boolean().default(false) }),
        build: ({ step, params }) => step(shout, step(work, {}, { params })),
      })
    }
    const run = async (acceptCode: readonly string[], params = {}) => {
      const { executed } = await workbench.run(pipeline(), { params, selection: { acceptCode } })
      return executed
    }
    const manifest = () =>
      parseManifest(JSON.parse(readFileSync(join(workbench.path('job'), '01_work/manifest.json'), 'utf8')))
    return { ...workbench, code, accept: run, manifest }
  }

  it('is recorded under the new key, and its manifest says so', async () => {
    const { code, accept, manifest } = await bench()
    expect(await accept([])).toEqual(['shout', 'work'])
    const before = manifest()
    expect(before).not.toHaveProperty('accepted_from')
    code('2')
    expect(await accept(['work'])).toEqual([])
    expect(manifest()).toMatchObject({ cache: 'hit', accepted_from: before?.action_key, timestamp: before?.timestamp })
    expect(manifest()?.action_key).not.toBe(before?.action_key)
    expect(await accept([])).toEqual([])
    code('3')
    expect(await accept([])).toEqual(['work'])
  })

  it('is no other one: where more than code has changed, the step is executed', async () => {
    const { code, accept } = await bench()
    await accept([])
    code('2')
    expect(await accept(['work'], { loud: true })).toEqual(['work'])
    expect(await accept(['work'])).toEqual([])
  })
})
