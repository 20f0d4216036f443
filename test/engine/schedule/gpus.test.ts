import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import {
  type ArtifactRef,
  type Device,
  definePipeline,
  defineStage,
  defineTool,
  json,
} from '../../../src/core/index.ts'
import { createControl, settle } from '../../rig/controlled-stage.ts'
import { createWorkbench } from '../../rig/workbench.ts'

const shell = defineTool({
  name: 'sh',
  command: '/bin/sh',
  version: { args: ['-c', 'echo 1'], parse: (printed) => printed.trim() },
  install: {},
})

/** Steps that wait for the test, and note which GPUs they have, and which their tools see. */
function training(names: readonly string[], { slots = 1, devices = ['cuda', 'cpu'] as readonly Device[] } = {}) {
  const control = createControl()
  const gate = control.stage('gate', { pool: 'io' })
  const seen = new Map<string, { readonly stage: readonly string[]; readonly tool: string }>()
  const stage = defineStage({
    name: 'train',
    version: 1,
    inputs: {},
    params: z.object({ name: z.string() }),
    outputs: { done: json(z.boolean()) },
    devices,
    tools: [shell],
    resources: { pool: 'gpu', slots },
    async run({ params: { name }, gpus, exec, outputs: _, ...context }) {
      const { stdout } = await exec(shell, ['-c', 'printf %s "$CUDA_VISIBLE_DEVICES"'])
      seen.set(name, { stage: gpus, tool: stdout })
      await gate.run({
        ...context,
        params: { name },
        gpus,
        exec,
        inputs: { after: [] },
        outputs: { text: '/dev/null' },
      })
      return { done: true }
    },
  })
  const pipeline = definePipeline({
    name: 'training',
    inputs: {},
    params: z.object({}),
    build: ({ step }) => {
      const placed = names.map((name): [string, ArtifactRef] => [
        name,
        step(stage, {}, { id: name, params: { name } }).done,
      ])
      return Object.fromEntries(placed)
    },
  })
  return { control, seen, pipeline }
}

const cuda = { device: 'cuda', concurrency: 8 } as const

describe('steps in the pool of GPUs', () => {
  it('run one a GPU, each told which it has, and their tools see no other', async () => {
    const { control, seen, pipeline } = training(['a', 'b', 'c'])
    const { run } = await createWorkbench()
    const running = run(pipeline, { ...cuda, gpus: ['0', '1'] })
    const [first, second] = [await control.invoked('a'), await control.invoked('b')]
    await settle()
    expect(control.running).toEqual(['a', 'b'])
    expect([...seen.values()].map(({ tool }) => tool).sort()).toEqual(['0', '1'])
    second.finish()
    const third = await control.invoked('c')
    expect(seen.get('c')).toEqual(seen.get('b'))
    expect(seen.get('c')?.stage).toEqual([seen.get('c')?.tool])
    first.finish()
    third.finish()
    expect((await running).result.status).toBe('completed')
  })

  it('have as many GPUs as they take slots', async () => {
    const { control, seen, pipeline } = training(['a', 'b'], { slots: 2 })
    const { run } = await createWorkbench()
    const running = run(pipeline, { ...cuda, gpus: ['3', 'GPU-5c01'] })
    const first = await control.invoked('a')
    await settle()
    expect(control.running).toEqual(['a'])
    expect(seen.get('a')).toEqual({ stage: ['3', 'GPU-5c01'], tool: '3,GPU-5c01' })
    first.finish()
    ;(await control.invoked('b')).finish()
    await running
  })

  it('share GPUs evenly where more slots are declared than there are', async () => {
    const { control, seen, pipeline } = training(['a', 'b', 'c', 'd'])
    const { run } = await createWorkbench()
    const running = run(pipeline, { ...cuda, gpus: ['0', '1'], pools: { gpu: 4 } })
    const invocations = await Promise.all(['a', 'b', 'c', 'd'].map((name) => control.invoked(name)))
    expect([...seen.values()].map(({ tool }) => tool).sort()).toEqual(['0', '0', '1', '1'])
    for (const { finish } of invocations) finish()
    await running
  })

  it('have none given where they compute on the CPU', async () => {
    const { control, seen, pipeline } = training(['a'], { devices: ['cpu'] })
    const { run } = await createWorkbench()
    const running = run(pipeline, { ...cuda, gpus: ['7'] })
    ;(await control.invoked('a')).finish()
    await running
    expect(seen.get('a')).toEqual({ stage: [], tool: process.env.CUDA_VISIBLE_DEVICES ?? '' })
  })

  it('have the same key whichever GPU they had', async () => {
    const { control, pipeline } = training(['a'])
    const { run, path } = await createWorkbench()
    const running = run(pipeline, { ...cuda, gpus: ['0'] })
    ;(await control.invoked('a')).finish()
    await running
    expect((await run(pipeline, { ...cuda, gpus: ['1', '2'] })).cached).toEqual(['a'])
    expect(readFileSync(path('job', '01_a', 'manifest.json'), 'utf8')).not.toContain('gpus')
  })
})
