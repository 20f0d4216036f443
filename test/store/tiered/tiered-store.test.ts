import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import {
  type ActionRecord,
  type DirectoryStore,
  digestBytes,
  type RemoteNotice,
  type StoredArtifact,
  stageArtifact,
  type TieredStore,
} from '../../../store/index.ts'
import { blobPath } from '../../../store/remote/layout/remote-layout.ts'
import { createDirectoryPlace } from '../../../store/remote/place/directory-place.ts'
import type { ObjectPlace } from '../../../store/remote/place/object-place.ts'
import { createTieredStore, type TieredOptions } from '../../../store/tiered/tiered-store.ts'
import { newDirectory, noise, open, recordOf, value } from '../fixtures.ts'
import { newKey, remoteIn, type TriedRemote } from '../remote/rig.ts'

const key = newKey()

/** Counts the requests that a place gets. */
function counting(place: ObjectPlace): ObjectPlace & { readonly asked: { requests: number } } {
  const asked = { requests: 0 }
  const count =
    <Args extends unknown[], Value>(call: (...args: Args) => Value) =>
    (...args: Args) => {
      asked.requests += 1
      return call(...args)
    }
  const { stat, read, write, touch } = place
  return { ...place, asked, stat: count(stat), read: count(read), write: count(write), touch: count(touch) }
}

interface Machine {
  readonly local: DirectoryStore
  readonly store: TieredStore
  readonly notices: RemoteNotice[]
  readonly asked: { requests: number }
}

/** Opens a new store with the remote behind it, as on another machine. */
async function machine(
  dir: string,
  {
    as = {},
    options = {},
    storeDir = newDirectory(),
  }: { as?: TriedRemote; options?: TieredOptions; storeDir?: string } = {},
): Promise<Machine> {
  const local = await open({ dir: storeDir })
  const place = counting(createDirectoryPlace(dir))
  const remote = remoteIn(place, { write: 'main', signer: key, trust: [key.publicKey], ...as })
  const store = createTieredStore(local, remote, options)
  const notices: RemoteNotice[] = []
  store.remote.begin((notice) => notices.push(notice))
  return { local, store, notices, asked: place.asked }
}

/** Commits a result with a large file, a small value, and a tree of many small files. */
async function computed({ store }: Pick<Machine, 'store'>, n: number, durationMs = 60_000): Promise<ActionRecord> {
  const dir = newDirectory()
  for (let index = 0; index < 100; index++) writeFileSync(join(dir, `file-${index}`), noise(2000, 1000 * n + index))
  const large = join(newDirectory(), 'large')
  writeFileSync(large, noise(400_000, n))
  const staged = [
    value(await stageArtifact(store.blobs, 'file', large)),
    value(await stageArtifact(store.blobs, 'json', { n })),
    value(await stageArtifact(store.blobs, 'tree', dir)),
  ]
  const [file, json, tree] = staged.map(({ artifact }) => artifact)
  const outputs: Record<string, StoredArtifact> = {}
  for (const [name, artifact] of Object.entries({ file, json, tree }))
    if (artifact !== undefined) outputs[name] = artifact
  const made = recordOf({ n }, outputs, { job: '/home/somebody/talk' })
  const record = { ...made, result: { ...made.result, durationMs } }
  value(
    await store.actions.commit(
      record,
      staged.flatMap((one) => one.staged),
    ),
  )
  return record
}

const messages = (notices: readonly RemoteNotice[]) =>
  notices.flatMap((notice) => (notice.kind === 'failed' ? [notice.message] : []))

describe('a store with a remote behind it', () => {
  it('has what another machine computed, whole, and says from where', async () => {
    const dir = newDirectory()
    const one = await machine(dir)
    const record = await computed(one, 1)
    await one.store.remote.settle()
    expect(one.notices).toMatchObject([{ kind: 'sent', results: 1, left: 0 }])

    const two = await machine(dir)
    const found = await two.store.lookup(record.key)
    expect(found).toMatchObject({ kind: 'hit', fetched: { remote: dir, scope: 'main' } })
    if (found.kind !== 'hit') throw new Error('a hit')
    expect(found.record.result).toEqual(record.result)
    // Nobody learns where the job of somebody else lies.
    expect(found.record.labels).toMatchObject({ job: 'talk', from: `${dir} (main)` })
    for (const { digest } of Object.values(record.result.outputs)) value(await two.local.read(digest))
    // From now on it is a hit of this machine.
    two.asked.requests = 0
    expect(await two.store.lookup(record.key)).toEqual({ kind: 'hit', record: found.record })
    expect(two.asked.requests).toBe(0)
    await two.store.remote.settle()
    expect(two.asked.requests).toBe(0)
  })

  it('sends many small files in a few objects', async () => {
    const dir = newDirectory()
    const one = await machine(dir)
    await computed(one, 1)
    await one.store.remote.settle()
    const names = readdirSync(dir, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile())
    // FORMAT, the action, a pack, the large file; what is small and not many would be on its own.
    expect(names).toHaveLength(4)
  })

  it('takes nothing that nobody who is trusted signed, and says so once', async () => {
    const dir = newDirectory()
    const one = await machine(dir)
    const records = [await computed(one, 1), await computed(one, 2)]
    await one.store.remote.settle()
    const two = await machine(dir, { as: { trust: [newKey().publicKey] } })
    for (const record of records) {
      expect(await two.store.lookup(record.key)).toMatchObject({ kind: 'not-fetched', why: 'refused' })
    }
    expect(messages(two.notices)).toHaveLength(1)
    const nobody = await machine(dir, { as: { trust: [] } })
    expect(await nobody.store.lookup(records[0]?.key ?? '')).toEqual({ kind: 'absent' })
    expect(messages(nobody.notices)).toEqual([expect.stringContaining("nobody's are trusted")])
  })

  it('makes a miss of a result with a wrong byte, and heals it when it is computed again', async () => {
    const dir = newDirectory()
    const one = await machine(dir)
    const record = await computed(one, 1)
    await one.store.remote.settle()
    const { file } = record.result.outputs
    const path = join(dir, blobPath('main', file?.digest.hash ?? ''))
    const bytes = readFileSync(path)
    bytes[7] = (bytes[7] ?? 0) ^ 1
    chmodSync(path, 0o644)
    writeFileSync(path, bytes)

    const two = await machine(dir)
    expect(await two.store.lookup(record.key)).toMatchObject({ kind: 'not-fetched', why: 'refused' })
    expect(value(await two.local.findMissing([file?.digest ?? digestBytes(bytes)]))).toHaveLength(1)
    expect(readdirSync(join(two.local.dir, 'tmp'))).toEqual([])
    await computed(two, 1)
    await two.store.remote.settle()
    const three = await machine(dir)
    expect((await three.store.lookup(record.key)).kind).toBe('hit')
  })

  it('makes misses of a remote that is not there, is told once, and keeps what is to be sent', async () => {
    const dir = join(newDirectory(), 'not-mounted')
    const storeDir = newDirectory()
    const one = await machine(dir, { storeDir })
    expect(await one.store.lookup('0'.repeat(64))).toEqual({ kind: 'absent' })
    const requests = one.asked.requests
    expect(await one.store.lookup('1'.repeat(64))).toEqual({ kind: 'absent' })
    expect(one.asked.requests).toBe(requests)
    const record = await computed(one, 1)
    await one.store.remote.settle()
    expect(messages(one.notices)).toEqual([expect.stringContaining('is it mounted?')])
    expect(one.notices.at(-1)).toEqual({ kind: 'sent', results: 0, bytes: 0, left: 1 })
    await one.local.close()

    // The next run sends it.
    mkdirSync(dir)
    const later = await machine(dir, { storeDir })
    await later.store.remote.settle()
    expect(later.notices).toMatchObject([{ kind: 'sent', results: 1, left: 0 }])
    expect((await (await machine(dir)).store.lookup(record.key)).kind).toBe('hit')
  })

  it('gives way to computing where fetching would take longer, and says so', async () => {
    const dir = newDirectory()
    const one = await machine(dir)
    const [quick, long] = [await computed(one, 1, 100), await computed(one, 2, 3_600_000)]
    await one.store.remote.settle()
    const two = await machine(dir)
    two.local.ledger.memos.set(`bytes in a millisecond from ${dir}`, 1)
    expect(await two.store.lookup(quick.key)).toMatchObject({ kind: 'not-fetched', why: 'slower', computeMs: 100 })
    expect((await two.store.lookup(long.key)).kind).toBe('hit')
  })

  it('sends nothing without a key, and does not try to', async () => {
    const dir = newDirectory()
    const one = await machine(dir)
    const record = await computed(one, 1)
    await one.store.remote.settle()
    const local = await open({ dir: newDirectory() })
    const place = counting(createDirectoryPlace(dir))
    const store = createTieredStore(local, remoteIn(place, { trust: [key.publicKey] }))
    expect((await store.lookup(record.key)).kind).toBe('hit')
    place.asked.requests = 0
    await computed({ store }, 5)
    await store.remote.settle()
    expect(place.asked.requests).toBe(0)
    expect(existsSync(join(local.dir, 'uploads'))).toBe(false)
  })

  it('only looks where a run is predicted', async () => {
    const dir = newDirectory()
    const one = await machine(dir)
    const record = await computed(one, 1)
    await one.store.remote.settle()
    const two = await machine(dir, { options: { looksOnly: true } })
    expect(await two.store.lookup(record.key)).toMatchObject({ kind: 'hit', fetched: { remote: dir } })
    const { json } = record.result.outputs
    if (json === undefined) throw new Error('it has a value')
    expect(Buffer.from(value(await two.store.read(json.digest))).toString()).toBe('{"n":1}')
    expect(await two.local.lookup(record.key)).toEqual({ kind: 'absent' })
  })

  it('fetches a result once for steps that want it at the same time', async () => {
    const dir = newDirectory()
    const one = await machine(dir)
    const record = await computed(one, 1)
    await one.store.remote.settle()
    const two = await machine(dir)
    const found = await Promise.all([1, 2, 3].map(() => two.store.lookup(record.key)))
    expect(found.map(({ kind }) => kind)).toEqual(['hit', 'hit', 'hit'])
    const alone = await machine(dir)
    await alone.store.lookup(record.key)
    expect(two.asked.requests).toBe(alone.asked.requests)
  })

  it('says what a collection took before it was sent', async () => {
    const dir = newDirectory()
    const missing = join(dir, 'later')
    const storeDir = newDirectory()
    const one = await machine(missing, { storeDir })
    const record = await computed(one, 1)
    await one.store.remote.settle()
    value(await one.local.actions.remove([record.key], 'cache gc'))
    await one.local.close()
    mkdirSync(missing)
    const later = await machine(missing, { storeDir })
    await later.store.remote.settle()
    expect(messages(later.notices)).toEqual([expect.stringContaining('no longer in the store')])
    expect(readdirSync(join(storeDir, 'uploads', readdirSync(join(storeDir, 'uploads'))[0] ?? ''))).toEqual([])
    rmSync(missing, { recursive: true })
  })
})
