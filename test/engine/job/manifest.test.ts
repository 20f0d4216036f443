import { readdirSync, readFileSync, rmSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { definePipeline, defineStage, describeReason, json, many, select } from '../../../src/core/index.ts'
import { manifestProblems } from '../../../src/core/record/manifest-schema.ts'
import { availableJson } from '../../../src/engine/execute/inputs.ts'
import { checkManifests, jobStatus } from '../../../src/engine/index.ts'
import { Secrets } from '../../../src/engine/key/secrets.ts'
import { KeptInputs, keptValue } from '../../../src/engine/site/kept-inputs.ts'
import { missLine } from '../../../src/report/text/explanation.ts'
import type { JsonValue } from '../../../store/index.ts'
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

describe('why a step with a large JSON input missed', () => {
  interface Cue {
    readonly id: string
    readonly text: string
  }
  const cueList = json<readonly Cue[]>()
  const split = defineStage({
    name: 'split',
    version: 1,
    inputs: { all: cueList },
    params: z.object({}),
    outputs: { cues: cueList },
    run: ({ inputs }) => ({ cues: inputs.all.map(({ id, text }) => ({ id, text: text.toUpperCase() })) }),
  })
  const measure = defineStage({
    name: 'measure',
    version: 1,
    inputs: { cues: cueList, first: cueList, named: many(cueList, { named: true }) },
    params: z.object({}),
    outputs: { length: json(z.number()) },
    run: ({ inputs }) => ({ length: inputs.cues.length }),
  })
  const measuring = definePipeline({
    name: 'measuring',
    inputs: { all: cueList },
    params: z.object({}),
    build: ({ step, each, inputs }) => {
      const named = each(['x', 'y'], () => step(split, { all: inputs.all })).cues
      return step(measure, { cues: inputs.all, first: select(inputs.all, (all) => all.slice(0, 700)), named })
    },
  })
  const cues = Array.from({ length: 1000 }, (_, index) => ({ id: `cue-${index}`, text: `line ${index} of a talk` }))

  async function measured() {
    const bench = await createWorkbench()
    const { path, run } = bench
    const go = async (all: readonly Cue[]) => {
      writeFileSync(path('cues.json'), JSON.stringify(all))
      const { of } = await run(measuring, { inputs: { all: path('cues.json') } })
      return new Map(of('stage_cache_miss').map(({ stage, reasons }) => [stage, reasons]))
    }
    await go(cues)
    return { ...bench, go }
  }
  const withText = (index: number, text: string) => cues.map((cue, at) => (at === index ? { ...cue, text } : cue))

  it('is told of the file, of a part of it, and of what steps made of it by what changed inside', async () => {
    const { go } = await measured()
    const reasons = await go(withText(7, 'another line'))
    const change = { kind: 'changed', from: 'line 7 of a talk', to: 'another line' }
    const loud = { kind: 'changed', from: 'LINE 7 OF A TALK', to: 'ANOTHER LINE' }
    expect(reasons.get('split/x')).toEqual([{ ...change, path: 'inputs.all[7].text' }])
    expect(reasons.get('measure')).toEqual([
      { ...change, path: 'inputs.cues[7].text' },
      { ...change, path: 'inputs.first[7].text' },
      { ...loud, path: 'inputs.named.x[7].text' },
      { ...loud, path: 'inputs.named.y[7].text' },
    ])
  })

  it('is told by the first places, and how many others there are', async () => {
    const { go } = await measured()
    const reasons = (await go(cues.map(({ id }) => ({ id, text: '' })))).get('split/x') ?? []
    expect(reasons).toHaveLength(21)
    expect(reasons.at(-1)).toEqual({ kind: 'also-changed', path: 'inputs.all', count: 980 })
    expect(missLine(reasons)).toMatch(/^inputs\.all\[0\]\.text "line 0 of a talk" -> "";.*; and 997 more$/)
    expect(reasons.map(describeReason).at(-1)).toBe('inputs.all differs in 980 more places')
  })

  it('is told by digests where it is larger than 4 MiB, or was changed in the job directory', async () => {
    const { go, jobDir } = await measured()
    const digests = [
      { kind: 'changed', path: 'inputs.all', from: expect.stringMatching(/^b3:/), to: expect.anything() },
    ]
    expect((await go(withText(7, 'x'.repeat(4 * 1024 * 1024)))).get('split/x')).toEqual(digests)
    await go(cues)
    for (const name of readdirSync(join(jobDir, '.inputs'))) writeFileSync(join(jobDir, '.inputs', name), '[]')
    expect((await go(withText(7, 'y'))).get('split/x')).toEqual(digests)
  })
})

describe('what a job keeps of large JSON inputs', () => {
  it('has a limit, beyond which the oldest goes; no secret is in it, and no link is followed', async () => {
    const { dir } = await createWorkbench()
    const values = [1, 2, 3].map((n) => ['a secret word'.repeat(2000), n])
    const inputOf = (value: JsonValue) => ({ one: { arity: 'one' as const, available: availableJson(value) } })
    const kept = () => values.map((value) => keptValue(dir, availableJson(value).artifact.digest.hash) !== undefined)
    const plain = new Secrets()
    for (const [index, value] of values.entries()) {
      const run = new KeptInputs(dir, plain, 60_000)
      run.keep(inputOf(value))
      const path = join(dir, '.inputs', `${availableJson(value).artifact.digest.hash}.json`)
      utimesSync(path, index, index)
      run.trim()
    }
    expect(kept()).toEqual([false, true, true])
    rmSync(join(dir, '.inputs'), { recursive: true })
    const secrets = { hide: (text: string) => text.replaceAll('secret', '***') }
    new KeptInputs(dir, secrets).keep(inputOf(values[0] ?? null))
    expect(kept()).toEqual([false, false, false])
    rmSync(join(dir, '.inputs'), { recursive: true })
    symlinkSync(join(dir, 'store'), join(dir, '.inputs'))
    new KeptInputs(dir, plain).keep(inputOf(values[0] ?? null))
    expect(readdirSync(join(dir, 'store')).filter((name) => name.endsWith('.json'))).toEqual([])
  })
})
