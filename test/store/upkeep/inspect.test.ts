import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { inspectAction, inspectBlob, inspectJob, stageArtifact, storeStats } from '../../../store/index.ts'
import { newDirectory, noise, open, recordOf, value } from '../fixtures.ts'

async function filled() {
  const store = await open({ dir: newDirectory() })
  const work = newDirectory()
  writeFileSync(join(work, 'large'), noise(100_000))
  writeFileSync(join(work, 'small'), 'small')
  const { artifact, staged } = value(await stageArtifact(store.blobs, 'tree', work))
  const record = recordOf({ stage: 'demux' }, { out: artifact }, { files: { out: 'tracks' } })
  value(await store.actions.commit(record, staged))
  const steps = new Map([['demux', { key: record.key, action: record.action }]])
  store.ledger.jobs.remember('/jobs/one', 'subtitles', steps)
  await store.lookup(record.key)
  value(store.flush())
  return { store, record, artifact, staged }
}

describe('inspecting', () => {
  it('an action tells its preimage, its result, its blobs, who used it and what it saved', async () => {
    const { store, record } = await filled()
    const found = value(inspectAction(store, record.key.slice(0, 7)))
    expect(found).toMatchObject({
      kind: 'found',
      value: {
        key: record.key,
        record,
        action: { stage: 'demux' },
        usedBy: [{ job: '/jobs/one', pipeline: 'subtitles', step: 'demux' }],
        hits: 1,
        savedMs: 1000,
      },
    })
    if (found.kind === 'found') {
      expect(found.value.outputs.map(({ path, state }) => [path, state])).toEqual([
        [undefined, 'present'],
        ['large', 'present'],
        ['small', 'present'],
      ])
    }
    expect(value(inspectAction(store, 'zz'))).toEqual({ kind: 'absent' })
    expect(value(inspectAction(store, ''))).toEqual({ kind: 'absent' })
  })

  it('an evicted action still tells its preimage and who removed it', async () => {
    const { store, record } = await filled()
    value(await store.actions.remove([record.key], 'cache gc'))
    expect(value(inspectAction(store, record.key))).toMatchObject({
      kind: 'found',
      value: { action: { stage: 'demux' }, gone: { kind: 'evicted', by: 'cache gc' }, outputs: [] },
    })
    expect(value(inspectJob(store, '/jobs/one'))).toMatchObject({
      kind: 'found',
      value: { pipeline: 'subtitles', steps: [{ step: 'demux', state: 'evicted' }] },
    })
  })

  it('says when a prefix names several', async () => {
    const store = await open({ dir: newDirectory() })
    for (let n = 0; n < 40; n++) {
      const { artifact, staged } = value(await stageArtifact(store.blobs, 'json', n))
      value(await store.actions.commit(recordOf({ n }, { out: artifact }), staged))
    }
    const counts = [...'0123456789abcdef'].map((digit) => {
      const found = value(inspectAction(store, digit))
      return found.kind === 'ambiguous' ? found.matches.length : found.kind === 'found' ? 1 : 0
    })
    expect(counts.reduce((sum, count) => sum + count, 0)).toBe(40)
  })

  it('a blob tells which actions need it, and as what', async () => {
    const { store, record, staged } = await filled()
    const large = staged.find(({ digest }) => digest.sizeBytes === 100_000)
    expect(value(inspectBlob(store, `b3:${large?.digest.hash.slice(0, 12)}`))).toEqual({
      kind: 'found',
      value: {
        hash: large?.digest.hash,
        stored: { digest: large?.digest, where: 'file', state: 'present' },
        referrers: [
          { key: record.key, pipeline: 'subtitles', step: 'demux', job: '/jobs/one', output: 'out', path: 'large' },
        ],
        readers: [],
      },
    })
  })

  it('bytes that actions were computed from tell which, in the store or not', async () => {
    const { store } = await filled()
    const source = '5'.repeat(64)
    const { artifact, staged } = value(await stageArtifact(store.blobs, 'json', 'sound'))
    const made = recordOf({ inputs: { film: `b3:${source}` } }, { out: artifact }, { step: 'demux', job: '/jobs/two' })
    value(await store.actions.commit(made, staged))
    const { hash } = artifact.digest
    const next = value(await stageArtifact(store.blobs, 'json', 'words'))
    const inputs = { sounds: ['b3:unknown', `b3:${hash}`] }
    const used = recordOf({ inputs }, { out: next.artifact }, { step: 'recognize', job: '/jobs/two' })
    value(await store.actions.commit(used, next.staged))

    const labels = { pipeline: 'subtitles', job: '/jobs/two' }
    expect(value(inspectBlob(store, `b3:${source.slice(0, 9)}`))).toEqual({
      kind: 'found',
      value: { hash: source, referrers: [], readers: [{ key: made.key, ...labels, step: 'demux', input: 'film' }] },
    })
    expect(value(inspectBlob(store, hash))).toMatchObject({
      kind: 'found',
      value: {
        stored: { state: 'present' },
        referrers: [{ key: made.key, ...labels, step: 'demux', output: 'out' }],
        readers: [{ key: used.key, ...labels, step: 'recognize', input: 'sounds' }],
      },
    })
    expect(value(inspectBlob(store, '6'.repeat(64)))).toEqual({ kind: 'absent' })
  })

  it('a job tells what of it is stored', async () => {
    const { store, record } = await filled()
    expect(value(inspectJob(store, '/jobs/one'))).toEqual({
      kind: 'found',
      value: {
        job: '/jobs/one',
        pipeline: 'subtitles',
        steps: [{ step: 'demux', key: record.key, state: 'stored', sizeBytes: 100_005 }],
      },
    })
    expect(value(inspectJob(store, '/jobs/none'))).toEqual({ kind: 'absent' })
  })
})

describe('storeStats', () => {
  it('counts by pipeline and step, inline and out of line, and by day', async () => {
    const { store } = await filled()
    await store.lookup('0'.repeat(64))
    const stats = value(storeStats(store))
    expect(stats).toMatchObject({ actions: 1, jobs: 1, inline: { count: 2 }, outOfLine: { count: 1, bytes: 100_000 } })
    expect(stats.steps).toMatchObject([{ pipeline: 'subtitles', step: 'demux', actions: 1, hits: 1, savedMs: 1000 }])
    expect(stats.days).toMatchObject([{ hits: 1, misses: 1, savedMs: 1000 }])
    expect(stats.index.fileBytes).toBeGreaterThan(stats.index.freeBytes)
    expect(stats.disk.totalBytes).toBeGreaterThan(stats.disk.freeBytes)
    expect(stats.maxSizeBytes).toBeGreaterThanOrEqual(5e9)
  })
})
