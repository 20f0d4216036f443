import { readFileSync, writeFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { definePipeline, defineStage, describeReason, file, json, many } from '../../../src/core/index.ts'
import { listTakes, planRun, readJob, type Selection } from '../../../src/engine/index.ts'
import { type DirectoryStore, openStore } from '../../../store/index.ts'
import { createWorkbench, observe, temporaryDirectory } from '../../rig/workbench.ts'

/** A stage that gives another text each time it is executed, `drawn` times; `same` gives the same text always. */
function throwing() {
  const drawn = { count: 0, fails: false }
  const roll = defineStage({
    name: 'roll',
    version: 1,
    inputs: {},
    params: z.object({ of: z.string(), same: z.boolean().default(false) }),
    outputs: { text: 'text.txt' },
    run({ params, outputs, take, fail }) {
      if (drawn.fails) fail('as it was asked to')
      drawn.count += 1
      writeFileSync(outputs.text, params.same ? params.of : `${params.of} take ${take} throw ${drawn.count}`)
    },
  })
  const join = defineStage({
    name: 'join',
    version: 1,
    inputs: { texts: many(file()) },
    params: z.object({}),
    outputs: { all: json(z.array(z.string())) },
    run: ({ inputs }) => ({ all: inputs.texts.map((path) => readFileSync(path, 'utf8')) }),
  })
  const pipeline = definePipeline({
    name: 'throwing',
    inputs: {},
    params: z.object({ of: z.array(z.string()).default(['a', 'b']), same: z.boolean().default(false) }),
    build({ step, each, params: { of, same } }) {
      const { text } = each(of, (name) => step(roll, {}, { params: { of: name, same } }))
      return step(join, { texts: text })
    },
  })
  return { drawn, pipeline }
}

async function bench() {
  const { drawn, pipeline } = throwing()
  const workbench = await createWorkbench()
  const run = (selection: Selection = {}, params: object = {}, jobDir = workbench.jobDir) =>
    workbench.run(pipeline, { selection, params, jobDir })
  const all = async (selection?: Selection) => (await run(selection)).result.outputs.all
  return { ...workbench, drawn, pipeline, run, all }
}

describe('a take', () => {
  it('is a fresh result beside the earlier ones; what follows uses it, and so does the next run', async () => {
    const { run, all } = await bench()
    await run()
    const rerolled = await run({ reroll: ['roll/a'] })
    expect(rerolled.executed).toEqual(['join', 'roll/a'])
    const why = rerolled.of('stage_cache_miss').find(({ stage }) => stage === 'roll/a')?.reasons ?? []
    expect(why.map(describeReason)).toEqual(['take 1 -> 2'])
    for (const type of ['stage_running', 'stage_completed'] as const) {
      expect(new Map(rerolled.of(type).map(({ stage, take }) => [stage, take]))).toEqual(
        new Map([
          ['roll/a', 2],
          ['join', undefined],
        ]),
      )
    }
    expect(rerolled.result.outputs.all).toMatchObject({ value: ['a take 2 throw 3', 'b take 1 throw 2'] })

    const next = await run()
    expect(next.executed).toEqual([])
    expect(next.result.outputs.all).toEqual(rerolled.result.outputs.all)

    const first = await run({ takes: { 'roll/a': 1 } })
    expect(first.executed).toEqual([])
    expect(first.result.outputs.all).toMatchObject({ value: ['a take 1 throw 1', 'b take 1 throw 2'] })
    expect(await all()).toEqual(first.result.outputs.all)
    expect(await all({ takes: { 'roll/a': 2 } })).toEqual(rerolled.result.outputs.all)
  })

  it('may be made of every item of a fan-out at once, and of each alone', async () => {
    const { run, jobDir } = await bench()
    await run()
    expect((await run({ reroll: ['roll'] })).executed).toEqual(['join', 'roll/a', 'roll/b'])
    expect((await run({ reroll: ['roll/b'] })).executed).toEqual(['join', 'roll/b'])
    const job = await readJob(jobDir)
    expect(job.ok && job.value.takes).toEqual({
      'roll/a': { current: 2, highest: 2 },
      'roll/b': { current: 3, highest: 3 },
    })
    const back = await run({ takes: { roll: 2 } })
    expect(back.result.outputs.all).toMatchObject({ value: ['a take 2 throw 3', expect.stringMatching(/^b take 2/)] })
  })

  it('that gives the same bytes leaves what follows a hit', async () => {
    const { run } = await bench()
    await run({}, { same: true })
    expect((await run({ reroll: ['roll'] }, { same: true })).executed).toEqual(['roll/a', 'roll/b'])
  })

  it('is never one that another job has made', async () => {
    const { run, path } = await bench()
    await run()
    await run({ reroll: ['roll/a'] })
    await run({}, {}, path('other'))
    const other = await run({ reroll: ['roll/a'] }, {}, path('other'))
    expect(other.result.outputs.all).toMatchObject({ value: ['a take 3 throw 4', 'b take 1 throw 2'] })
  })

  it('is not the current one when it failed', async () => {
    const { run, drawn, jobDir } = await bench()
    await run()
    drawn.fails = true
    expect((await run({ reroll: ['roll/a'] })).result.status).toBe('failed')
    const job = await readJob(jobDir)
    expect(job.ok && job.value.takes).toBeUndefined()
    expect((await run()).executed).toEqual([])
  })

  it('is foretold, and that is the plan of the run', async () => {
    const { run, pipeline, store, jobDir } = await bench()
    await run()
    const request = { pipeline, inputs: {}, jobDir, store, device: 'cpu' as const }
    const plan = await planRun({ ...request, selection: { reroll: ['roll/a'] } })
    expect(plan.ok && plan.value).toMatchObject([
      { step: 'roll/a', kind: 'miss', reasons: [{ path: 'take', from: 1, to: 2 }] },
      { step: 'roll/b', kind: 'hit' },
      { step: 'join', kind: 'unknown' },
    ])
    await run({ reroll: ['roll/a'] })
    const after = await planRun(request)
    expect(after.ok && after.value.map(({ kind }) => kind)).toEqual(['hit', 'hit', 'hit'])
  })

  it('stands in the manifest, and the first has no number there', async () => {
    const { run, path } = await bench()
    await run()
    await run({ reroll: ['roll/a'] })
    const manifest = (item: string): unknown =>
      JSON.parse(readFileSync(path(`job/01_roll/${item}/manifest.json`), 'utf8'))
    expect(manifest('a')).toMatchObject({ take: 2 })
    expect(manifest('b')).not.toHaveProperty('take')
  })

  it('is refused where there is no such step or take', async () => {
    const { run } = await bench()
    await run()
    const message = async (selection: Selection) => {
      const { failure } = (await run(selection)).result
      return failure?.kind === 'invalid' ? failure.problems.map((problem) => problem.message) : failure
    }
    expect(await message({ reroll: ['rol'] })).toEqual([expect.stringContaining("did you mean 'roll'?")])
    expect(await message({ reroll: ['roll/c'] })).toEqual([expect.stringContaining('(valid: roll/a, roll/b)')])
    expect(await message({ takes: { 'roll/a': 2 } })).toEqual([
      "'roll/a' has no take 2 in this job: it has only the first; --reroll computes another",
    ])
    expect(await message({ steps: ['join'], reroll: ['roll/a'] })).toEqual([
      'roll/a is not among the selected steps (join)',
    ])
    await run({ reroll: ['roll/a'] })
    expect(await message({ takes: { roll: 3 } })).toEqual([
      "'roll' has no take 3 in this job: its takes are 1 to 2; --reroll computes another",
    ])
  })
})

describe('the list of takes', () => {
  it('tells of each whether it is current, and what became of one that is gone', async () => {
    const { pipeline } = throwing()
    const dir = temporaryDirectory()
    const opened = await openStore({ dir: `${dir}/store` })
    if (!opened.ok) throw new Error(opened.error.kind)
    const store: DirectoryStore = opened.value
    try {
      const jobDir = `${dir}/job`
      const request = { pipeline, inputs: {}, jobDir, store, device: 'cpu' as const }
      await observe(request)
      for (let take = 2; take <= 3; take++) await observe({ ...request, selection: { reroll: ['roll/a'] } })
      await observe({ ...request, selection: { takes: { 'roll/a': 2 } } })
      const listed = await listTakes(store, jobDir, 'roll')
      if (!listed.ok) throw new Error(listed.error.kind)
      expect(listed.value.map(({ step, take, isCurrent }) => [step, take, isCurrent])).toEqual([
        ['roll/a', 1, false],
        ['roll/a', 2, true],
        ['roll/a', 3, false],
        ['roll/b', 1, true],
      ])
      expect(listed.value[2]?.result).toMatchObject({ sizeBytes: 'a take 3 throw 4'.length, device: 'cpu' })
      await store.actions.remove([listed.value[0]?.key ?? ''], 'cache gc')
      const after = await listTakes(store, jobDir, 'roll/a')
      expect(after.ok && after.value[0]?.gone).toMatch(/^evicted .* by cache gc$/)
      const unknown = await listTakes(store, jobDir, 'rol')
      expect(unknown.ok).toBe(false)
    } finally {
      await store.close()
    }
  })
})
