import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { type CacheStore, digestBytes, type OutgoingBlob } from '../../store/index.ts'
import { failureKind, isThere, newDirectory, noise, value } from '../store/fixtures.ts'
import { actionsOfCache } from './cached-actions.ts'
import { blobSizes, type MakeCache, sent, wholeSize } from './tried-cache.ts'

/** Describes what every cache promises; `make` opens a new empty one that is closed after the test. */
export function describeCacheStore(name: string, make: MakeCache): void {
  describe(`${name} as a cache: sending`, () => sending(make))
  describe(`${name} as a cache: fetching`, () => fetching(make))
  describe(`${name} as a cache: damage`, () => damage(make))
  describe(`${name} as a cache: actions`, () => actionsOfCache(make))
  describe(`${name} as a cache: calls`, () => calls(make))
}

/** Writes bytes to a new file and returns its path. */
function fileOf(bytes: Uint8Array): string {
  const path = join(newDirectory(), 'file')
  writeFileSync(path, bytes)
  return path
}

async function expectWhole(cache: CacheStore, bytes: Uint8Array): Promise<void> {
  const digest = digestBytes(bytes)
  expect(Buffer.compare(value(await cache.read(digest)), bytes)).toBe(0)
  const path = join(newDirectory(), 'fetched')
  value(await cache.fetch(digest, path))
  expect(readFileSync(path).equals(bytes)).toBe(true)
}

function sending(make: MakeCache): void {
  it.each(blobSizes)('gives %i bytes back to every user, sent from memory or from a file', async (size) => {
    const { cache, other } = await make()
    const [one, two] = [noise(size), Buffer.concat([noise(size), Buffer.from('!')])]
    expect(await isThere(cache, digestBytes(one))).toBe(false)
    await sent(cache, one)
    value(await cache.send([{ digest: digestBytes(two), path: fileOf(two) }]))
    for (const user of [cache, other]) for (const bytes of [one, two]) await expectWhole(user, bytes)
  })

  it('names each blob that is missing once, and none that is there', async () => {
    const { cache } = await make()
    const digest = await sent(cache, noise(100))
    const gone = digestBytes(noise(100, 2))
    expect(value(await cache.findMissing([gone, digest, gone]))).toEqual([gone])
    expect(value(await cache.findMissing([]))).toEqual([])
    // Of one hash there are no bytes of another size.
    const longer = { hash: digest.hash, sizeBytes: 101 }
    expect(value(await cache.findMissing([longer]))).toEqual([longer])
  })

  it('takes many at once, one of them twice, and those that are there again', async () => {
    const { cache, other } = await make()
    const many = Array.from({ length: 600 }, (_, seed): OutgoingBlob => {
      const bytes = noise(20 + (seed % 10), seed)
      return { digest: digestBytes(bytes), bytes }
    })
    const large = noise(wholeSize)
    const blobs = [...many, { digest: digestBytes(large), path: fileOf(large) }, ...many.slice(0, 3)]
    value(await cache.send(blobs))
    expect(value(await other.findMissing(blobs.map(({ digest }) => digest)))).toEqual([])
    value(await cache.send(blobs))
    value(await cache.send([]))
    await expectWhole(other, large)
  })

  it('refuses bytes that are not those of their digest, and takes the right ones later', async () => {
    const { cache } = await make()
    for (const size of [100, wholeSize]) {
      const [right, wrong] = [noise(size), noise(size, 2)]
      const digest = digestBytes(right)
      expect(failureKind(await cache.send([{ digest, bytes: wrong }]))).toBe('blob-rejected')
      expect(failureKind(await cache.send([{ digest, path: fileOf(wrong) }]))).toBe('blob-rejected')
      expect(failureKind(await cache.send([{ digest, bytes: right.subarray(1) }]))).toBe('blob-rejected')
      expect(await isThere(cache, digest)).toBe(false)
      expect(failureKind(await cache.read(digest))).toBe('blob-missing')
      value(await cache.send([{ digest, path: fileOf(right) }]))
      await expectWhole(cache, right)
    }
  })

  it('says which file cannot be sent', async () => {
    const { cache } = await make()
    const digest = digestBytes(noise(10))
    const dir = newDirectory()
    mkdirSync(join(dir, 'sub'))
    symlinkSync('sub', join(dir, 'link'))
    for (const [name, kind] of [
      ['none', 'source-unreadable'],
      ['sub', 'source-unsupported'],
      ['link', 'source-unsupported'],
    ] as const) {
      const failed = await cache.send([{ digest, path: join(dir, name) }])
      expect(failed).toMatchObject({ error: { kind, path: join(dir, name) } })
    }
  })

  it('stores a blob once that several users send at the same time', async () => {
    const { cache, other } = await make()
    for (const size of [100, wholeSize]) {
      const bytes = noise(size)
      const digest = digestBytes(bytes)
      const sends = [cache, other, cache, other].map((user, index) =>
        user.send([index < 2 ? { digest, bytes } : { digest, path: fileOf(bytes) }]),
      )
      for (const done of await Promise.all(sends)) value(done)
      for (const user of [cache, other]) await expectWhole(user, bytes)
    }
  })
}

function fetching(make: MakeCache): void {
  it('says what is missing, and where nothing can be written', async () => {
    const { cache } = await make()
    const digest = await sent(cache, noise(wholeSize))
    const path = join(newDirectory(), 'file')
    expect(failureKind(await cache.fetch(digestBytes(noise(7)), path))).toBe('blob-missing')
    expect(failureKind(await cache.read(digestBytes(noise(7))))).toBe('blob-missing')
    writeFileSync(path, 'a file')
    expect(failureKind(await cache.fetch(digest, join(path, 'below')))).toBe('target-unwritable')
  })

  it.each([0, 1, 150_000, wholeSize])('resumes at %i bytes', async (fromBytes) => {
    const { cache } = await make()
    const bytes = noise(wholeSize)
    const digest = await sent(cache, bytes)
    const path = fileOf(bytes.subarray(0, fromBytes))
    value(await cache.fetch(digest, path, { fromBytes }))
    expect(readFileSync(path).equals(bytes)).toBe(true)
  })

  it('replaces what is longer, and what is not the blob', async () => {
    const { cache } = await make()
    const bytes = noise(wholeSize)
    const digest = await sent(cache, bytes)
    const path = fileOf(noise(2 * wholeSize, 2))
    value(await cache.fetch(digest, path))
    expect(readFileSync(path).equals(bytes)).toBe(true)
  })

  it('never takes a file for the blob that begins with other bytes', async () => {
    const { cache } = await make()
    const bytes = noise(wholeSize)
    const digest = await sent(cache, bytes)
    const path = fileOf(noise(1000, 2))
    const fetched = await cache.fetch(digest, path, { fromBytes: 1000 })
    if (fetched.ok) expect(readFileSync(path).equals(bytes)).toBe(true)
    else expect(fetched.error.kind).toBe('blob-corrupt')
    value(await cache.fetch(digest, path))
    expect(readFileSync(path).equals(bytes)).toBe(true)
  })

  it('breaks off where the wire does, and carries only the rest afterwards', async () => {
    const { cache, wire } = await make()
    if (wire === undefined) return
    const bytes = noise(wholeSize)
    const digest = await sent(cache, bytes)
    const path = join(newDirectory(), 'file')
    wire.breaksAfterBytes = 100_000
    const broken = await cache.fetch(digest, path)
    if (broken.ok || broken.error.kind !== 'transfer-broken') throw new Error('the wire is broken')
    const { arrivedBytes } = broken.error
    expect(arrivedBytes).toBeGreaterThan(0)
    expect(readFileSync(path).subarray(0, arrivedBytes).equals(bytes.subarray(0, arrivedBytes))).toBe(true)
    wire.movedBytes = 0
    value(await cache.fetch(digest, path, { fromBytes: arrivedBytes }))
    expect(wire.movedBytes).toBe(wholeSize - arrivedBytes)
    expect(readFileSync(path).equals(bytes)).toBe(true)
  })
}

function damage(make: MakeCache): void {
  it.each([100, wholeSize])('hands no wrong byte of %i out, and takes the blob again', async (size) => {
    const tried = await make()
    const { cache, other } = tried
    const bytes = noise(size)
    for (const meet of ['read', 'fetch'] as const) {
      const digest = await sent(cache, bytes)
      await tried.damage(digest)
      const path = join(newDirectory(), 'file')
      const met = await (meet === 'read' ? cache.read(digest) : cache.fetch(digest, path))
      expect(failureKind(met)).toBe('blob-corrupt')
      expect(value(await other.findMissing([digest]))).toEqual([digest])
      await sent(cache, bytes)
      for (const user of [cache, other]) await expectWhole(user, bytes)
    }
  })
}

function calls(make: MakeCache): void {
  it('rejects with the reason of its signal once it is aborted, and stores nothing', async () => {
    const { cache } = await make()
    const bytes = noise(100)
    const digest = digestBytes(bytes)
    const path = join(newDirectory(), 'file')
    const reason = new Error('no longer wanted')
    const options = { signal: AbortSignal.abort(reason) }
    await expect(cache.findMissing([digest], options)).rejects.toBe(reason)
    await expect(cache.read(digest, options)).rejects.toBe(reason)
    await expect(cache.fetch(digest, path, options)).rejects.toBe(reason)
    await expect(cache.send([{ digest, bytes }], options)).rejects.toBe(reason)
    await expect(cache.lookup('0'.repeat(64), options)).rejects.toBe(reason)
    expect(await isThere(cache, digest)).toBe(false)
  })

  it('stops in the middle of a transfer that is aborted', async () => {
    const { cache, wire } = await make()
    if (wire === undefined) return
    const digest = await sent(cache, noise(wholeSize))
    const path = join(newDirectory(), 'file')
    const reason = new Error('no longer wanted')
    const controller = new AbortController()
    wire.movedBytes = 0
    const fetched = cache.fetch(digest, path, { signal: controller.signal, onProgress: () => controller.abort(reason) })
    await expect(fetched).rejects.toBe(reason)
    expect(wire.movedBytes).toBeLessThan(wholeSize)
    value(await cache.fetch(digest, path))
  })

  it('tells how many bytes were moved', async () => {
    const { cache } = await make()
    const bytes = noise(wholeSize)
    const digest = digestBytes(bytes)
    const told: number[] = []
    value(await cache.send([{ digest, bytes }], { onProgress: (moved) => told.push(moved) }))
    expect(told.at(-1)).toBe(wholeSize)
    told.length = 0
    const path = join(newDirectory(), 'file')
    value(await cache.fetch(digest, path, { onProgress: (moved) => told.push(moved) }))
    expect(told.at(-1)).toBe(wholeSize)
    expect(told).toEqual([...told].sort((a, b) => a - b))
  })
}
