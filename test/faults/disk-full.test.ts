import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import {
  type ActionRecord,
  type DirectoryStore,
  describeStoreFailure,
  materializeArtifact,
  openStore,
  type StoreFailure,
  stageArtifact,
} from '../../store/index.ts'
import { canMount, mountSmallDisk } from '../rig/small-disk.ts'
import { newDirectory, noise, open, recordOf, startTwoThreads, twoThreadsBytes } from '../store/fixtures.ts'

/** Commits one action with a file of that size, and returns its record or why it could not. */
async function commit(store: DirectoryStore, n: number, sizeBytes: number): Promise<ActionRecord | StoreFailure> {
  const path = join(newDirectory(), 'file')
  writeFileSync(path, noise(sizeBytes, n + 1))
  const staged = await stageArtifact(store.blobs, 'file', path)
  if (!staged.ok) return staged.error
  const record = recordOf({ n, sizeBytes }, { out: staged.value.artifact })
  const committed = await store.actions.commit(record, staged.value.staged)
  if (committed.ok) return record
  await store.blobs.discard(staged.value.staged)
  return committed.error
}

describe.runIf(canMount)('a full disk', () => {
  it.each([
    ['files', 300_000],
    ['records of the index', 20_000],
  ])('fails what does not fit, loses nothing before it, and works again when there is room: %s', async (_, size) => {
    const disk = mountSmallDisk(6 * 1024 * 1024)
    const store = await open({ dir: join(disk.dir, 'store') })
    const records: ActionRecord[] = []
    let failure: StoreFailure | undefined
    for (let n = 0; failure === undefined && n < 1000; n++) {
      const done = await commit(store, n, size)
      if ('kind' in done) failure = done
      else records.push(done)
    }
    expect(failure).toEqual({ kind: 'store-full', dir: store.dir })
    if (failure !== undefined) expect(describeStoreFailure(failure)).toContain('full')
    expect(records.length).toBeGreaterThan(5)
    for (const record of records) {
      expect((await store.lookup(record.key)).kind).toBe('hit')
      const { out } = record.result.outputs
      if (out !== undefined) expect((await store.read(out.digest)).ok).toBe(true)
    }
    expect(readdirSync(join(store.dir, 'tmp'))).toEqual([])
    disk.resize(9 * 1024 * 1024)
    expect('kind' in (await commit(store, 5000, size))).toBe(false)
    await store.close()
    const again = await open({ dir: store.dir })
    expect(again.repaired).toBeUndefined()
    for (const record of records) expect((await again.lookup(record.key)).kind).toBe('hit')
  })

  it('lets what only remembers go on: leases, memos, uses', async () => {
    const disk = mountSmallDisk(3 * 1024 * 1024)
    const store = await open({ dir: join(disk.dir, 'store') })
    for (let n = 0; n < 1000; n++) if ('kind' in (await commit(store, n, 20_000))) break
    writeFileSync(join(disk.dir, 'other'), noise(600_000))
    const lease = store.leases.tryAcquire('action:1', 'me')
    expect('lease' in lease).toBe(true)
    expect('holder' in store.leases.tryAcquire('action:1', 'other')).toBe(true)
    if ('lease' in lease) lease.lease.release()
    store.ledger.memos.set('small', 'x')
    expect(store.ledger.memos.get('small')).toBeDefined()
    expect(store.flush()).toMatchObject({ ok: false, error: { kind: 'store-full' } })
  })

  it('keeps nothing of a large blob that two threads write to it, and all of it when there is room', async () => {
    const store = await open({ dir: newDirectory() })
    await startTwoThreads(store)
    const record = await commit(store, 1, twoThreadsBytes)
    if ('kind' in record) throw new Error(describeStoreFailure(record))
    const { out } = record.result.outputs
    if (out === undefined) throw new Error('the action has an output')
    const disk = mountSmallDisk(10 * 1024 * 1024)
    const path = join(disk.dir, 'film')
    const materialize = () => materializeArtifact(store, out, path, { link: 'copy' })
    expect(await materialize()).toEqual({ ok: false, error: { kind: 'target-unwritable', path, code: 'ENOSPC' } })
    expect(readdirSync(disk.dir)).toEqual([])
    disk.resize(40 * 1024 * 1024)
    expect((await materialize()).ok).toBe(true)
    expect(readFileSync(path).equals(noise(twoThreadsBytes, 2))).toBe(true)
  })

  it('is told when a store is to be made on it', async () => {
    const disk = mountSmallDisk(16 * 1024)
    const opened = await openStore({ dir: join(disk.dir, 'store') })
    if (opened.ok) await opened.value.close()
    expect(opened).toMatchObject({ ok: false, error: { kind: 'store-full' } })
  })
})
