import { readdirSync } from 'node:fs'
import { expect, it } from 'vitest'
import { z } from 'zod'
import { definePipeline, defineStage, json } from '../../../src/core/index.ts'
import type { ExecutedEnd } from '../../../src/engine/execute/executor.ts'
import { digestBytes } from '../../../store/index.ts'
import { artifactsBelow } from '../../rig/file-tree.ts'
import { createWorkbench } from '../../rig/workbench.ts'

const pipeline = definePipeline({
  name: 'elsewhere',
  inputs: {},
  params: z.object({}),
  build: ({ step }) =>
    step(
      defineStage({
        name: 'work',
        version: 1,
        inputs: {},
        params: z.object({}),
        outputs: { text: 'text.txt', value: json() },
        run: () => {
          throw new Error('it is executed elsewhere')
        },
      }),
      {},
    ),
})

function artifact<Kind extends 'file' | 'json'>(kind: Kind, text: string) {
  const digest = digestBytes(Buffer.from(text))
  return { kind, digest, sizeBytes: digest.sizeBytes }
}

const text = artifact('file', 'made elsewhere')
const value = artifact('json', '{"made":"elsewhere"}')

/** Runs the pipeline with an executor that says what it made, and has brought these texts to the store. */
async function answered(outputs: ExecutedEnd['outputs'], brought: readonly string[]) {
  const workbench = await createWorkbench()
  const { store, jobDir, run } = workbench
  const { result } = await run(pipeline, {
    executor: () => ({
      async execute({ action }) {
        await store.blobs.put(brought.map((made) => store.blobs.stageBytes(Buffer.from(made))))
        return {
          kind: 'executed',
          outputs,
          cost: { durationMs: 1 },
          ran: { device: action.device, tools: { sh: '1' } },
        }
      },
    }),
  })
  return { ...workbench, result, made: artifactsBelow(jobDir), left: readdirSync(`${jobDir}/.work`) }
}

it('records what another executor has brought to the store, and the next run executes nothing', async () => {
  const { run, result, made, left } = await answered({ text, value }, ['made elsewhere', '{"made":"elsewhere"}'])
  expect(result.outcomes.get('work')).toMatchObject({
    kind: 'executed',
    recorded: true,
    result: { durationMs: 1, tools: { sh: '1' } },
  })
  expect(made).toEqual({ '01_work/text.txt': text.digest.hash, '01_work/value.json': value.digest.hash })
  expect(left).toEqual([])
  expect((await run(pipeline)).cached).toEqual(['work'])
})

it.each<[string, ExecutedEnd['outputs'], readonly string[], object]>([
  [
    'has not brought to the store',
    { text, value },
    ['made elsewhere'],
    { kind: 'store', failure: { kind: 'blob-missing', hash: value.digest.hash } },
  ],
  ['leaves out', { text }, ['made elsewhere'], { kind: 'output-missing', output: 'value' }],
  ['takes for another kind', { text: value, value }, [], { kind: 'output-missing', output: 'text' }],
  ['has, and the stage does not declare', { text, value, more: text }, [], { kind: 'output-invalid', output: 'more' }],
])(
  'fails a step, and records nothing, for an output that another executor %s',
  async (_, outputs, brought, failure) => {
    const { run, result, made, left } = await answered(outputs, brought)
    expect(result.failure).toMatchObject(failure)
    expect([made, left]).toEqual([{}, []])
    const again = await run(pipeline)
    expect(again.cached).toEqual([])
    expect(again.result.failure).toMatchObject({ kind: 'stage-threw' })
  },
)
