import { rmSync, writeFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { type AnyPipeline, definePipeline, defineStage, describeReason } from '../../../src/core/index.ts'
import { planRun } from '../../../src/engine/index.ts'
import { createWorkbench, type ObservedRun, type Workbench } from '../../rig/workbench.ts'

const say = defineStage({
  name: 'say',
  version: 1,
  inputs: {},
  params: z.object({ text: z.string(), mark: z.string().default('!'), fails: z.boolean().default(false) }),
  outputs: { text: 'text.txt' },
  run({ params, outputs, fail }) {
    if (params.fails) fail('as it was asked to')
    writeFileSync(outputs.text, params.text + params.mark)
  },
})

/** A pipeline of two steps of one stage that do not need each other. */
function saying(first: object, second: object = { text: 'two' }): AnyPipeline {
  return definePipeline({
    name: 'saying',
    inputs: {},
    params: z.object({}),
    build({ step }) {
      const one = step(say, {}, { id: 'one', params: { text: 'one', ...first } })
      const two = step(say, {}, { id: 'two', params: { text: 'two', ...second } })
      return { one: one.text, two: two.text }
    },
  })
}

function reasonsOf(run: ObservedRun): Readonly<Record<string, readonly string[]>> {
  return Object.fromEntries(
    run.of('stage_cache_miss').map(({ stage, reasons }) => [stage, reasons.map(describeReason)]),
  )
}

async function forecastReasons({ store, jobDir }: Workbench, pipeline: AnyPipeline) {
  const plan = await planRun({ pipeline, inputs: {}, jobDir, store, device: 'cpu' })
  if (!plan.ok) throw new Error(plan.error.kind)
  return Object.fromEntries(
    plan.value.flatMap((forecast) =>
      forecast.kind === 'miss' ? [[forecast.step, forecast.reasons.map(describeReason)]] : [],
    ),
  )
}

describe('why a step missed', () => {
  it('is told against the last run of the job, else of the pipeline, else the nearest result of the stage', async () => {
    const workbench = await createWorkbench()
    const { run, path } = workbench
    expect(reasonsOf(await run(saying({})))).toEqual({ one: ['never run'], two: ['never run'] })

    const elsewhere = { jobDir: path('elsewhere') }
    expect(reasonsOf(await run(saying({ mark: '?' }), elsewhere))).toEqual({
      one: ['never run in this job; the nearest result has params.mark "!" -> "?"'],
    })
    expect(reasonsOf(await run(saying({ mark: '.' })))).toEqual({ one: ['params.mark "!" -> "."'] })

    const other = definePipeline({
      name: 'other',
      inputs: {},
      params: z.object({}),
      build: ({ step }) => step(say, {}, { id: 'third', params: { text: 'two', mark: ';' } }),
    })
    const nearest = { third: ['never run in this job; the nearest result has params.mark "!" -> ";"'] }
    expect(await forecastReasons({ ...workbench, jobDir: path('other') }, other)).toEqual(nearest)
    expect(reasonsOf(await run(other, { jobDir: path('other') }))).toEqual(nearest)
  })

  it('is that there was no result, where the last run of the same action failed', async () => {
    const { run } = await createWorkbench()
    await run(saying({ fails: true }))
    const again = await run(saying({ fails: true }))
    expect(reasonsOf(again).one).toEqual(['not finished in its last run'])
  })

  it('is what became of the result: evicted when and by what, or forced', async () => {
    const workbench = await createWorkbench()
    const { run, store } = workbench
    const first = await run(saying({}))
    const [key = ''] = first.of('stage_running').flatMap((event) => (event.stage === 'one' ? [event.key] : []))
    await store.actions.remove([key], 'cache gc --max-size 1GB')
    const evicted = { one: [expect.stringMatching(/^evicted \d{4}-.*Z by cache gc --max-size 1GB$/)] }
    expect(await forecastReasons(workbench, saying({}))).toEqual(evicted)
    expect(reasonsOf(await run(saying({})))).toEqual(evicted)
    const forced = await run(saying({}), { selection: { steps: ['one'], force: true } })
    expect(reasonsOf(forced)).toEqual({ one: ['forced'] })
  })
})

describe('a run that must not miss', () => {
  it('serves what is there', async () => {
    const { run, path } = await createWorkbench()
    await run(saying({}))
    rmSync(path('job'), { recursive: true })
    const { result, cached, of } = await run(saying({}), { failOnMiss: true })
    expect([result.status, cached]).toEqual(['completed', ['one', 'two']])
    expect(of('artifact_materialized')).toHaveLength(2)
  })

  it('fails at the first miss, names the step and the reason, and executes nothing', async () => {
    const { run } = await createWorkbench()
    await run(saying({}))
    const changed = saying({ mark: '?' }, { text: 'three' })
    const missed = await run(changed, { failOnMiss: true })
    expect(missed.executed).toEqual([])
    expect(missed.result.failedSteps).toEqual(['one'])
    expect(missed.of('stage_failed')).toMatchObject([
      {
        stage: 'one',
        failure: { kind: 'cache-miss', step: 'one', reasons: [{ path: 'params.mark', from: '!', to: '?' }] },
        message: 'no cached result, and this run must not execute steps (params.mark "!" -> "?")',
      },
    ])
    const all = await run(changed, { failOnMiss: true, keepGoing: true })
    expect([all.executed, all.result.failedSteps]).toEqual([[], ['one', 'two']])
    expect(reasonsOf(await run(changed))).toEqual({
      one: ['params.mark "!" -> "?"'],
      two: ['params.text "two" -> "three"'],
    })
  })
})
