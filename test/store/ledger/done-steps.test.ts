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
import { renewIndex } from '../../../store/opening/renew-index.ts'
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

function stepOf(store: DirectoryStore, { key, result }: ActionRecord): DoneStep {
  return { key, cache: 'hit', stamps: [1, 2, 3, 4.5, 5, 6, 7, 8, 9, 10], mark: store.ledger.done.mark(), result }
}

/** Returns whether a job's step has a result as the store is now. */
function hasResult({ ledger: { done } }: DirectoryStore, ofJob = job, id = 'kept'): boolean {
  done.mark()
  const step = done.of(ofJob).get(id)
  return step !== undefined && done.hasResult(step)
}

/** Returns a store that holds an action and knows of a job with a step that it was served to. */
async function withDoneJob(sizeBytes = 10) {
  const store = await open({ dir: newDirectory() })
  const record = await commit(store, 'kept', noise(sizeBytes))
  const step = stepOf(store, record)
  store.ledger.done.remember(job, new Map([['kept', step]]))
  value(store.flush())
  return { store, record, step }
}

describe('a step that is done', () => {
  it('is remembered with its result, until its job is forgotten', async () => {
    const { store, step } = await withDoneJob()
    const { done, jobs } = store.ledger
    expect(done.of(job).get('kept')).toEqual({ ...step, mark: done.mark() })
    expect(hasResult(store)).toBe(true)
    expect(done.of(job).get('toString')).toBeUndefined()
    expect(done.of('/jobs/other').get('kept')).toBeUndefined()
    done.remember('/jobs/other', new Map([['kept', { ...step, mark: done.mark() }]]))
    jobs.forget([job])
    value(store.flush())
    expect(done.of(job).get('kept')).toBeUndefined()
    expect(hasResult(store, '/jobs/other')).toBe(true)
  })

  it('is forgotten with a source that it speaks of, and not with one of another step', async () => {
    const { store } = await withDoneJob()
    const theirs = await commit(store, 'theirs', noise(20, 2))
    store.ledger.done.remember(job, new Map([['theirs', stepOf(store, theirs)]]))
    value(store.flush())
    value(await forgetSource(store, { hash: source('theirs') }))
    expect(store.ledger.done.of(job).get('theirs')).toBeUndefined()
    expect(store.ledger.done.of(job).get('kept')).toBeDefined()
  })

  it('is not known where the index cannot be read', async () => {
    const { store, step } = await withDoneJob()
    const { done } = store.ledger
    const known = { ...step, mark: done.mark() }
    const refuse = () => {
      throw Object.assign(new Error('a page of the index is damaged'), { code: -30796 })
    }
    vi.spyOn(store.context.db.table('memos-1'), 'peek').mockImplementationOnce(refuse)
    expect(done.mark()).toBeUndefined()
    expect(done.hasResult(known)).toBe(false)
    const records = store.context.db.table('done-2')
    vi.spyOn(records, 'peek').mockImplementation(refuse)
    vi.spyOn(records, 'has').mockImplementation(refuse)
    expect(done.of(job).get('kept')).toBeUndefined()
    expect(done.of(job).has('kept')).toBe(false)
  })

  it('is known by its name alone, until it is not done any more', async () => {
    const { store, step } = await withDoneJob()
    const { done } = store.ledger
    const known = { ...step, mark: done.mark() }
    expect([done.of(job).has('kept'), done.of(job).has('other'), done.of('/jobs/other').has('kept')]).toEqual([
      true,
      false,
      false,
    ])
    for (const now of [undefined, known, undefined]) {
      done.remember(job, new Map([['kept', now]]))
      for (const flush of [() => undefined, () => value(store.flush())]) {
        flush()
        expect(done.of(job).has('kept')).toBe(now !== undefined)
        expect(done.of(job).get('kept')).toEqual(now)
      }
    }
  })

  it('is found among thousands, and nothing of its job is left behind', async () => {
    const { store, step } = await withDoneJob()
    const { done, jobs } = store.ledger
    const mark = done.mark()
    const steps = new Map<string, DoneStep>()
    for (let n = 0; n < 1000; n++) steps.set(`s${n}`, { ...step, mark, stamps: [n] })
    done.remember(job, steps)
    done.remember('/jobs/other', steps)
    value(store.flush())
    for (const [id, known] of steps) expect(done.of(job).get(id)).toEqual(known)
    const records = store.context.db.table('done-2')
    expect(records.count()).toBe(2 * 64)
    jobs.forget([job])
    value(store.flush())
    expect(records.count()).toBe(64)
    expect(done.of('/jobs/other').get('s7')).toEqual(steps.get('s7'))
  })

  it('is what was last remembered of it, before and after that is written down', async () => {
    const { store, step } = await withDoneJob()
    const { done } = store.ledger
    const mark = done.mark()
    done.remember(job, new Map([['kept', { key: step.key, cache: 'miss', stamps: [1], mark }]]))
    done.remember(job, new Map([['failed', { key: step.key, cache: 'off', stamps: [2], mark }]]))
    for (const flush of [() => undefined, () => value(store.flush())]) {
      flush()
      expect(done.of(job).get('kept')).toEqual({ key: step.key, cache: 'miss', stamps: [1], mark })
      expect(done.of(job).get('failed')?.cache).toBe('off')
      expect(hasResult(store)).toBe(false)
    }
  })

  it('has its result while others are added, in this process and in another', async () => {
    const { store } = await withDoneJob()
    const other = await open({ dir: store.dir })
    await commit(other, 'more', noise(50, 2))
    expect([hasResult(store), hasResult(other)]).toEqual([true, true])
  })

  it('has no result any more when the file of its blob is gone', async () => {
    const { store, record } = await withDoneJob(outOfLine)
    expect(hasResult(store)).toBe(true)
    rmSync(blobPath(store.context.layout, hashOf(record)))
    expect(hasResult(store)).toBe(false)
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
  ])('has no result that is known to be there when %s, in whatever process', async (_, remove) => {
    const { store } = await withDoneJob()
    const other = await open({ dir: store.dir })
    const removed = await commit(other, 'removed', noise(outOfLine, 3))
    expect(hasResult(store)).toBe(true)
    await remove(other, removed)
    expect(store.ledger.done.of(job).get('kept')?.result).toBeDefined()
    expect(hasResult(store)).toBe(false)
  })

  it('has none where the first removal of all came while it was remembered', async () => {
    const store = await open({ dir: newDirectory() })
    const mark = store.ledger.done.mark()
    expect(mark).toBeUndefined()
    const record = await commit(store, 'first', noise(10))
    const other = await open({ dir: store.dir })
    await other.actions.remove([record.key], 'a test')
    const jobs = [job, '/jobs/two']
    for (const dir of jobs) store.ledger.done.remember(dir, new Map([['kept', { ...stepOf(store, record), mark }]]))
    value(store.flush())
    expect(jobs.map((dir) => hasResult(store, dir))).toEqual([false, false])
  })

  it('has one in each of several jobs that a store has first', async () => {
    const store = await open({ dir: newDirectory() })
    const jobs = [job, '/jobs/two']
    const record = await commit(store, 'first', noise(10))
    for (const dir of jobs) store.ledger.done.remember(dir, new Map([['kept', stepOf(store, record)]]))
    value(store.flush())
    expect(jobs.map((dir) => hasResult(store, dir))).toEqual([true, true])
  })
})

it('has no result that is known to be there in an index that was rebuilt, whatever of it was saved', async () => {
  const { store } = await withDoneJob()
  await store.close()
  const layout = layoutOf(store.dir)
  const building = join(layout.tmp, 'building')
  const how = { building, readsOld: true, isDamaged: true, limits: new Map(), onProgress: () => {} }
  const repaired = renewIndex(layout, how)
  expect(repaired).toMatchObject({ actions: 1 })
  const rebuilt = await open({ dir: store.dir })
  expect(rebuilt.ledger.done.of(job).get('kept')?.result).toBeDefined()
  expect(hasResult(rebuilt)).toBe(false)
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
