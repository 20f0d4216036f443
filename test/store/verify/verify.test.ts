import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import {
  type DirectoryStore,
  type StoredArtifact,
  stageArtifact,
  type VerifyReport,
  verifyStore,
} from '../../../store/index.ts'
import { newDirectory, noise, open, recordOf, value } from '../fixtures.ts'

async function commitFile(store: DirectoryStore, step: string, bytes: Uint8Array): Promise<StoredArtifact> {
  const path = join(newDirectory(), 'file')
  writeFileSync(path, bytes)
  const { artifact, staged } = value(await stageArtifact(store.blobs, 'file', path))
  const record = recordOf({ step }, { out: artifact }, { step, files: { out: `${step}.wav` } })
  value(await store.actions.commit(record, staged))
  return artifact
}

async function commitTree(store: DirectoryStore): Promise<StoredArtifact> {
  const dir = join(newDirectory(), 'tracks')
  mkdirSync(dir)
  writeFileSync(join(dir, 'en.srt'), noise(50_000, 8))
  writeFileSync(join(dir, 'es.srt'), noise(500, 9))
  const { artifact, staged } = value(await stageArtifact(store.blobs, 'tree', dir))
  const record = recordOf({ step: 'tracks' }, { tracks: artifact }, { step: 'tracks', files: { tracks: 'tracks' } })
  value(await store.actions.commit(record, staged))
  return artifact
}

const keyOf = (step: string) => recordOf({ step }, {}).key

/** Where the file of a blob is. */
function fileOf(store: DirectoryStore, hash: string): string {
  return join(store.dir, 'blobs', hash.slice(0, 2), hash.slice(2))
}

function flip(path: string): void {
  const bytes = readFileSync(path)
  bytes.writeUInt8(bytes.readUInt8(99) ^ 4, 99)
  chmodSync(path, 0o644)
  writeFileSync(path, bytes)
}

/** Changes a record of the index, as a fault of the disk would. */
function spoilRecord(
  store: DirectoryStore,
  table: 'actions-1' | 'blobs-1' | 'days-1' | 'jobs-1',
  key: Uint8Array,
): void {
  const { db } = store.context
  db.write(() => {
    const record = Buffer.from(db.table(table).get(key) ?? [])
    record.writeUInt8(record.readUInt8(record.length - 1) ^ 1, record.length - 1)
    db.table(table).put(key, record)
  })
}

const filled = async () => {
  const store = await open({ dir: join(newDirectory(), 'store') })
  const large = await commitFile(store, 'demux', noise(300_000, 1))
  const small = await commitFile(store, 'notes', noise(200, 2))
  const tree = await commitTree(store)
  return { store, large, small, tree }
}

function blobDamage(report: VerifyReport) {
  return report.damage.flatMap((damage) => (damage.kind === 'blob' ? [damage] : []))
}

describe('verifying a store', () => {
  it('reads every blob and every action, tells how far it is, and finds nothing wrong', async () => {
    const { store } = await filled()
    const seen: number[] = []
    const report = value(
      await verifyStore(store, { onProgress: ({ bytesDone, bytesTotal }) => seen.push(bytesDone / bytesTotal) }),
    )
    expect(report).toMatchObject({ complete: true, blobs: 5, actions: 3, damage: [], orphans: { files: 0 } })
    expect(report.bytes).toBeGreaterThan(350_700)
    expect([seen[0], seen.at(-1)]).toEqual([0, 1])
  })

  it('names the files that need a damaged blob, and changes nothing unless asked', async () => {
    const { store, large, tree } = await filled()
    flip(fileOf(store, large.digest.hash))
    spoilRecord(store, 'blobs-1', Buffer.from(tree.digest.hash, 'hex'))
    for (let round = 0; round < 2; round++) {
      const report = value(await verifyStore(store))
      expect(report.repaired).toBe(false)
      const files = blobDamage(report).flatMap(({ neededBy }) => neededBy.map(({ step, file }) => `${step}: ${file}`))
      expect(files.sort()).toEqual(['demux: demux.wav', 'tracks: tracks'])
      expect(blobDamage(report)[0]?.neededBy[0]).toMatchObject({ pipeline: 'subtitles', job: '/jobs/one' })
    }
    expect((await store.lookup(keyOf('demux'))).kind).toBe('hit')
  })

  it('repairs: the damaged is in quarantine, what needed it is a miss that says corrupt, the rest is a hit', async () => {
    const { store, large } = await filled()
    const path = fileOf(store, large.digest.hash)
    flip(path)
    const orphan = join(store.dir, 'blobs', 'ab')
    mkdirSync(orphan, { recursive: true })
    writeFileSync(join(orphan, 'c'.repeat(62)), 'left by a crash')
    const report = value(await verifyStore(store, { repair: true }))
    expect(report).toMatchObject({ complete: true, repaired: true, orphans: { files: 1, bytes: 15 } })
    expect(blobDamage(report).map(({ hash }) => hash)).toEqual([large.digest.hash])
    expect(existsSync(path)).toBe(false)
    expect(readdirSync(join(store.dir, 'quarantine'))).toHaveLength(1)
    expect(existsSync(join(orphan, 'c'.repeat(62)))).toBe(false)
    expect(await store.lookup(keyOf('demux'))).toMatchObject({ kind: 'corrupt' })
    expect((await store.lookup(keyOf('notes'))).kind).toBe('hit')
    expect(value(await verifyStore(store)).damage).toEqual([])
    await commitFile(store, 'demux', noise(300_000, 1))
    expect((await store.lookup(keyOf('demux'))).kind).toBe('hit')
    expect(value(await verifyStore(store)).damage).toEqual([])
  })

  it.each([
    ['missing', (path: string) => rmSync(path)],
    ['shorter', (path: string) => truncateSync(path, 10)],
  ])('finds a file that is %s', async (_, spoil) => {
    const { store, large } = await filled()
    spoil(fileOf(store, large.digest.hash))
    expect(blobDamage(value(await verifyStore(store, { repair: true })))).toHaveLength(1)
    expect((await store.lookup(keyOf('demux'))).kind).toBe('corrupt')
  })

  it('finds damaged bytes in the index: a small blob, the record of an action, what is remembered', async () => {
    const { store, small } = await filled()
    store.ledger.jobs.remember(
      '/jobs/one',
      'subtitles',
      new Map([['demux', { key: keyOf('demux'), action: { step: 'demux' } }]]),
    )
    value(store.flush())
    spoilRecord(store, 'blobs-1', Buffer.from(small.digest.hash, 'hex'))
    spoilRecord(store, 'actions-1', Buffer.from(keyOf('tracks'), 'hex'))
    // A look-up is counted in the table of days.
    await store.lookup(keyOf('demux'))
    value(store.flush())
    for (const table of ['jobs-1', 'days-1'] as const) {
      const [key] = [...store.context.db.table(table).entries()].map((entry) => Uint8Array.from(entry.key))
      spoilRecord(store, table, key ?? new Uint8Array())
    }
    const report = value(await verifyStore(store, { repair: true }))
    expect(report.damage.map(({ kind }) => kind)).toEqual(['blob', 'action', 'records', 'records'])
    for (const step of ['notes', 'tracks']) expect((await store.lookup(keyOf(step))).kind).toBe('corrupt')
    expect(value(await verifyStore(store)).damage).toEqual([])
  })

  it('goes on where it was interrupted, also in another process, and keeps what it had found', async () => {
    const { store, large } = await filled()
    flip(fileOf(store, large.digest.hash))
    for (let index = 0; index < 12; index++) await commitFile(store, `more-${index}`, noise(40_000, 20 + index))
    const controller = new AbortController()
    const onProgress = ({ blobsDone }: { readonly blobsDone: number }) => {
      if (blobsDone >= 8) controller.abort()
    }
    const first = value(await verifyStore(store, { onProgress, signal: controller.signal }))
    expect(first).toMatchObject({ complete: false, blobs: 8 })
    await store.close()
    const again = await open({ dir: store.dir })
    const second = value(await verifyStore(again))
    expect(second).toMatchObject({ complete: true, resumed: { blobs: 8 }, blobs: 17 })
    expect(blobDamage(second)).toHaveLength(1)
    expect(value(await verifyStore(again)).resumed).toEqual({ blobs: 0, bytes: 0 })
    value(await verifyStore(again, { onProgress, signal: controller.signal, resume: false }))
    expect(value(await verifyStore(again, { resume: false })).resumed.blobs).toBe(0)
  })

  it('verifies a store that may only be read, and refuses to repair it', async () => {
    const { store } = await filled()
    await store.close()
    const readOnly = await open({ dir: store.dir, readOnly: true })
    expect(value(await verifyStore(readOnly))).toMatchObject({ complete: true, blobs: 5, damage: [] })
    expect(await verifyStore(readOnly, { repair: true })).toMatchObject({ ok: false })
  })

  it('takes nothing for damage that another process removes or adds meanwhile', async () => {
    const { store } = await filled()
    const other = await open({ dir: store.dir })
    const victims = await Promise.all(
      [30, 31, 32, 33, 34].map((seed) => commitFile(other, `s${seed}`, noise(60_000, seed))),
    )
    const onProgress = ({ blobsDone }: { readonly blobsDone: number }) => {
      if (blobsDone !== 4) return
      other.context.db.write(() => {
        for (const { digest } of victims) {
          other.context.blobTable.remove(digest.hash)
          rmSync(fileOf(other, digest.hash))
        }
        for (const seed of [30, 31, 32, 33, 34]) other.actionTable.remove(keyOf(`s${seed}`))
      })
    }
    expect(value(await verifyStore(store, { repair: true, onProgress })).damage).toEqual([])
  })
})
