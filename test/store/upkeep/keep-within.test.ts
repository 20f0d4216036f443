import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { type ActionRecord, collect, type DirectoryStore, planCollection, stageArtifact } from '../../../store/index.ts'
import { forgetCounted, putBytesUntilNow, sizeAtMost } from '../../../store/tables/size-count.ts'
import { newDirectory, noise, open, recordOf, value } from '../fixtures.ts'

const plenty = 60_000

async function commitFile(store: DirectoryStore, step: string, sizeBytes: number, seed: number): Promise<ActionRecord> {
  const path = join(newDirectory(), 'file')
  writeFileSync(path, noise(sizeBytes, seed))
  const { artifact, staged } = value(await stageArtifact(store.blobs, 'file', path))
  const record = recordOf({ step }, { out: artifact }, { step, files: { out: `${step}.wav` } })
  value(await store.actions.commit(record, staged))
  return record
}

async function filled(count: number) {
  const store = await open({ dir: newDirectory() })
  const records: ActionRecord[] = []
  for (let n = 0; n < count; n++) records.push(await commitFile(store, `step-${n}`, 100_000, n + 1))
  const kinds = () => Promise.all(records.map(async ({ key }) => (await store.lookup(key)).kind))
  return { store, records, kinds }
}

describe('a store that is to keep within a limit', () => {
  it('loses what goes first, down to a tenth below the limit, and says what', async () => {
    const { store, kinds } = await filled(10)
    const trim = value(await store.keepWithin({ maxSizeBytes: 950_000 }, plenty))
    expect(trim).toMatchObject({
      maxSizeBytes: 950_000,
      sizeBytes: 1_000_000,
      freedBytes: 200_000,
      isStillOver: false,
      evicted: [
        { pipeline: 'subtitles', files: [expect.stringMatching(/^step-\d\.wav$/)], reason: 'size' },
        { reason: 'size' },
      ],
    })
    expect((await kinds()).filter((kind) => kind === 'evicted')).toHaveLength(2)
    expect(value(await store.keepWithin({ maxSizeBytes: 950_000 }, plenty))).toBeUndefined()
  })

  it.each([
    ['since its first blob', false],
    ['once it was counted', true],
  ])('knows that it does without looking at what it holds, %s', async (_since, isForgotten) => {
    const { store } = await filled(3)
    expect(sizeAtMost(store.context.db)).toBe(300_000)
    if (isForgotten) {
      store.context.db.write(() => forgetCounted(store.context.db))
      expect(sizeAtMost(store.context.db)).toBeUndefined()
      expect(value(await store.keepWithin({ maxSizeBytes: 1_000_000 }, plenty))).toBeUndefined()
    }
    const putBefore = putBytesUntilNow(store.context.db)
    const entries = vi.spyOn(store.context.blobTable, 'entries')
    await commitFile(store, 'another', 100_000, 50)
    await commitFile(store, 'the same bytes', 100_000, 50)
    expect(sizeAtMost(store.context.db)).toBe(400_000)
    expect(value(await store.keepWithin({ maxSizeBytes: 1_000_000 }, plenty))).toBeUndefined()
    expect(entries).not.toHaveBeenCalled()
    value(await collect(store, value(planCollection(store, { maxSizeBytes: 200_000 }))))
    expect(sizeAtMost(store.context.db)).toBe(200_000)
    expect(putBytesUntilNow(store.context.db)).toBe(putBefore + 100_000)
  })

  it('keeps what a run needs, and says that it is still too large', async () => {
    const { store, kinds } = await filled(3)
    store.leases.tryAcquire('run:1', '/jobs/one')
    const trim = value(await store.keepWithin({ maxSizeBytes: 100_000 }, plenty))
    expect(trim).toMatchObject({ freedBytes: 0, evicted: [], isStillOver: true })
    expect(await kinds()).toEqual(['hit', 'hit', 'hit'])
  })

  it('stops when its time is over, and goes on the next time', async () => {
    const { store, kinds } = await filled(3)
    const trim = value(await store.keepWithin({ maxSizeBytes: 100_000 }, 0))
    expect(trim).toMatchObject({ freedBytes: 0, isStillOver: true })
    expect(value(await store.keepWithin({ maxSizeBytes: 100_000 }, plenty))?.isStillOver).toBe(false)
    expect(await kinds()).toEqual(['evicted', 'evicted', 'evicted'])
  })

  it('makes room on its disk where that is what lacks', async () => {
    const { store, kinds } = await filled(2)
    const trim = value(await store.keepWithin({ minFreeBytes: Number.MAX_SAFE_INTEGER }, plenty))
    expect(trim).toMatchObject({ freedBytes: 200_000 })
    expect(await kinds()).toEqual(['evicted', 'evicted'])
  })

  it('is counted anew when its index was lost', async () => {
    const { store } = await filled(2)
    value(await store.keepWithin({}, plenty))
    await store.close()
    rmSync(join(store.dir, 'index'), { recursive: true })
    const again = await open({ dir: store.dir })
    expect(sizeAtMost(again.context.db)).toBeUndefined()
    expect(value(await again.keepWithin({ maxSizeBytes: 100_000 }, plenty))).toMatchObject({ freedBytes: 200_000 })
  })
})

describe('what is staged', () => {
  it('is not taken for present when another process has removed it since, without a turn of the event loop', async () => {
    const dir = newDirectory()
    const [one, other] = [await open({ dir }), await open({ dir })]
    const bytes = noise(100)
    value(await one.blobs.put([one.blobs.stageBytes(bytes)]))
    const { where, digest } = one.blobs.stageBytes(bytes)
    expect(where).toBe('present')
    other.context.db.write(() => other.context.blobTable.remove(digest.hash))
    // A store looks anew at the most every fraction of a millisecond.
    const now = performance.now.bind(performance)
    vi.spyOn(performance, 'now').mockImplementation(() => now() + 5)
    onTestFinished(() => void vi.restoreAllMocks())
    expect(one.blobs.stageBytes(bytes).where).toBe('memory')
  })
})
