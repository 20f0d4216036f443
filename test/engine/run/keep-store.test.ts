import { chmodSync, existsSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs'
import { describe, expect, it, vi } from 'vitest'
import { z } from 'zod'
import { definePipeline, defineStage } from '../../../src/core/index.ts'
import { createWorkbench, observe, openTestStore } from '../../rig/workbench.ts'

const bytes = 100_000

const fill = defineStage({
  name: 'fill',
  version: 1,
  inputs: { text: 'file' },
  params: z.object({}),
  outputs: { large: 'large.txt', program: 'program.sh' },
  run({ inputs, outputs }) {
    writeFileSync(outputs.large, readFileSync(inputs.text, 'utf8').padEnd(bytes, '.'))
    writeFileSync(outputs.program, '#!/bin/sh\n'.padEnd(bytes, readFileSync(inputs.text, 'utf8')))
    chmodSync(outputs.program, 0o755)
  },
})
const filling = definePipeline({
  name: 'filling',
  inputs: { text: 'file' },
  params: z.object({}),
  build: ({ step, inputs }) => step(fill, { text: inputs.text }),
})

async function bench() {
  const workbench = await createWorkbench()
  const input = workbench.path('input.txt')
  const run = (text: string, request = {}) => {
    writeFileSync(input, text)
    return workbench.run(filling, { inputs: { text: input }, ...request })
  }
  return { ...workbench, input, run }
}

/** A bench whose store can be made to lose its index; it is opened for each run. */
async function losingBench() {
  const { store, path, input, jobDir } = await bench()
  await store.close()
  const run = async (text: string) => {
    writeFileSync(input, text)
    const opened = await openTestStore(path('store'))
    const request = { pipeline: filling, inputs: { text: input }, jobDir, device: 'cpu' } as const
    const observed = await observe({ ...request, store: opened })
    await opened.close()
    return observed
  }
  const lose = async () => {
    rmSync(path('store/index'), { recursive: true })
    return run
  }
  return { run, lose, path }
}

describe('the store at the end of a run', () => {
  it('keeps within its limit, and the run says what went; nothing of this run does', async () => {
    const { run, store, jobDir } = await bench()
    const past = vi.spyOn(process.hrtime, 'bigint')
    await run('old')
    // The store's clock takes what was used ten minutes ago for what a run may need.
    past.mockImplementation(() => BigInt(Math.round((performance.now() + 3_600_000) * 1e6)) + 10n ** 18n)
    const over = await run('new', { storeLimits: { maxSizeBytes: 3 * bytes } })
    past.mockRestore()
    expect(over.of('store_collected')).toMatchObject([
      {
        max_size_bytes: 3 * bytes,
        size_bytes: 4 * bytes,
        freed_bytes: 2 * bytes,
        results: 1,
        removed: [{ pipeline: 'filling', step: 'fill', job: jobDir, files: ['large.txt', 'program.sh'] }],
        still_over: false,
      },
    ])
    expect(over.result.status).toBe('completed')
    expect(over.events.at(-1)?.event).toBe('pipeline_completed')
    expect((await run('new')).executed).toEqual([])
    const again = await run('old')
    expect(again.of('stage_cache_miss')[0]?.reasons).toMatchObject([{ kind: 'evicted', by: 'cache gc' }])
    expect(store.readOnly).toBe(false)
  })

  it('is not asked for its size by a run in which nothing was executed', async () => {
    const { run, store } = await bench()
    await run('text')
    const keepWithin = vi.spyOn(store, 'keepWithin')
    expect((await run('text')).cached).toEqual(['fill'])
    expect(keepWithin).not.toHaveBeenCalled()
  })

  it('fails no run when it cannot be collected', async () => {
    const { run, store } = await bench()
    vi.spyOn(store, 'keepWithin').mockResolvedValue({ ok: false, error: { kind: 'store-full', dir: store.dir } })
    const { result, of } = await run('text')
    expect(result.status).toBe('completed')
    expect(of('pipeline_warning')[0]?.message).toContain('is full')
  })

  it('whose index was rebuilt says so in the events of the run that opened it', async () => {
    const { run, store, path, jobDir, input } = await bench()
    await run('text')
    await store.close()
    truncateSync(path('store/index/data.mdb'), 3 * 4096)
    const opened = await openTestStore(path('store'))
    const { of } = await observe({ pipeline: filling, inputs: { text: input }, jobDir, store: opened, device: 'cpu' })
    expect(of('pipeline_warning').map(({ message }) => message)).toEqual([
      expect.stringMatching(/was damaged .* has been rebuilt/),
    ])
  })
})

describe('a store whose index is gone', () => {
  it('gets the results back that job directories hold, by their manifests, and executes nothing', async () => {
    const { run, lose, path } = await losingBench()
    await run('text')
    expect((await (await lose())('text')).executed).toEqual([])
    rmSync(path('job/01_fill'), { recursive: true })
    expect((await run('text')).executed).toEqual([])
  })

  it('gets back what they cost, as the manifests say', async () => {
    const { run, lose, path } = await losingBench()
    await run('text')
    const manifest: object = JSON.parse(readFileSync(path('job/01_fill/manifest.json'), 'utf8'))
    const cost = { duration_ms: 11, peak_rss_bytes: 22, cpu_time_ms: 33 }
    writeFileSync(path('job/01_fill/manifest.json'), JSON.stringify({ ...manifest, ...cost }))
    const { result } = await (await lose())('text')
    expect(result.outcomes.get('fill')).toMatchObject({
      kind: 'cached',
      result: { durationMs: 11, peakRssBytes: 22, cpuTimeMs: 33 },
    })
  })

  it('takes no outputs that are not those of the manifest, and no manifest of another action', async () => {
    const { run, lose, path } = await losingBench()
    await run('text')
    const first = await lose()
    writeFileSync(path('job/01_fill/large.txt'), 'text'.padEnd(bytes, '!'))
    expect((await first('text')).executed).toEqual(['fill'])
    const second = await lose()
    expect((await second('another text')).executed).toEqual(['fill'])
  })
})

describe('the files of a hit', () => {
  it('are no inode of the store unless links were asked for', async () => {
    const { run, path } = await bench()
    await run('text')
    rmSync(path('job/01_fill'), { recursive: true })
    const copied = await run('text')
    expect(copied.executed).toEqual([])
    expect(statSync(path('job/01_fill/large.txt')).nlink).toBe(1)
    expect(statSync(path('job/01_fill/program.sh')).mode & 0o777).toBe(0o755)
  })

  it('are read-only links where that was asked for, and executables are copies', async () => {
    const { run, path } = await bench()
    await run('text')
    rmSync(path('job/01_fill'), { recursive: true })
    const linked = await run('text', { link: 'hardlink' })
    expect(linked.of('artifact_materialized').map(({ output, how }) => [output, how])).toContainEqual([
      'large',
      'hardlink',
    ])
    const { nlink, mode } = statSync(path('job/01_fill/large.txt'))
    expect({ nlink, mode: mode & 0o777 }).toEqual({ nlink: 2, mode: 0o444 })
    expect(statSync(path('job/01_fill/program.sh'))).toMatchObject({ nlink: 1 })
    expect(statSync(path('job/01_fill/program.sh')).mode & 0o777).toBe(0o755)
    expect((await run('text', { link: 'hardlink' })).of('artifact_materialized')).toEqual([])
  })

  it('that were written through a link are noticed: the blob is damaged, and the step is executed again', async () => {
    const { run, path } = await bench()
    await run('text')
    rmSync(path('job/01_fill'), { recursive: true })
    await run('text', { link: 'hardlink' })
    chmodSync(path('job/01_fill/large.txt'), 0o644)
    writeFileSync(path('job/01_fill/large.txt'), 'spoilt'.padEnd(bytes, '!'))
    const next = await run('text', { link: 'hardlink' })
    expect(next.executed).toEqual(['fill'])
    expect(next.of('stage_cache_miss')[0]?.reasons).toMatchObject([{ kind: 'corrupt' }])
    expect(readFileSync(path('job/01_fill/large.txt'), 'utf8')).toBe('text'.padEnd(bytes, '.'))
    expect(existsSync(path('store/quarantine'))).toBe(true)
  })
})
