import { readFileSync, writeFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { type Device, definePipeline, defineStage, describeReason } from '../../../src/core/index.ts'
import { planRun } from '../../../src/engine/index.ts'
import { findDevice, type Machine } from '../../../src/engine/key/device-detection.ts'
import { createMemoryStore } from '../../../store/index.ts'
import { createWorkbench } from '../../rig/workbench.ts'

/** A machine with a GPU of NVIDIA's, as far as nothing else is said; `asked` counts how often it is asked. */
function machine(parts: Partial<Machine> = {}): Machine & { readonly asked: string[] } {
  const asked: string[] = []
  return {
    asked,
    platform: 'linux',
    arch: 'x64',
    env: {},
    exists: (path) => path === '/dev/nvidiactl',
    find: (program) => `/usr/bin/${program}`,
    ask: async (path) => {
      asked.push(path)
      return 'NVIDIA H100 80GB HBM3\nNVIDIA H100 80GB HBM3\n'
    },
    stamp: () => 'stamp',
    ...parts,
  }
}

describe('the device of a machine', () => {
  it.each<[string, Partial<Machine>, object]>([
    ['CUDA, where nvidia-smi names GPUs', {}, { device: 'cuda', name: 'NVIDIA H100 80GB HBM3', gpus: ['0', '1'] }],
    ['MPS on Apple silicon', { platform: 'darwin', arch: 'arm64' }, { device: 'mps' }],
    ['the CPU on a Mac with another processor', { platform: 'darwin', exists: () => false }, { device: 'cpu' }],
    ['the CPU without a driver', { exists: () => false }, { device: 'cpu' }],
    [
      'the CPU, where the GPU does not work',
      { ask: async () => undefined },
      { device: 'cpu', note: 'nvidia-smi lists no working GPU' },
    ],
    [
      'the CPU, where no GPU is left',
      { ask: async () => '\n' },
      { device: 'cpu', note: 'nvidia-smi lists no working GPU' },
    ],
    [
      'the CPU without nvidia-smi',
      { find: () => undefined },
      { device: 'cpu', note: expect.stringContaining('nvidia-smi is not on PATH') },
    ],
    [
      'the CPU, where GPUs are hidden',
      { env: { CUDA_VISIBLE_DEVICES: '' } },
      { device: 'cpu', note: expect.any(String) },
    ],
    [
      'CUDA, where one of two is hidden',
      { env: { CUDA_VISIBLE_DEVICES: '1' } },
      { device: 'cuda', name: expect.any(String), gpus: ['1'] },
    ],
    [
      'CUDA, with the GPUs that stand before one that is none',
      { env: { CUDA_VISIBLE_DEVICES: 'GPU-5c01, 0,-1,2' } },
      { device: 'cuda', name: expect.any(String), gpus: ['GPU-5c01', '0'] },
    ],
  ])('is %s', async (_, parts, found) => {
    expect(await findDevice(undefined, machine(parts))).toEqual(found)
  })

  it('is asked for once, until the driver or the program is another', async () => {
    const store = createMemoryStore()
    const before = machine()
    expect(await findDevice(store, before)).toEqual(await findDevice(store, before))
    expect(before.asked).toHaveLength(1)
    const after = machine({ stamp: () => 'another' })
    await findDevice(store, after)
    expect(after.asked).toHaveLength(1)
  })

  it('is found without a process where there is no driver', async () => {
    const plain = machine({ exists: () => false })
    await findDevice(undefined, plain)
    expect(plain.asked).toEqual([])
  })
})

function separating(devicePolicy: 'strict' | 'compatible') {
  const separate = defineStage({
    name: 'separate',
    version: 1,
    inputs: {},
    params: z.object({ of: z.string() }),
    outputs: { text: 'text.txt' },
    devices: ['cpu', 'cuda', 'mps'],
    devicePolicy,
    run: ({ device, outputs }) => writeFileSync(outputs.text, device),
  })
  return definePipeline({
    name: 'separating',
    inputs: {},
    params: z.object({}),
    build({ step }) {
      const one = step(separate, {}, { id: 'one', params: { of: '1' } })
      const two = step(separate, {}, { id: 'two', params: { of: '2' } })
      return { one: one.text, two: two.text }
    },
  })
}

async function bench(policy: 'strict' | 'compatible') {
  const workbench = await createWorkbench()
  const pipeline = separating(policy)
  const on = (device: Device, request: object = {}) => workbench.run(pipeline, { device, ...request })
  const manifest = (step: string): unknown =>
    JSON.parse(readFileSync(workbench.path('job', step, 'manifest.json'), 'utf8'))
  return { ...workbench, pipeline, on, manifest }
}

describe('a result that was made on another device', () => {
  it('serves where the stage says that it may, and event and manifest say where it was made', async () => {
    const { on, manifest, pipeline, store, jobDir } = await bench('compatible')
    await on('cuda')
    const request = { pipeline, inputs: {}, jobDir, store, device: 'cpu' as const }
    const plan = await planRun(request)
    expect(plan.ok && plan.value).toMatchObject([
      { step: 'one', kind: 'hit', device: 'cuda' },
      { step: 'two', kind: 'hit', device: 'cuda' },
    ])
    const served = await on('cpu')
    expect(served.executed).toEqual([])
    expect(served.of('stage_skipped')).toMatchObject([{ device: 'cuda' }, { device: 'cuda' }])
    expect(manifest('01_one')).toMatchObject({ device: 'cuda', device_wanted: 'cpu', cache: 'hit' })
    expect(served.of('pipeline_warning').filter(({ message }) => message.includes('several devices'))).toEqual([])
    const back = await on('cuda')
    expect(back.of('stage_skipped').map(({ device }) => device)).toEqual([undefined, undefined])
  })

  it('gives way to one that is made on the right device', async () => {
    const { on, manifest } = await bench('compatible')
    await on('cuda')
    await on('cpu', { selection: { forceRerun: ['one', 'two'] } })
    const next = await on('cpu')
    expect([next.executed, next.of('stage_skipped').map(({ device }) => device)]).toEqual([[], [undefined, undefined]])
    expect(manifest('01_one')).not.toHaveProperty('device_wanted')
  })

  it('does not serve where the stage is strict, and the miss says so', async () => {
    const { on } = await bench('strict')
    await on('cuda')
    const other = await on('cpu')
    expect(other.executed).toEqual(['one', 'two'])
    expect(other.of('stage_cache_miss')[0]?.reasons.map(describeReason)).toEqual(['device "cuda" -> "cpu"'])
  })
})

describe('a job whose results are of several devices', () => {
  const warnings = (run: Awaited<ReturnType<Awaited<ReturnType<typeof bench>>['on']>>) =>
    run
      .of('pipeline_warning')
      .map(({ message }) => message)
      .filter((message) => message.includes('several devices'))

  it('is warned of, whether a part of it was left alone or served from elsewhere', async () => {
    const { on } = await bench('strict')
    await on('cuda')
    expect(warnings(await on('cpu', { selection: { steps: ['two'] } }))).toEqual([
      'the results of this job were computed on several devices: two on cpu; one on cuda. To compute all on one, use --device and --force',
    ])
    expect(warnings(await on('cpu'))).toEqual([])
    const compatible = await bench('compatible')
    await compatible.on('cuda', { selection: { steps: ['one'] } })
    // Executed, looked up, and found done.
    for (let run = 0; run < 3; run++) expect(warnings(await compatible.on('cpu'))).toHaveLength(1)
  })

  it('is told that a device which is asked for is not there', async () => {
    const { on } = await bench('strict')
    const message = 'the device mps is not available, because this machine has only '
    expect((await on('mps')).of('pipeline_warning')).toMatchObject([{ message: expect.stringContaining(message) }])
    expect((await on('cpu')).of('pipeline_warning')).toEqual([])
  })
})
