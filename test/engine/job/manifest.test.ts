import { readFileSync, writeFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { definePipeline, defineStage, json } from '../../../src/core/index.ts'
import { manifestProblems } from '../../../src/core/record/manifest-schema.ts'
import { checkManifests, jobStatus } from '../../../src/engine/index.ts'
import { createWorkbench } from '../../rig/workbench.ts'

const count = defineStage({
  name: 'count',
  version: 3,
  inputs: { text: 'file', scene: json(z.object({ text: z.string() })) },
  params: z.object({ start: z.number().default(0) }),
  outputs: { size: json(z.number()), copy: 'copy.txt' },
  run({ inputs, outputs, params }) {
    writeFileSync(outputs.copy, inputs.scene.text)
    return { size: params.start + readFileSync(inputs.text, 'utf8').length }
  },
})
const pipeline = definePipeline({
  name: 'counting',
  inputs: { text: 'file', scene: json(z.object({ text: z.string() })) },
  params: z.object({}),
  build: ({ step, inputs }) => step(count, inputs),
})

async function bench() {
  const workbench = await createWorkbench()
  const { path, run, jobDir } = workbench
  const inputs = { text: path('in.txt'), scene: path('scene.json') }
  writeFileSync(inputs.text, 'four')
  const speak = (text: string) => writeFileSync(inputs.scene, JSON.stringify({ text, id: 7 }))
  speak('one')
  const go = () => run(pipeline, { inputs })
  await go()
  const manifestPath = `${jobDir}/01_count/manifest.json`
  const read = (): Record<string, unknown> => JSON.parse(readFileSync(manifestPath, 'utf8'))
  const write = (manifest: object) => writeFileSync(manifestPath, JSON.stringify(manifest))
  const check = async () => {
    const checked = await checkManifests(jobDir)
    if (!checked.ok) throw new Error('no job')
    return checked.value
  }
  return { ...workbench, inputs, speak, go, read, write, check }
}

describe('a manifest', () => {
  it('has the fields of schema version 1, whatever stands beside them', async () => {
    const { read, check, inputs } = await bench()
    const manifest = read()
    expect(manifest).toMatchObject({
      stage: 'count',
      inputs: [inputs.text, inputs.scene],
      inputs_checksum: expect.stringMatching(/^b3:[0-9a-f]{64}$/),
      params: { start: 0 },
      runner_version: expect.any(String),
      outputs: ['size.json', 'copy.txt'],
      timestamp: expect.any(Number),
      last_checked_ts: expect.any(Number),
    })
    const now = Date.now() / 1000
    expect(Number(manifest.timestamp)).toBeGreaterThan(now - 60)
    expect(Number(manifest.timestamp)).toBeLessThanOrEqual(now)
    expect(await check()).toEqual([{ path: '01_count/manifest.json', problems: [] }])
  })

  it.each([
    'stage',
    'inputs',
    'inputs_checksum',
    'params',
    'runner_version',
    'outputs',
    'timestamp',
    'last_checked_ts',
  ])('without %s is invalid, and the check names it; so it is with another type', async (field) => {
    const { read, write, check } = await bench()
    const { [field]: _removed, ...rest } = read()
    write(rest)
    expect((await check())[0]?.problems).toEqual([expect.stringMatching(new RegExp(`^${field}:`))])
    write({ ...rest, [field]: null })
    expect((await check())[0]?.problems).toEqual([expect.stringMatching(new RegExp(`^${field}:`))])
  })

  it('of an earlier release is read, and the check says which', async () => {
    const { read, write, check, jobDir } = await bench()
    const { input_artifacts, output_artifacts, ...rest } = read()
    const time = '2026-01-02T03:04:05.678Z'
    const earlier = {
      ...rest,
      inputs: input_artifacts,
      outputs: output_artifacts,
      runner_version: 1,
      timestamp: time,
      last_checked_ts: time,
    }
    write(earlier)
    expect(await check()).toEqual([{ path: '01_count/manifest.json', problems: [], earlier: true }])
    const status = await jobStatus(jobDir)
    expect(status.ok && status.value.steps).toMatchObject([{ step: 'count', state: 'done', finishedAt: time }])
    expect(manifestProblems({ ...earlier, timestamp: 5 })).toEqual([expect.stringMatching(/^timestamp:/)])
  })
})

describe('why a step with a JSON input missed', () => {
  it('is told by what changed inside the input, in the run, and in a prediction', async () => {
    const { speak, go } = await bench()
    speak('two')
    const { of } = await go()
    expect(of('stage_cache_miss').map(({ reasons }) => reasons)).toEqual([
      [{ kind: 'changed', path: 'inputs.scene.text', from: 'one', to: 'two' }],
    ])
  })

  it('is told by digests where the value of before is not known', async () => {
    const { speak, go, write } = await bench()
    write({})
    speak('two')
    const { of } = await go()
    expect(of('stage_cache_miss')[0]?.reasons).toEqual([
      { kind: 'changed', path: 'inputs.scene', from: expect.stringMatching(/^b3:/), to: expect.stringMatching(/^b3:/) },
    ])
  })
})
