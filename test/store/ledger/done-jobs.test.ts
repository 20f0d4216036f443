import { chmodSync, lstatSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it, vi } from 'vitest'
import { isStampedSo, linkStatOf, stampNumbers, stampOf } from '../../../store/disk/file-stamp.ts'
import { blobPath, layoutOf } from '../../../store/disk/layout.ts'
import {
  type ActionRecord,
  collect,
  type DirectoryStore,
  type DoneStep,
  digestBytes,
  forgetSource,
  materializeArtifact,
  planCollection,
  stageArtifact,
  verifyStore,
} from '../../../store/index.ts'
import { openIndexDb } from '../../../store/lmdb/index-db.ts'
import { rebuildIndex } from '../../../store/opening/rebuild-index.ts'
import { newDirectory, noise, open, recordOf, value } from '../fixtures.ts'

const job = '/jobs/one'
const outOfLine = 100_000

/** Returns the hash of what an action was made of. */
function source(name: string): string {
  return digestBytes(Buffer.from(`the source of ${name}`)).hash
}

async function commit(store: DirectoryStore, name: string, bytes: Uint8Array): Promise<ActionRecord> {
  const path = join(newDirectory(), name)
  writeFileSync(path, bytes)
  const { artifact, staged } = value(await stageArtifact(store.blobs, 'file', path))
  const record = recordOf({ name, inputs: { source: `b3:${source(name)}` } }, { out: artifact })
  value(await store.actions.commit(record, staged))
  return record
}

function hashOf({ result }: ActionRecord): string {
  return result.outputs.out?.digest.hash ?? ''
}

function stepOf({ key, result }: ActionRecord): DoneStep {
  return { key, cache: 'hit', stamps: [1, 2, 3, 4.5, 5, 6, 7, 8, 9, 10], result }
}

/** Returns a store that holds an action and knows of a job with a step that it was served to. */
async function withDoneJob(sizeBytes = 10) {
  const store = await open({ dir: newDirectory() })
  const record = await commit(store, 'kept', noise(sizeBytes))
  const step = stepOf(record)
  store.ledger.done.remember(job, new Map([['kept', step]]), { mark: store.ledger.done.open(job).mark, notedMs: 7 })
  value(store.flush())
  return { store, record, step }
}

describe('a step that is done', () => {
  it('is remembered with its result, until its job is forgotten', async () => {
    const { store, step } = await withDoneJob()
    const done = store.ledger.done.open(job)
    expect(done).toMatchObject({ stands: true, notedMs: 7, ids: ['kept'] })
    expect(done.get('kept')).toEqual(step)
    expect(done.get('toString')).toBeUndefined()
    expect(done.hasResult(step)).toBe(true)
    expect(store.ledger.done.open('/jobs/other')).toMatchObject({ stands: false, ids: [] })
    store.ledger.jobs.forget([job])
    value(store.flush())
    expect(store.ledger.done.open(job)).toMatchObject({ stands: false, ids: [] })
  })

  it('is forgotten with a source that its job speaks of, and not with one of another job', async () => {
    const { store } = await withDoneJob()
    const theirs = await commit(store, 'theirs', noise(20, 2))
    const mark = store.ledger.done.open(job).mark
    store.ledger.done.remember('/jobs/other', new Map([['theirs', stepOf(theirs)]]), { mark, notedMs: 7 })
    value(store.flush())
    value(await forgetSource(store, { hash: source('theirs') }))
    expect(store.ledger.done.open('/jobs/other').ids).toEqual([])
    expect(store.ledger.done.open(job).ids).toEqual(['kept'])
  })

  it('is not known where the index cannot be read', async () => {
    const { store, step } = await withDoneJob()
    const refuse = () => {
      throw Object.assign(new Error('a page of the index is damaged'), { code: -30796 })
    }
    vi.spyOn(store.context.db.table('memos-1'), 'peek').mockImplementationOnce(refuse)
    expect(store.ledger.done.open(job)).toMatchObject({ stands: false, ids: ['kept'] })
    vi.spyOn(store.context.db.table('done-1'), 'peek').mockImplementation(refuse)
    const done = store.ledger.done.open(job)
    expect(done).toMatchObject({ stands: false, ids: [] })
    expect([done.get('kept'), done.hasResult(step)]).toEqual([undefined, false])
  })

  it('is found among thousands, in whatever order they are asked for, and nothing of its job is left behind', async () => {
    const { store, step } = await withDoneJob()
    const steps = new Map<string, DoneStep>()
    for (let n = 0; n < 1000; n++) steps.set(`s${n}`, { ...step, stamps: [n] })
    const { mark } = store.ledger.done.open(job)
    const remember = (kept: ReadonlyMap<string, DoneStep>) => {
      store.ledger.done.remember(job, kept, { mark, notedMs: 7 })
      value(store.flush())
    }
    remember(steps)
    const ids = [...steps.keys()]
    for (const order of [ids, [...ids].reverse(), ids.filter((_, n) => n % 300 === 0), ['s999', 's0', 's998', 's1']]) {
      const done = store.ledger.done.open(job)
      expect(done.ids).toEqual(ids)
      for (const id of order) expect(done.get(id)).toEqual(steps.get(id))
    }
    remember(new Map([...steps].slice(0, 10)))
    const records = store.context.db.table('done-1')
    expect(records.count()).toBe(2)
    expect(store.ledger.done.open(job).get('s10')).toBeUndefined()
    store.ledger.jobs.forget([job])
    value(store.flush())
    expect(records.count()).toBe(0)
  })

  it('has a result to be served, or is known to have none', async () => {
    const { store, step } = await withDoneJob()
    const failed = { key: step.key, cache: 'off', stamps: [] }
    store.ledger.done.remember(
      job,
      new Map([
        ['failed', failed],
        ['kept', step],
      ]),
      store.ledger.done.open(job),
    )
    for (const done of [store.ledger.done.open(job), value(store.flush()) ?? store.ledger.done.open(job)]) {
      expect(['failed', 'kept', 'other'].map((id) => done.isDone(id))).toEqual([false, true, undefined])
    }
  })

  it('stands while results are added, in this process and in another', async () => {
    const { store } = await withDoneJob()
    const other = await open({ dir: store.dir })
    await commit(other, 'more', noise(50, 2))
    expect(store.ledger.done.open(job).stands).toBe(true)
    expect(other.ledger.done.open(job).stands).toBe(true)
  })

  it('has no result any more when the file of its blob is gone', async () => {
    const { store, step, record } = await withDoneJob(outOfLine)
    expect(store.ledger.done.open(job).hasResult(step)).toBe(true)
    rmSync(blobPath(store.context.layout, hashOf(record)))
    expect(store.ledger.done.open(job).hasResult(step)).toBe(false)
  })

  it.each<[string, (store: DirectoryStore, other: ActionRecord) => Promise<unknown>]>([
    ['an action is removed', ({ actions }, { key }) => actions.remove([key], 'a test')],
    [
      'a collection removes something',
      async (store) => collect(store, value(planCollection(store, { maxSizeBytes: 0 }))),
    ],
    ['a source is forgotten', (store) => forgetSource(store, { hash: source('removed') })],
    [
      'a damaged blob is met',
      async (store, record) => {
        spoil(store, hashOf(record))
        const { out } = record.result.outputs
        expect(out && (await materializeArtifact(store, out, join(newDirectory(), 'target'))).ok).toBe(false)
      },
    ],
    [
      'a damaged blob is repaired',
      async (store, record) => {
        spoil(store, hashOf(record))
        value(await verifyStore(store, { repair: true }))
      },
    ],
  ])('does not stand when %s, in whatever process', async (_, remove) => {
    const { store, step } = await withDoneJob()
    const other = await open({ dir: store.dir })
    const removed = await commit(other, 'removed', noise(outOfLine, 3))
    expect(store.ledger.done.open(job).stands).toBe(true)
    await remove(other, removed)
    const done = store.ledger.done.open(job)
    expect(done.stands).toBe(false)
    expect(done.hasResult(step)).toBe(false)
  })

  it('does not stand where the first removal of all came while it was remembered', async () => {
    const store = await open({ dir: newDirectory() })
    const { mark } = store.ledger.done.open(job)
    const record = await commit(store, 'first', noise(10))
    const other = await open({ dir: store.dir })
    await other.actions.remove([record.key], 'a test')
    for (const dir of [job, '/jobs/two']) {
      store.ledger.done.remember(dir, new Map([['first', stepOf(record)]]), { mark, notedMs: 7 })
    }
    value(store.flush())
    expect(store.ledger.done.open(job).stands).toBe(false)
    expect(store.ledger.done.open('/jobs/two').stands).toBe(false)
  })

  it('stands for each of several jobs that a store has first', async () => {
    const store = await open({ dir: newDirectory() })
    const jobs = [job, '/jobs/two']
    const record = await commit(store, 'first', noise(10))
    for (const dir of jobs) {
      store.ledger.done.remember(dir, new Map([['first', stepOf(record)]]), {
        mark: store.ledger.done.open(dir).mark,
        notedMs: 7,
      })
    }
    value(store.flush())
    expect(jobs.map((dir) => store.ledger.done.open(dir).stands)).toEqual([true, true])
  })
})

it('does not stand in an index that was rebuilt, whatever of it was saved', async () => {
  const { store } = await withDoneJob()
  await store.close()
  const layout = layoutOf(store.dir)
  const { db, repaired } = rebuildIndex(layout, ['a test'], () => openIndexDb(layout.index, { readOnly: false }))
  expect(repaired).toMatchObject({ actions: 1 })
  await db.close()
  expect((await open({ dir: store.dir })).ledger.done.open(job)).toMatchObject({ ids: ['kept'], stands: false })
})

/** Changes a blob's file, as a fault of the disk would. */
function spoil({ context }: DirectoryStore, hash: string): void {
  const path = blobPath(context.layout, hash)
  chmodSync(path, 0o644)
  writeFileSync(path, noise(outOfLine, 4))
}

it('has the stamp of a stat without bigint as numbers', () => {
  const path = join(newDirectory(), 'file')
  writeFileSync(path, 'text')
  const stats = linkStatOf(path)
  if (stats === undefined) throw new Error('the file is there')
  const numbers = [0, ...stampNumbers(stampOf(stats))]
  expect(isStampedSo(lstatSync(path), numbers, 1)).toBe(true)
  for (let at = 1; at < numbers.length; at++) {
    expect(isStampedSo(lstatSync(path), numbers.with(at, -1), 1)).toBe(false)
  }
})
