import { randomBytes } from 'node:crypto'
import { readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { definePipeline, defineStage } from '../../src/core/index.ts'
import { canMount, mountSmallDisk } from '../rig/small-disk.ts'
import { createWorkbench, observe, openTestStore } from '../rig/workbench.ts'

const mebibyte = 2 ** 20

const fill = defineStage({
  name: 'fill',
  version: 1,
  inputs: {},
  params: z.object({ mebibytes: z.number() }),
  outputs: { large: 'large.bin' },
  run: ({ params, outputs }) => writeFileSync(outputs.large, randomBytes(params.mebibytes * mebibyte)),
})
const pipeline = definePipeline({
  name: 'filling',
  inputs: {},
  params: z.object({}),
  build({ step }) {
    const small = step(fill, {}, { id: 'small', params: { mebibytes: 1 } })
    const large = step(fill, {}, { id: 'large', params: { mebibytes: 6 } })
    return { small: small.large, large: large.large }
  },
})

describe.runIf(canMount)('a run', () => {
  it('whose store has no room goes on without it, says so, and keeps the results when there is room again', async () => {
    const disk = mountSmallDisk(5 * mebibyte)
    const { jobDir } = await createWorkbench()
    const store = await openTestStore(join(disk.dir, 'store'))
    const request = { pipeline, inputs: {}, jobDir, store, device: 'cpu' } as const
    const full = await observe(request)
    expect(full.result.status).toBe('completed')
    expect(full.of('stage_completed').map(({ stage, recorded }) => [stage, recorded])).toEqual(
      expect.arrayContaining([
        ['small', true],
        ['large', false],
      ]),
    )
    expect(full.of('pipeline_warning').map(({ message }) => message)).toEqual([expect.stringContaining('is full')])
    expect(readdirSync(join(disk.dir, 'store', 'tmp'))).toEqual([])
    disk.resize(20 * mebibyte)
    expect((await observe(request)).executed).toEqual(['large'])
    expect((await observe(request)).executed).toEqual([])
    await store.close()
  })

  it('whose job has no room fails the one step, leaves nothing of it, and goes on when there is room', async () => {
    const disk = mountSmallDisk(4 * mebibyte)
    const { store } = await createWorkbench()
    const jobDir = join(disk.dir, 'job')
    const request = { pipeline, inputs: {}, jobDir, store, device: 'cpu', keepGoing: true } as const
    const full = await observe(request)
    expect(full.result.status).toBe('failed')
    expect(full.result.failedSteps).toEqual(['large'])
    expect(full.result.failure).toMatchObject({ kind: 'disk-full' })
    expect(readdirSync(join(jobDir, '.work'))).toEqual([])
    disk.resize(20 * mebibyte)
    const next = await observe(request)
    expect(next.result.status).toBe('completed')
    expect(next.executed).toEqual(['large'])
  })
})
