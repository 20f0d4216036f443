import { expect, it } from 'vitest'
import { type ActionRecord, type CacheStore, digestBytes, type StoredArtifact } from '../../store/index.ts'
import { failureKind, isThere, noise, recordOf, value } from '../store/fixtures.ts'
import { type MakeCache, sent, wholeSize } from './tried-cache.ts'

const treeListing = (entries: readonly (readonly [string, Buffer])[]): Buffer =>
  Buffer.from(
    JSON.stringify(entries.map(([path, bytes]) => [path, digestBytes(bytes).hash, bytes.byteLength, false] as const)),
  )

interface Made {
  readonly record: ActionRecord
  /** Its blobs: a file, a JSON value, the listing of a tree, and the tree's two files. */
  readonly blobs: readonly Buffer[]
}

function file(bytes: Buffer): StoredArtifact {
  return { kind: 'file', digest: digestBytes(bytes), sizeBytes: bytes.byteLength }
}

/** Returns an action with an output of each kind. */
function made(n: number): Made {
  const [movie, small, large] = [noise(wholeSize, n), noise(10, n + 1), noise(40_000, n + 2)]
  const json = Buffer.from(JSON.stringify({ n }))
  const listing = treeListing([
    ['a/large', large],
    ['small', small],
  ])
  const tree: StoredArtifact = { kind: 'tree', digest: digestBytes(listing), sizeBytes: 40_010 }
  const outputs = { movie: file(movie), facts: { ...file(json), kind: 'json' as const }, tracks: tree }
  return { record: recordOf({ n }, outputs), blobs: [movie, json, listing, small, large] }
}

async function send(cache: CacheStore, blobs: readonly Buffer[]): Promise<void> {
  value(await cache.send(blobs.map((bytes) => ({ digest: digestBytes(bytes), bytes }))))
}

/** What every cache promises of actions. */
export function actionsOfCache(make: MakeCache): void {
  it('looks up what was recorded, for every user', async () => {
    const { cache, other } = await make()
    const { record, blobs } = made(1)
    await send(cache, blobs)
    expect(await cache.lookup(record.key)).toEqual({ kind: 'absent' })
    expect(value(await cache.record(record))).toBe('recorded')
    for (const user of [cache, other]) expect(await user.lookup(record.key)).toEqual({ kind: 'hit', record })
    expect(await cache.lookup('no key')).toEqual({ kind: 'absent' })
  })

  it('records a result without outputs', async () => {
    const { cache } = await make()
    const record = recordOf({ nothing: true }, {})
    value(await cache.record(record))
    expect(await cache.lookup(record.key)).toEqual({ kind: 'hit', record })
  })

  it.each([0, 1, 2, 3, 4])('records nothing before blob %i has been sent', async (index) => {
    const { cache } = await make()
    const { record, blobs } = made(1)
    await send(cache, blobs.toSpliced(index, 1))
    expect(failureKind(await cache.record(record))).toBe('blob-missing')
    expect(await cache.lookup(record.key)).toEqual({ kind: 'absent' })
    await send(cache, blobs)
    value(await cache.record(record))
    expect(await cache.lookup(record.key)).toEqual({ kind: 'hit', record })
  })

  it.each([
    [0, 'movie'],
    [1, 'facts'],
    [2, 'tracks'],
    [3, 'tracks'],
    [4, 'tracks'],
  ])('makes a miss that says so where blob %i is lost, and a hit again when it is sent', async (index, output) => {
    const { cache, other, lose } = await make()
    // Trees that a process has seen are known to it: each of these is another.
    const { record, blobs } = made(10 + index)
    await send(cache, blobs)
    value(await cache.record(record))
    const lost = blobs[index]
    if (lost === undefined) throw new Error('there are five blobs')
    await lose(digestBytes(lost))
    for (const user of [cache, other]) {
      const found = await user.lookup(record.key)
      expect(found).toEqual({ kind: 'incomplete', missing: [output] })
    }
    expect(await isThere(cache, digestBytes(lost))).toBe(false)
    await sent(cache, lost)
    value(await cache.record(record))
    expect((await other.lookup(record.key)).kind).toBe('hit')
  })

  it('keeps one of two results of an action, and says which', async () => {
    const { cache, other } = await make()
    const [one, two] = [noise(10, 1), noise(10, 2)]
    await send(cache, [one, two])
    const first = recordOf({ n: 1 }, { out: file(one) })
    const second = recordOf({ n: 1 }, { out: file(two) })
    expect(value(await cache.record(first))).toBe('recorded')
    const kept = value(await other.record(second)) === 'recorded' ? second : first
    for (const user of [cache, other]) expect(await user.lookup(first.key)).toEqual({ kind: 'hit', record: kept })
  })

  it('throws where a key is not that of the action', async () => {
    const { cache } = await make()
    const record = { ...recordOf({ n: 1 }, {}), key: recordOf({ n: 2 }, {}).key }
    await expect(cache.record(record)).rejects.toThrow(TypeError)
    expect(await cache.lookup(record.key)).toEqual({ kind: 'absent' })
  })

  it('serves hits and takes nothing where it is open for reading only', async () => {
    const { cache, openReadOnly } = await make()
    if (openReadOnly === undefined) return
    const { record, blobs } = made(1)
    await send(cache, blobs)
    value(await cache.record(record))
    const reader = await openReadOnly()
    expect([cache.readOnly, reader.readOnly]).toEqual([false, true])
    expect(await reader.lookup(record.key)).toEqual({ kind: 'hit', record })
    expect(failureKind(await reader.record(recordOf({ n: 2 }, {})))).toBe('store-read-only')
    const more = noise(10, 9)
    expect(failureKind(await reader.send([{ digest: digestBytes(more), bytes: more }]))).toBe('store-read-only')
  })

  it('rejects a record with the reason of its signal', async () => {
    const { cache } = await make()
    const record = recordOf({ n: 1 }, {})
    const reason = new Error('no longer wanted')
    await expect(cache.record(record, { signal: AbortSignal.abort(reason) })).rejects.toBe(reason)
    expect(await cache.lookup(record.key)).toEqual({ kind: 'absent' })
  })
}
