import { chmodSync, readFileSync, writeFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { definePipeline, defineStage, defineTool } from '../../../src/core/index.ts'
import { planRun } from '../../../src/engine/index.ts'
import { copyText } from '../../rig/plain-stages.ts'
import { createWorkbench } from '../../rig/workbench.ts'

/** Makes a program that prints `answer` when it is asked for its version, and a pipeline that uses it. */
async function bench(answer: string) {
  const workbench = await createWorkbench()
  const program = workbench.path('shouter')
  const answering = (text: string) => {
    writeFileSync(program, `#!/bin/sh\necho '${text}'\n`)
    chmodSync(program, 0o755)
  }
  answering(answer)
  const shouter = defineTool({
    name: 'shouter',
    command: program,
    version: { args: ['--version'], parse: (printed) => /^version (\S+)/.exec(printed)?.[1] },
    install: {},
  })
  const shout = defineStage({
    name: 'shout',
    version: 1,
    inputs: {},
    params: z.object({}),
    outputs: { text: 'text.txt' },
    tools: [shouter],
    async run({ exec, outputs }) {
      await exec(shouter, [])
      writeFileSync(outputs.text, 'loud')
    },
  })
  const pipeline = definePipeline({
    name: 'shouting',
    inputs: {},
    params: z.object({}),
    build({ step }) {
      const { text } = step(shout, {})
      return step(copyText, { text })
    },
  })
  return { ...workbench, answering, program, pipeline, shout: () => workbench.run(pipeline) }
}

describe('a part of the key that cannot be determined', () => {
  it('leaves the step unrecorded, and says so; what follows hits by the bytes', async () => {
    const { shout, program, path } = await bench('I am a shouter')
    const because = `${program} does not report its version`
    const first = await shout()
    expect(first.result.status).toBe('completed')
    expect(first.of('stage_completed').map(({ stage, recorded }) => [stage, recorded])).toEqual([
      ['shout', false],
      ['copy', true],
    ])
    expect(first.of('artifact_stored').map(({ stage }) => stage)).toEqual(['copy'])
    expect(first.of('stage_log').map(({ line }) => line)).toContain(`the result is not kept for later runs: ${because}`)

    const second = await shout()
    expect([second.executed, second.cached]).toEqual([['shout'], ['copy']])
    expect(second.of('stage_cache_miss').map(({ reasons }) => reasons)).toEqual([[{ kind: 'not-cacheable', because }]])
    const manifest: unknown = JSON.parse(readFileSync(path('job/01_shout/manifest.json'), 'utf8'))
    expect(manifest).toMatchObject({ cache: 'off', tools: { shouter: { version: null } } })
  })

  it('is foretold', async () => {
    const { shout, store, jobDir, pipeline } = await bench('I am a shouter')
    await shout()
    const plan = await planRun({ pipeline, inputs: {}, jobDir, store, device: 'cpu' })
    expect(plan.ok && plan.value).toMatchObject([
      { step: 'shout', kind: 'miss', reasons: [{ kind: 'not-cacheable' }] },
      { step: 'copy', kind: 'unknown', after: ['shout'] },
    ])
  })

  it('is over when the tool tells its version', async () => {
    const { shout, answering } = await bench('I am a shouter')
    await shout()
    answering('version 2')
    expect((await shout()).executed).toEqual(['shout'])
    expect((await shout()).executed).toEqual([])
  })

  it('is another thing than a program that cannot be started', async () => {
    const { shout, program } = await bench('version 2')
    writeFileSync(program, 'no program')
    const { result, executed } = await shout()
    expect([result.failure?.kind, executed]).toEqual(['tool-missing', []])
  })
})
