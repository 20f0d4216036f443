import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { definePipeline, defineStage, defineTool, json, type Stage } from '../../../src/core/index.ts'
import { jobStatus, planRun } from '../../../src/engine/index.ts'
import { createWorkbench } from '../../rig/workbench.ts'

const shell = defineTool({
  name: 'sh',
  command: 'sh',
  version: { args: ['-c', 'echo 1'], parse: (text) => text.trim() },
  install: {},
})

const params = z.object({ batch: z.number().int().default(8), language: z.string().default('en') })
const outputs = { ran: json(z.object({ batch: z.number(), device: z.string(), language: z.string() })) }
type Ladder = Stage<Record<never, never>, typeof params, typeof outputs>

/** A stage with a ladder of three rungs; it works where `fits` says so. */
function crowded(fits: (batch: number, device: string) => boolean, more: Partial<Ladder> = {}) {
  const stage = defineStage({
    name: 'crowded',
    version: 1,
    inputs: {},
    params,
    outputs,
    devices: ['cuda', 'cpu'],
    onOutOfMemory: [{ params: { batch: 4 } }, { params: { batch: 1 } }, { device: 'cpu' }],
    run: ({ params: { batch, language }, device, outOfMemory }) => {
      if (!fits(batch, device)) outOfMemory(`no room for ${batch}`)
      return { ran: { batch, device, language } }
    },
    ...more,
  })
  return definePipeline({
    name: 'crowded',
    inputs: {},
    params: z.object({}),
    build: ({ step }) => step(stage, {}, { params: { language: 'es' } }),
  })
}

describe('a step that runs out of memory', () => {
  it('goes down its ladder, and what really ran is in key and manifest', async () => {
    const { run, jobDir, store } = await createWorkbench()
    const { result, of } = await run(
      crowded((batch) => batch <= 1),
      { device: 'cuda' },
    )
    expect(result.outputs.ran).toMatchObject({ value: { batch: 1, device: 'cuda', language: 'es' } })
    expect(of('stage_running').map(({ attempt, device }) => [attempt, device])).toEqual([
      [1, 'cuda'],
      [2, 'cuda'],
      [3, 'cuda'],
    ])
    expect(of('stage_cache_miss')).toHaveLength(1)
    expect(of('stage_retrying')).toMatchObject([
      {
        attempt: 2,
        delay_ms: 0,
        failure: { kind: 'device-out-of-memory', device: 'cuda', message: 'no room for 8' },
        params: { batch: 4, language: 'es' },
        device: 'cuda',
      },
      { attempt: 3, delay_ms: 0, failure: { message: 'no room for 4' }, params: { batch: 1, language: 'es' } },
    ])
    const keys = of('stage_running').map(({ key }) => key)
    expect(new Set(keys).size).toBe(3)
    const manifest: unknown = JSON.parse(readFileSync(join(jobDir, '01_crowded/manifest.json'), 'utf8'))
    expect(manifest).toMatchObject({
      params: { batch: 1, language: 'es' },
      device: 'cuda',
      action_key: keys[2],
      attempts: 3,
      cache: 'miss',
    })
    for (const key of keys) expect(store.leases.holder(`action:${key}`)).toBeUndefined()
  })

  it('begins with what worked in every later run, which then is a hit', async () => {
    const { run, path } = await createWorkbench()
    const pipeline = crowded((_, device) => device === 'cpu')
    const first = await run(pipeline, { device: 'cuda' })
    expect(first.of('stage_running').map(({ device }) => device)).toEqual(['cuda', 'cuda', 'cuda', 'cpu'])
    expect(first.result.outputs.ran).toMatchObject({ value: { batch: 8, device: 'cpu' } })
    const second = await run(pipeline, { device: 'cuda' })
    expect(second.executed).toEqual([])
    expect(second.cached).toEqual(['crowded'])
    const elsewhere = await run(pipeline, { device: 'cuda', jobDir: path('elsewhere') })
    expect(elsewhere.executed).toEqual([])
    const forced = await run(pipeline, { device: 'cuda', selection: { force: true } })
    expect(forced.of('stage_running').map(({ device }) => device)).toEqual(['cpu'])
  })

  it('is foretold as it would run', async () => {
    const { run, store, jobDir } = await createWorkbench()
    const pipeline = crowded((batch) => batch <= 4)
    const done = await run(pipeline, { device: 'cuda' })
    const plan = await planRun({ pipeline, inputs: {}, jobDir, store, device: 'cuda' })
    const key = done.of('stage_completed')[0]?.key
    expect(plan).toMatchObject({ ok: true, value: [{ step: 'crowded', kind: 'hit', key }] })
  })

  it('does not begin with a rung that the ladder no longer has', async () => {
    const { run } = await createWorkbench()
    await run(
      crowded((batch) => batch <= 4),
      { device: 'cuda' },
    )
    const shorter = crowded((batch) => batch <= 2, { onOutOfMemory: [{ params: { batch: 2 } }] })
    const { of } = await run(shorter, { device: 'cuda' })
    expect(of('stage_running')).toHaveLength(2)
  })

  it('fails as such when the ladder has no rung left, and tries nothing twice', async () => {
    const { run, jobDir } = await createWorkbench()
    const { result, of } = await run(
      crowded(() => false),
      { device: 'cpu' },
    )
    // On the CPU, the rung that asks for it is what was tried first.
    expect(of('stage_running')).toHaveLength(3)
    expect(result.failure).toMatchObject({ kind: 'device-out-of-memory', step: 'crowded', device: 'cpu' })
    const status = await jobStatus(jobDir)
    expect(status.ok && status.value.steps[0]).toMatchObject({
      state: 'failed',
      attempts: 3,
      message: expect.stringContaining('no room for 1'),
    })
  })

  it('fails at once without a ladder', async () => {
    const { run } = await createWorkbench()
    const { result, of } = await run(crowded(() => false, { onOutOfMemory: [] }))
    expect(of('stage_retrying')).toEqual([])
    expect(result.failure?.kind).toBe('device-out-of-memory')
  })
})

describe('what a tool prints', () => {
  const telling = (name: string, lines: string, exitCode: number) =>
    defineStage({
      name,
      version: 1,
      inputs: {},
      params: z.object({}),
      outputs: { text: 'text.txt' },
      tools: [shell],
      run: async ({ exec }) => {
        await exec(shell, ['-c', 'printf "%s\\n" "$1" >&2; exit "$2"', 'sh', lines, String(exitCode)])
      },
    })
  const one = (stage: ReturnType<typeof telling>) =>
    definePipeline({ name: stage.name, inputs: {}, params: z.object({}), build: ({ step }) => step(stage, {}) })

  it('tells it from other failures, also where more follows', async () => {
    const { run } = await createWorkbench()
    const after = Array.from({ length: 200 }, () => 'and what followed it'.repeat(3))
    const text = ['Traceback:', 'RuntimeError: CUDA error: out of memory', ...after].join('\n')
    const { result } = await run(one(telling('crowded', text, 1)))
    expect(result.failure).toMatchObject({
      kind: 'device-out-of-memory',
      message: 'RuntimeError: CUDA error: out of memory',
    })
  })

  it('counts only where the tool fails', async () => {
    const { run } = await createWorkbench()
    const { result } = await run(one(telling('warned', 'CUDA out of memory: trying less', 0)))
    expect(result.failure?.kind).toBe('output-missing')
  })

  it('is recognized in an exception, too', async () => {
    const { run } = await createWorkbench()
    const thrower = { run: () => Promise.reject(new Error('MPS backend out of memory (MPS allocated: 1 GB)')) }
    const { result } = await run(crowded(() => true, { ...thrower, onOutOfMemory: [] }))
    expect(result.failure).toMatchObject({ kind: 'device-out-of-memory', message: expect.stringContaining('MPS') })
  })
})
