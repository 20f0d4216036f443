import {
  chmodSync,
  existsSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { readListing } from '../../../store/blobs/tree-listings.ts'
import { blobPath } from '../../../store/disk/layout.ts'
import { type ActionRecord, type DirectoryStore, materializeArtifact, stageArtifact } from '../../../store/index.ts'
import { hashKey } from '../../../store/lmdb/index-keys.ts'
import {
  failureKind,
  isThere,
  newDirectory,
  noise,
  open,
  recordOf,
  startTwoThreads,
  twoThreadsBytes,
  value,
} from '../fixtures.ts'

interface Filled {
  readonly store: DirectoryStore
  readonly work: string
  readonly record: ActionRecord
  readonly bytes: Buffer
  /** The file of the one output, when it is out of line. */
  readonly path: string
  /** Computes the action again. */
  readonly commit: () => Promise<void>
}

/** Returns a store with one action, whose output is a file of that size. */
async function filled(size: number): Promise<Filled> {
  const store = await open({ dir: newDirectory() })
  const work = newDirectory()
  const bytes = noise(size)
  writeFileSync(join(work, 'in'), bytes)
  const commit = async () => {
    const { artifact, staged } = value(await stageArtifact(store.blobs, 'file', join(work, 'in')))
    value(await store.actions.commit(recordOf({ n: 1 }, { out: artifact }), staged))
  }
  const { artifact } = value(await stageArtifact(store.blobs, 'file', join(work, 'in')))
  await commit()
  const record = recordOf({ n: 1 }, { out: artifact })
  return { store, work, record, bytes, path: blobPath(store.context.layout, artifact.digest.hash), commit }
}

function spoil(path: string, change: (bytes: Buffer) => void): void {
  const bytes = readFileSync(path)
  change(bytes)
  chmodSync(path, 0o644)
  writeFileSync(path, bytes)
}

/** Says what a damaged blob must come to: no wrong byte out, a miss that says so, and a hit again when it is put anew. */
async function expectMissAndRecovery({ store, work, record, bytes, commit }: Filled): Promise<void> {
  const { out } = record.result.outputs
  if (out === undefined) throw new Error('the action has an output')
  const target = join(work, 'target')
  expect(failureKind(await materializeArtifact(store, out, target))).toBe('blob-corrupt')
  expect(existsSync(target)).toBe(false)
  expect(readdirSync(work)).toEqual(['in'])
  expect(await store.lookup(record.key)).toMatchObject({ kind: 'corrupt' })
  expect(failureKind(await store.read(out.digest))).toBe('blob-corrupt')
  await commit()
  expect((await store.lookup(record.key)).kind).toBe('hit')
  value(await materializeArtifact(store, out, target))
  expect(readFileSync(target).equals(bytes)).toBe(true)
}

describe('a damaged store', () => {
  it('never gives out a large blob file that was flipped, which two threads copy', async () => {
    const all = await filled(twoThreadsBytes)
    await startTwoThreads(all.store)
    spoil(all.path, (bytes) => {
      bytes[twoThreadsBytes - 1] = (bytes[twoThreadsBytes - 1] ?? 0) ^ 1
    })
    await expectMissAndRecovery(all)
  })

  it.each([0, 50_000, 99_999])('never gives out a blob file whose byte %i was flipped', async (position) => {
    const all = await filled(100_000)
    spoil(all.path, (bytes) => {
      bytes[position] = (bytes[position] ?? 0) ^ 0x20
    })
    expect((await all.store.lookup(all.record.key)).kind).toBe('hit')
    await expectMissAndRecovery(all)
    expect(readdirSync(join(all.store.dir, 'quarantine'))).toHaveLength(1)
  })

  it('never gives out a blob file that was zeroed', async () => {
    const all = await filled(100_000)
    spoil(all.path, (bytes) => bytes.fill(0))
    await expectMissAndRecovery(all)
  })

  it('reads a blob whose damage is found by reading', async () => {
    const all = await filled(100_000)
    spoil(all.path, (bytes) => bytes.fill(1, 10, 20))
    const { out } = all.record.result.outputs
    if (out !== undefined) expect(failureKind(await all.store.read(out.digest))).toBe('blob-corrupt')
    await expectMissAndRecovery(all)
  })

  it('takes a blob file that is shorter, or gone, for missing', async () => {
    const all = await filled(100_000)
    chmodSync(all.path, 0o644)
    truncateSync(all.path, 99_999)
    expect(await all.store.lookup(all.record.key)).toEqual({ kind: 'incomplete', missing: ['out'] })
    rmSync(all.path)
    expect(await all.store.lookup(all.record.key)).toEqual({ kind: 'incomplete', missing: ['out'] })
    await all.commit()
    expect((await all.store.lookup(all.record.key)).kind).toBe('hit')
  })

  it('never gives out an inline blob whose byte was flipped', async () => {
    const all = await filled(1000)
    const { db } = all.store.context
    const key = hashKey(all.record.result.outputs.out?.digest.hash ?? '')
    const table = db.table('blobs-1')
    const spoilt = Buffer.from(table.get(key) ?? [])
    spoilt[spoilt.length - 10] = (spoilt[spoilt.length - 10] ?? 0) ^ 1
    db.write(() => {
      table.put(key, spoilt)
    })
    await expectMissAndRecovery(all)
  })

  it('notices a damaged header of an inline blob at the look-up', async () => {
    const all = await filled(1000)
    const { db } = all.store.context
    const key = hashKey(all.record.result.outputs.out?.digest.hash ?? '')
    const table = db.table('blobs-1')
    const spoilt = Buffer.from(table.get(key) ?? [])
    // The size; the header's checksum is for those who have no digest to compare with.
    spoilt[20] = (spoilt[20] ?? 0) ^ 1
    db.write(() => {
      table.put(key, spoilt)
    })
    expect((await all.store.lookup(all.record.key)).kind).toBe('corrupt')
    await all.commit()
    expect((await all.store.lookup(all.record.key)).kind).toBe('hit')
  })

  it('takes a record for corrupt that was flipped, or lies under another key', async () => {
    const all = await filled(1000)
    const { db } = all.store.context
    const table = db.table('actions-1')
    const key = hashKey(all.record.key)
    const sound = Buffer.from(table.get(key) ?? [])
    for (const position of [0, 5, 17, 100, sound.length - 1]) {
      const spoilt = Buffer.from(sound)
      spoilt[position] = (spoilt[position] ?? 0) ^ 1
      db.write(() => {
        table.put(key, spoilt)
      })
      expect((await all.store.lookup(all.record.key)).kind).toBe('corrupt')
    }
    const other = 'f'.repeat(64)
    db.write(() => {
      table.put(hashKey(other), sound)
    })
    expect((await all.store.lookup(other)).kind).toBe('corrupt')
    await all.commit()
    expect((await all.store.lookup(all.record.key)).kind).toBe('hit')
  })

  it('forgets a remembered digest whose record was flipped', async () => {
    const { store, work } = await filled(1000)
    store.ledger.fileDigests.remember(
      join(work, 'in'),
      value(await store.ledger.fileDigests.digest(join(work, 'in'))).digest,
    )
    value(store.flush())
    const table = store.context.db.table('file-digests-1')
    const [entry] = [...table.entries()]
    if (entry === undefined) throw new Error('a digest is remembered')
    const spoilt = Buffer.from(entry.value)
    spoilt[60] = (spoilt[60] ?? 0) ^ 1
    store.context.db.write(() => {
      table.put(entry.key, spoilt)
    })
    // This process may remember the digest itself, where it read the file late enough after it was written.
    await store.close()
    const again = await open({ dir: store.context.layout.dir })
    expect(again.ledger.fileDigests.known(join(work, 'in'))).toBeUndefined()
  })

  it('quarantines a tree listing that was changed, and every file of a tree is checked', async () => {
    const store = await open({ dir: newDirectory() })
    const work = newDirectory()
    writeFileSync(join(work, 'small'), 'x')
    writeFileSync(join(work, 'large'), noise(100_000))
    const { artifact, staged } = value(await stageArtifact(store.blobs, 'tree', work))
    const record = recordOf({ t: 1 }, { out: artifact })
    value(await store.actions.commit(record, staged))
    expect((await store.lookup(record.key)).kind).toBe('hit')
    const large = staged.find(({ digest }) => digest.sizeBytes === 100_000)
    rmSync(blobPath(store.context.layout, large?.digest.hash ?? ''))
    expect(await store.lookup(record.key)).toEqual({ kind: 'incomplete', missing: ['out'] })
    expect(failureKind(await materializeArtifact(store, artifact, join(newDirectory(), 'out')))).toBe('blob-missing')
  })
})

describe('a blob that cannot be read where it is to go', () => {
  it('is no damaged one: the store keeps it, and it is copied', async () => {
    const all = await filled(2_000_000)
    const { out } = all.record.result.outputs
    if (out === undefined) throw new Error('the action has an output')
    // Nothing is remembered of it any more, so what is linked is hashed.
    utimesSync(all.path, new Date(0), new Date(0))
    const folder = join(all.work, 'folder')
    const going = materializeArtifact(all.store, out, join(folder, 'out'), { link: 'hardlink' })
    // Somebody removes the job's folder while the link is hashed.
    rmSync(folder, { recursive: true })
    expect(value(await going).methods).toEqual({ copy: { files: 1, bytes: 2_000_000 } })
    expect(readFileSync(join(folder, 'out')).equals(all.bytes)).toBe(true)
    expect((await all.store.lookup(all.record.key)).kind).toBe('hit')
    expect(existsSync(join(all.store.dir, 'quarantine'))).toBe(false)
  })

  it('is no damaged one either where it is the listing of a tree', async () => {
    const { store, work } = await filled(100_000)
    const { artifact, staged } = value(await stageArtifact(store.blobs, 'tree', work))
    value(await store.blobs.put(staged))
    const { context } = store
    // A folder can be opened, and not be read.
    const blobTable = { ...context.blobTable, find: () => ({ where: 'file' as const, path: work }) }
    expect(readListing({ ...context, blobTable }, artifact.digest)).toBeUndefined()
    expect(await isThere(store, artifact.digest)).toBe(true)
    expect(readListing(context, artifact.digest)).toMatchObject([{ path: 'in' }])
  })
})
