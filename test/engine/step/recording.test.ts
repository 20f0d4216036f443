import { readdirSync, readFileSync, utimesSync, writeFileSync } from 'node:fs'
import { expect, it, vi } from 'vitest'
import { z } from 'zod'
import { definePipeline, defineStage, json } from '../../../src/core/index.ts'
import { collect, planCollection, stageArtifact } from '../../../store/index.ts'
import { createWorkbench, openTestStore } from '../../rig/workbench.ts'

const outOfLine = 100_000

/** Writes two files that are kept out of line, and changes its input where it is told to. */
const write = defineStage({
  name: 'write',
  version: 1,
  inputs: { text: 'file' },
  params: z.object({ changes: z.boolean().default(false) }),
  outputs: { first: 'first.txt', second: 'second.txt' },
  run({ inputs, params, outputs }) {
    writeFileSync(outputs.first, 'x'.repeat(outOfLine))
    writeFileSync(outputs.second, readFileSync(inputs.text, 'utf8').repeat(outOfLine))
    if (params.changes) writeFileSync(inputs.text, 'changed')
  },
})
const pipeline = definePipeline({
  name: 'recording',
  inputs: { text: 'file' },
  params: z.object({ changes: z.boolean().default(false) }),
  build: ({ step, inputs, params }) => step(write, inputs, { params }),
})

async function bench() {
  const workbench = await createWorkbench()
  const store = await openTestStore(workbench.path('own-store'))
  const text = workbench.path('text.txt')
  writeFileSync(text, 'text')
  utimesSync(text, new Date(0), new Date(0))
  const run = (params = {}) => workbench.run(pipeline, { store, inputs: { text }, params })
  return { ...workbench, store, run, waiting: () => readdirSync(`${store.dir}/tmp`) }
}

it('leaves nothing for the store that it does not take, because an input changed meanwhile', async () => {
  const { run, waiting } = await bench()
  const { result } = await run({ changes: true })
  expect(result.failure).toMatchObject({ kind: 'input-changed' })
  expect(waiting()).toEqual([])
})

it('records a result of which a blob was collected between its staging and its commit, and leaves nothing', async () => {
  const { store, run, waiting, path } = await bench()
  writeFileSync(path('first.txt'), 'x'.repeat(outOfLine))
  const known = await stageArtifact(store.blobs, 'file', path('first.txt'))
  if (!known.ok || !(await store.blobs.put(known.value.staged)).ok) throw new Error('the blob cannot be put')
  const { commit } = store.actions
  const commits = vi.spyOn(store.actions, 'commit').mockImplementation(async (record, staged) => {
    const plan = planCollection(store)
    if (commits.mock.calls.length === 1 && plan.ok) await collect(store, plan.value)
    return commit(record, staged)
  })
  const { result, of } = await run()
  expect(result.status).toBe('completed')
  expect(commits).toHaveBeenCalledTimes(2)
  expect(of('stage_completed')).toMatchObject([{ recorded: true }])
  expect(waiting()).toEqual([])
})

it('leaves nothing where the store refuses what was staged anew', async () => {
  const { store, run, waiting } = await bench()
  const refusals = [
    { kind: 'blob-missing', hash: 'f'.repeat(64) } as const,
    { kind: 'store-full', dir: store.dir } as const,
  ]
  vi.spyOn(store.actions, 'commit').mockImplementation(async () => {
    const error = refusals.shift()
    if (error === undefined) throw new Error('it is not to be tried again')
    return { ok: false, error }
  })
  const { result, of } = await run()
  expect(result.status).toBe('completed')
  expect(of('stage_completed')).toMatchObject([{ recorded: false }])
  expect(waiting()).toEqual([])
})

it('says once that a store takes no results, however many steps there are', async () => {
  const { store, run } = await createWorkbench()
  const count = defineStage({
    name: 'count',
    version: 1,
    params: z.object({ n: z.number() }),
    outputs: { n: json(z.number()) },
    run: ({ params }) => params,
  })
  const counts = definePipeline({
    name: 'counts',
    build: ({ step, each }) => each([1, 2, 3], (n) => step(count, {}, { params: { n } })),
  })
  const error = { kind: 'store-read-only', dir: store.dir } as const
  vi.spyOn(store.actions, 'commit').mockResolvedValue({ ok: false, error })
  const { of } = await run(counts)
  expect(of('stage_completed').map(({ recorded }) => recorded)).toEqual([false, false, false])
  expect(of('pipeline_warning').map(({ message }) => message)).toEqual([
    `results are not kept for later runs: the store ${store.dir} is read-only, so no new results can be recorded in it; choose another store with --store`,
  ])
  expect(of('stage_log')).toEqual([])
})
