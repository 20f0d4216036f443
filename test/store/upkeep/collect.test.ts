import { existsSync, mkdirSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { blobPath } from '../../../store/disk/layout.ts'
import {
  type ActionRecord,
  collect,
  type DirectoryStore,
  digestBytes,
  planCollection,
  readTreeArtifact,
  stageArtifact,
} from '../../../store/index.ts'
import { isThere, newDirectory, noise, open, recordOf, value } from '../fixtures.ts'

const dayMs = 24 * 3600 * 1000

/** Clocks that a test turns by hand. */
function handClocks() {
  const time = { wallMs: Date.UTC(2026, 0, 1), monotonicMs: 1_000_000 }
  const pass = (ms: number) => {
    time.wallMs += ms
    time.monotonicMs += ms
  }
  const clocks = { wallMs: () => time.wallMs, monotonicMs: () => time.monotonicMs }
  return { time, pass, clocks }
}

async function openAt(clocks: ReturnType<typeof handClocks>['clocks'], dir = newDirectory()): Promise<DirectoryStore> {
  return open({ dir, now: clocks.wallMs, clocks })
}

/** Commits an action with one file of that size. */
async function commitFile(
  store: DirectoryStore,
  name: string,
  sizeBytes: number,
  { durationMs = 0, seed = sizeBytes }: { readonly durationMs?: number; readonly seed?: number } = {},
): Promise<ActionRecord> {
  const path = join(newDirectory(), name)
  writeFileSync(path, noise(sizeBytes, seed))
  const { artifact, staged } = value(await stageArtifact(store.blobs, 'file', path))
  const record = recordOf({ name }, { audio: artifact }, { step: name, files: { audio: `${name}.wav` } })
  const timed = { ...record, result: { ...record.result, durationMs } }
  value(await store.actions.commit(timed, staged))
  return timed
}

async function kinds(store: DirectoryStore, ...records: readonly ActionRecord[]): Promise<readonly string[]> {
  return Promise.all(records.map(async ({ key }) => (await store.lookup(key)).kind))
}

/** Returns the bytes of the files under the store's `blobs/`. */
function blobFileBytes(store: DirectoryStore): number {
  const { blobs } = store.context.layout
  return readdirSync(blobs)
    .flatMap((dir) => readdirSync(join(blobs, dir)).map((name) => statSync(join(blobs, dir, name)).size))
    .reduce((sum, size) => sum + size, 0)
}

describe('a collection', () => {
  it('says what goes by pipeline, step and file, and changes nothing before it is done', async () => {
    const { clocks, pass } = handClocks()
    const store = await openAt(clocks)
    const old = await commitFile(store, 'demux', 100_000)
    pass(dayMs)
    const young = await commitFile(store, 'mux', 50_000)
    const plan = value(planCollection(store, { maxSizeBytes: 60_000 }))
    expect(plan.evictions).toEqual([
      {
        key: old.key,
        reason: 'size',
        pipeline: 'subtitles',
        step: 'demux',
        job: '/jobs/one',
        files: ['demux.wav'],
        freesBytes: 100_000,
        sizeBytes: 100_000,
        lastUsedMs: Date.UTC(2026, 0, 1),
        hits: 0,
        durationMs: 0,
      },
    ])
    expect(plan).toMatchObject({ sizeBytes: 150_000, sizeBytesAfter: 50_000, freesBytes: 100_000 })
    expect(plan.kept).toEqual({ count: 1, bytes: 50_000 })
    expect(await kinds(store, old, young)).toEqual(['hit', 'hit'])
    expect(blobFileBytes(store)).toBe(150_000)
  })

  it('removes the least lately used, and says at the next look-up that it was evicted', async () => {
    const { clocks, pass } = handClocks()
    const store = await openAt(clocks)
    const one = await commitFile(store, 'one', 100_000)
    pass(dayMs)
    const two = await commitFile(store, 'two', 200_000)
    pass(dayMs)
    expect(await kinds(store, one)).toEqual(['hit'])
    const report = value(await collect(store, value(planCollection(store, { maxSizeBytes: 150_000 }))))
    expect(report).toMatchObject({ actions: 1, freedBytes: 200_000, spared: 0 })
    expect(await kinds(store, one, two)).toEqual(['hit', 'evicted'])
    expect(await store.lookup(two.key)).toMatchObject({ by: 'cache gc' })
    expect(blobFileBytes(store)).toBe(100_000)
    const again = await commitFile(store, 'two', 200_000)
    expect(await kinds(store, one, again)).toEqual(['hit', 'hit'])
  })

  it('keeps what is dear to compute for its size longer than what is cheap', async () => {
    const { clocks, pass } = handClocks()
    const store = await openAt(clocks)
    const dear = await commitFile(store, 'recognize', 40_000, { durationMs: 3_600_000 })
    pass(dayMs)
    const cheap = await commitFile(store, 'demux', 400_000, { durationMs: 100 })
    value(await collect(store, value(planCollection(store, { maxSizeBytes: 100_000 }))))
    expect(await kinds(store, dear, cheap)).toEqual(['hit', 'evicted'])
  })

  it('removes by age, and frees the whole disk when told that nothing may stay', async () => {
    const { clocks, pass } = handClocks()
    const store = await openAt(clocks)
    const old = await commitFile(store, 'old', 100_000)
    const small = await commitFile(store, 'small', 100)
    pass(40 * dayMs)
    const young = await commitFile(store, 'young', 50_000)
    value(await collect(store, value(planCollection(store, { maxAgeMs: 30 * dayMs }))))
    expect(await kinds(store, old, small, young)).toEqual(['evicted', 'evicted', 'hit'])
    value(await collect(store, value(planCollection(store, { maxSizeBytes: 0 }))))
    expect(await kinds(store, young)).toEqual(['evicted'])
    expect(blobFileBytes(store)).toBe(0)
    expect(store.context.db.table('blobs-1').count()).toBe(0)
    expect(store.context.db.table('uses-1').count()).toBe(0)
  })

  it('is not misled by a clock that jumps ten years, forth or back', async () => {
    const { clocks, pass, time } = handClocks()
    const store = await openAt(clocks)
    const record = await commitFile(store, 'one', 100_000)
    pass(dayMs)
    for (const jumpMs of [3650 * dayMs, -7300 * dayMs]) {
      time.wallMs += jumpMs
      expect(value(planCollection(store, { maxAgeMs: 30 * dayMs })).evictions).toEqual([])
    }
    await store.close()
    time.wallMs += 10_000 * dayMs
    const rebooted = { ...clocks, bootId: 'another boot', monotonicMs: () => 5 }
    const again = await openAt(rebooted, store.dir)
    expect(value(planCollection(again, { maxAgeMs: 30 * dayMs })).evictions).toEqual([])
    expect(await kinds(again, record)).toEqual(['hit'])
  })

  it('keeps a blob that another action needs, and one that was committed after the plan', async () => {
    const { clocks, pass } = handClocks()
    const store = await openAt(clocks)
    const one = await commitFile(store, 'one', 100_000, { seed: 9 })
    pass(dayMs)
    const two = await commitFile(store, 'two', 100_000, { seed: 9 })
    pass(dayMs)
    const plan = value(planCollection(store, { maxSizeBytes: 99_000 }))
    expect(plan.evictions.map(({ freesBytes }) => freesBytes)).toEqual([0, 100_000])
    const three = await commitFile(store, 'three', 100_000, { seed: 9 })
    value(await collect(store, plan))
    expect(await kinds(store, one, two, three)).toEqual(['evicted', 'evicted', 'hit'])
  })

  it('leaves an action that was used after the plan', async () => {
    const { clocks, pass } = handClocks()
    const store = await openAt(clocks)
    const record = await commitFile(store, 'one', 100_000)
    const plan = value(planCollection(store, { maxSizeBytes: 0 }))
    pass(1000)
    expect(await kinds(store, record)).toEqual(['hit'])
    expect(value(await collect(store, plan))).toMatchObject({ actions: 0, spared: 1 })
    expect(await kinds(store, record)).toEqual(['hit'])
  })

  it('leaves what a live run has used since it began', async () => {
    const { clocks, pass } = handClocks()
    const store = await openAt(clocks)
    const before = await commitFile(store, 'before', 100_000)
    const used = await commitFile(store, 'used', 100_000, { seed: 2 })
    pass(dayMs)
    const run = store.leases.tryAcquire('run:1', 'a run')
    pass(1000)
    expect(await kinds(store, used)).toEqual(['hit'])
    const made = await commitFile(store, 'made', 100_000, { seed: 3 })
    const plan = value(planCollection(store, { maxSizeBytes: 0 }))
    expect(plan).toMatchObject({ liveRuns: 1, protectedByRuns: { count: 2, bytes: 200_000 } })
    value(await collect(store, plan))
    expect(await kinds(store, before, used, made)).toEqual(['evicted', 'hit', 'hit'])
    if ('lease' in run) run.lease.release()
    value(await collect(store, value(planCollection(store, { maxSizeBytes: 0 }))))
    expect(await kinds(store, used, made)).toEqual(['evicted', 'evicted'])
  })

  it('leaves what a run needs that began after the plan, also when its use is too recent to be noted', async () => {
    const { clocks, pass } = handClocks()
    const store = await openAt(clocks)
    const record = await commitFile(store, 'one', 100_000)
    expect(await kinds(store, record)).toEqual(['hit'])
    const plan = value(planCollection(store, { maxSizeBytes: 0 }))
    pass(60_000)
    store.leases.tryAcquire('run:1', 'a run')
    expect(await kinds(store, record)).toEqual(['hit'])
    expect(value(await collect(store, plan))).toMatchObject({ actions: 0, spared: 1 })
    expect(await kinds(store, record)).toEqual(['hit'])
  })

  it('keeps all files of a tree, and its listing', async () => {
    const store = await open({ dir: newDirectory() })
    const work = newDirectory()
    writeFileSync(join(work, 'a'), noise(50_000))
    writeFileSync(join(work, 'b'), 'b')
    const { artifact, staged } = value(await stageArtifact(store.blobs, 'tree', work))
    const record = recordOf({ tree: 1 }, { out: artifact })
    value(await store.actions.commit(record, staged))
    value(await store.blobs.put([store.blobs.stageBytes(noise(60_000, 4))]))
    expect(value(planCollection(store)).unneededBlobs).toEqual({ count: 1, bytes: 60_000 })
    value(await collect(store, value(planCollection(store))))
    expect(await kinds(store, record)).toEqual(['hit'])
    expect(value(await readTreeArtifact(store, artifact))).toHaveLength(2)
    expect(blobFileBytes(store)).toBe(50_000)
  })

  it('removes what a crash left: orphans among the blobs and files of dead writers, but not those of live ones', async () => {
    const store = await open({ dir: newDirectory() })
    const { layout } = store.context
    const kept = await commitFile(store, 'one', 100_000)
    const orphan = blobPath(layout, '0'.repeat(64))
    mkdirSync(dirname(orphan))
    writeFileSync(orphan, 'orphan')
    const dead = join(layout.tmp, `1_1_some-other-boot_4026531836_${'0'.repeat(16)}`)
    writeFileSync(dead, 'dead')
    const live = value(await store.blobs.stageFile(bigFile()))
    const plan = value(planCollection(store))
    expect(plan.orphanFiles).toEqual({ count: 1, bytes: 6 })
    expect(plan.tmpFiles).toEqual({ count: 1, bytes: 4 })
    expect(value(await collect(store, plan))).toMatchObject({ freedBytes: 10 })
    expect(existsSync(orphan)).toBe(false)
    expect(existsSync(dead)).toBe(false)
    expect(live.where === 'file' && existsSync(live.path)).toBe(true)
    value(await store.blobs.put([live]))
    expect(await isThere(store, live.digest)).toBe(true)
    expect(await kinds(store, kept)).toEqual(['hit'])
  })

  it('empties the quarantine of what has been there for two weeks, or of all when nothing may stay', async () => {
    const { pass, clocks } = handClocks()
    const store = await openAt(clocks)
    const { quarantine } = store.context.layout
    const put = (): number => {
      const at = Math.round(store.context.clock.nowMs())
      mkdirSync(join(quarantine, `index.${at}`), { recursive: true })
      writeFileSync(join(quarantine, `index.${at}`, 'data.mdb'), noise(5000))
      writeFileSync(join(quarantine, `${'a'.repeat(64)}.${at}`), 'damaged')
      return at
    }
    put()
    pass(13 * dayMs)
    const later = put()
    expect(value(planCollection(store)).quarantined).toEqual({ count: 0, bytes: 0 })
    pass(2 * dayMs)
    const plan = value(planCollection(store))
    expect(plan.quarantined).toEqual({ count: 2, bytes: 5007 })
    expect(value(await collect(store, plan))).toMatchObject({ quarantined: plan.quarantined, freedBytes: 5007 })
    expect(readdirSync(quarantine).sort()).toEqual([`${'a'.repeat(64)}.${later}`, `index.${later}`])
    value(await collect(store, value(planCollection(store, { maxSizeBytes: 0 }))))
    expect(readdirSync(quarantine)).toEqual([])
  })

  it('forgets the stats of files that are gone', async () => {
    const store = await open({ dir: newDirectory() })
    const work = newDirectory()
    for (const name of ['stays', 'goes']) {
      writeFileSync(join(work, name), name)
      store.ledger.fileDigests.remember(join(work, name), digestBytes(Buffer.from(name)))
    }
    value(store.flush())
    rmSync(join(work, 'goes'))
    value(await collect(store, value(planCollection(store))))
    expect(store.context.db.table('file-digests-1').count()).toBe(1)
    expect(store.ledger.fileDigests.known(join(work, 'stays'))).toBeDefined()
  })

  it('does nothing to a store that is open for reading', async () => {
    const dir = newDirectory()
    const store = await open({ dir })
    await commitFile(store, 'one', 100_000)
    await store.close()
    const reader = await open({ dir, readOnly: true })
    const plan = value(planCollection(reader, { maxSizeBytes: 0 }))
    expect(plan.evictions).toHaveLength(1)
    expect(await collect(reader, plan)).toMatchObject({ ok: false, error: { kind: 'store-read-only' } })
  })
})

function bigFile(): string {
  const path = join(newDirectory(), 'big')
  writeFileSync(path, noise(200_000, 77))
  return path
}
