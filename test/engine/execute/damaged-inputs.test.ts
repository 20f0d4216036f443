import { appendFileSync, copyFileSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { definePipeline, defineStage, defineTool, describeFailure } from '../../../src/core/index.ts'
import { createWorkbench } from '../../rig/workbench.ts'

const sed = defineTool({
  name: 'sed',
  command: 'sed',
  version: { args: ['--version'], parse: () => '4' },
  install: { debian: 'sed' },
})
const deeds = ['none', 'write', 'append', 'tool', 'remove', 'move', 'tree', 'fail', 'touch'] as const

/** More than is copied. */
const large = 'precious'.repeat(1_200_000)

const make = defineStage({
  name: 'make',
  version: 1,
  inputs: {},
  params: z.object({ isLarge: z.boolean() }),
  outputs: { text: 'text.txt' },
  run: ({ params, outputs }) => writeFileSync(outputs.text, params.isLarge ? large : 'precious'),
})
const use = defineStage({
  name: 'use',
  version: 1,
  inputs: { file: 'file', made: 'file', tree: 'tree' },
  params: z.object({ deed: z.enum(deeds), input: z.enum(['file', 'made']) }),
  outputs: { text: 'text.txt' },
  tools: [sed],
  async run({ inputs, params: { deed, input }, outputs, exec, fail }) {
    const path = inputs[input]
    if (deed === 'write') writeFileSync(path, 'gone')
    if (deed === 'append') appendFileSync(path, 'more')
    if (deed === 'tool') await exec(sed, ['-i', '--follow-symlinks', 's/precious/gone/', path])
    if (deed === 'remove') rmSync(path)
    if (deed === 'tree') writeFileSync(join(inputs.tree, 'new'), 'new')
    if (deed === 'touch') writeFileSync(path, readFileSync(path))
    if (deed === 'move') renameSync(path, outputs.text)
    else writeFileSync(outputs.text, 'x')
    if (deed === 'fail') {
      writeFileSync(path, 'gone')
      fail('and then it gave up')
    }
  },
})
const pipeline = definePipeline({
  name: 'damage',
  inputs: { file: 'file', tree: 'tree' },
  params: z.object({ deed: z.enum(deeds), input: z.enum(['file', 'made']).default('file'), isLarge: z.boolean() }),
  build({ step, inputs, params: { deed, input, isLarge } }) {
    const { text: made } = step(make, {}, { params: { isLarge } })
    return step(use, { file: inputs.file, tree: inputs.tree, made }, { params: { deed, input } })
  },
})

async function bench(text: string) {
  const workbench = await createWorkbench()
  const [file, tree] = [workbench.path('film.txt'), workbench.path('films')]
  writeFileSync(file, text)
  mkdirSync(join(tree, 'a'), { recursive: true })
  writeFileSync(join(tree, 'a', 'film'), 'film')
  const run = async (deed: (typeof deeds)[number], input = 'file', request = {}) => {
    const observed = await workbench.run(pipeline, {
      inputs: { file, tree },
      params: { deed, input, isLarge: text === large },
      ...request,
    })
    const { failure } = observed.result
    return { ...observed, failure, message: failure === undefined ? '' : describeFailure(failure) }
  }
  return { ...workbench, run, file, tree, made: workbench.path('job/01_make/text.txt') }
}

describe('a stage that writes into its input', () => {
  it.each(['write', 'append', 'tool', 'tree'] as const)(
    'by %s fails, and the file of the user is unharmed',
    async (deed) => {
      const { run, file, tree } = await bench('precious')
      const { failure, message } = await run(deed)
      const path = deed === 'tree' ? tree : file
      expect(failure).toEqual({ kind: 'input-changed', step: 'use', path, written: 'copy' })
      expect(message).toContain(`the stage wrote into its input ${path}; it had a copy, so the file itself is unharmed`)
      expect(message).toContain('--lint')
      expect(readFileSync(file, 'utf8')).toBe('precious')
      expect((await run('none')).result.status).toBe('completed')
      expect((await run(deed, 'file', { lint: true })).result.lint).toEqual([
        { stage: 'use', finding: 'input-changed', what: [path] },
      ])
    },
  )

  it.each(['write', 'append', 'tool', 'fail'] as const)('by %s harms no result of another step', async (deed) => {
    const { run, made } = await bench(large)
    const { failure, of } = await run(deed, 'made')
    const warned = of('stage_log').map(({ line }) => line)
    if (deed === 'fail') expect(warned).toEqual([expect.stringContaining('the file was put back from the store')])
    else expect(failure).toEqual({ kind: 'input-changed', step: 'use', path: made, written: 'restored' })
    expect(readFileSync(made, 'utf8')).toBe(large)
    const next = await run('none', 'made')
    expect([next.executed, next.cached]).toEqual([['use'], ['make']])
    expect(next.of('pipeline_warning')).toEqual([])
  })

  it('is told where the file of the user was too large for a copy', async () => {
    const { run, file } = await bench(large)
    const { failure, message } = await run('append')
    // A file system that clones harms nothing.
    expect(failure).toMatchObject({ kind: 'input-changed', step: 'use', path: file })
    expect(message).toContain(`the stage wrote into its input ${file}`)
  })

  it('with what is there already, moves it or removes it does no harm', async () => {
    const { run, file } = await bench('precious')
    for (const deed of ['touch', 'remove', 'move'] as const) expect((await run(deed)).result.status).toBe('completed')
    expect(readFileSync(file, 'utf8')).toBe('precious')
  })

  it('is not blamed for what another program changes in a file of which it has a copy', async () => {
    const { run, file, path } = await bench('precious')
    writeFileSync(path('other'), 'other')
    const { failure, message } = await run('none', 'file', {
      onEvent: ({ event, stage }: { event: string; stage?: string }) => {
        if (event === 'stage_running' && stage === 'use') copyFileSync(path('other'), file)
      },
    })
    expect(failure).toEqual({ kind: 'input-changed', step: 'use', path: file })
    expect(message).toContain('changed while the step read it')
  })
})
