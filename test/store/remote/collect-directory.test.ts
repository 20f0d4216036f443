import { existsSync, mkdirSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { collectRemoteDirectory, digestBytes, type StoredArtifact, touchInRemote } from '../../../store/index.ts'
import { packable, sendPacks } from '../../../store/remote/cache/packs.ts'
import type { RemoteCache } from '../../../store/remote/cache/remote-cache.ts'
import { actionPath, blobPath, packPath } from '../../../store/remote/layout/remote-layout.ts'
import { createDirectoryPlace } from '../../../store/remote/place/directory-place.ts'
import { newDirectory, noise, recordOf, value } from '../fixtures.ts'
import { newKey, remoteIn } from './rig.ts'

const day = 24 * 3600 * 1000

/** Publishes a tree of many small files and a large one, and returns its key and where its objects are. */
async function published(dir: string, remote: RemoteCache, n: number) {
  const large = noise(200_000, n)
  const small = Array.from({ length: 100 }, (_, index) => noise(100, 1000 * n + index))
  const files = [...small, large]
  const listing = Buffer.from(
    JSON.stringify(
      files.map((bytes, index) => [
        `f${String(index).padStart(3, '0')}`,
        digestBytes(bytes).hash,
        bytes.byteLength,
        false,
      ]),
    ),
  )
  const tree: StoredArtifact = { kind: 'tree', digest: digestBytes(listing), sizeBytes: 210_000 }
  const record = recordOf({ n }, { tree })
  const blobs = [...files, listing].map((bytes) => ({ digest: digestBytes(bytes), bytes }))
  const small2 = packable(blobs)
  const packs = value(await sendPacks(remote.site, 'main', small2, {}))
  value(await remote.send(blobs.filter((blob) => !small2.includes(blob))))
  value(await remote.recordPacked(record, packs))
  const objects = [
    actionPath('main', record.key),
    blobPath('main', digestBytes(large).hash),
    ...packs.map(({ hash }) => packPath('main', hash)),
  ].map((path) => join(dir, path))
  return { key: record.key, objects }
}

function age(paths: readonly string[], days: number): void {
  const then = new Date(Date.now() - days * day)
  for (const path of paths) utimesSync(path, then, then)
}

async function team() {
  const dir = newDirectory()
  const signer = newKey()
  const open = () => remoteIn(createDirectoryPlace(dir), { write: 'main', signer, trust: [signer.publicKey] })
  const results = [await published(dir, open(), 1), await published(dir, open(), 2), await published(dir, open(), 3)]
  for (const [index, { objects }] of results.entries()) age(objects, 10 - index)
  return { dir, open, results }
}

describe('an action', () => {
  it('is whole by the packs that it names, and by no others that somebody knows of', async () => {
    const { open, results } = await team()
    const { key, objects } = results[0] ?? { key: '', objects: [] }
    const found = await open().lookup(key)
    if (found.kind !== 'hit') throw new Error('it is there')
    // A record of the same result that names no packs, as where its small files were on their own and have expired.
    const writer = open()
    expect((await writer.lookup(key)).kind).toBe('hit')
    rmSync(objects[0] ?? '')
    expect(await writer.record(found.record)).toMatchObject({ ok: false, error: { kind: 'blob-missing' } })
    expect((await open().lookup(key)).kind).toBe('absent')
  })
})

describe('a shared directory that is kept small', () => {
  it('loses whole results, the oldest first, and keeps the others whole', async () => {
    const { dir, open, results } = await team()
    const all = await collectRemoteDirectory(dir, { maxSizeBytes: 1e9 })
    expect(all).toMatchObject({ ok: true, value: { results: 0, leftovers: 0, freedBytes: 0 } })
    const predicted = await collectRemoteDirectory(dir, { maxSizeBytes: 500_000, dryRun: true })
    const done = await collectRemoteDirectory(dir, { maxSizeBytes: 500_000 })
    expect(done).toEqual(predicted)
    expect(done).toMatchObject({ ok: true, value: { results: 1 } })
    const kinds = await Promise.all(results.map(async ({ key }) => (await open().lookup(key)).kind))
    expect(kinds).toEqual(['absent', 'hit', 'hit'])
    expect(results[0]?.objects.filter((path) => existsSync(path))).toEqual([])
  })

  it('keeps what was touched, and what is younger than a day', async () => {
    const { dir, open, results } = await team()
    const touched = value(await touchInRemote(open(), [results[0]?.key ?? '', 'f'.repeat(64)]))
    expect(touched).toEqual({ results: 1, absent: 1 })
    for (const path of results[0]?.objects ?? []) expect(Date.now() - statSync(path).mtimeMs).toBeLessThan(day)
    const stray = join(dir, blobPath('main', 'a'.repeat(64)))

    mkdirSync(join(stray, '..'), { recursive: true })
    writeFileSync(stray, 'left by a run that was killed')
    await collectRemoteDirectory(dir, { maxSizeBytes: 500_000 })
    expect((await open().lookup(results[0]?.key ?? '')).kind).toBe('hit')
    expect((await open().lookup(results[1]?.key ?? '')).kind).toBe('absent')
    expect(existsSync(stray)).toBe(true)
    age([stray], 2)
    expect(await collectRemoteDirectory(dir, { maxSizeBytes: 1e9 })).toMatchObject({
      ok: true,
      value: { leftovers: 1 },
    })
    expect(existsSync(stray)).toBe(false)
  })

  it('touches nothing in a directory that is no cache', async () => {
    const dir = newDirectory()
    writeFileSync(join(dir, 'thesis.doc'), 'years of work')
    expect((await collectRemoteDirectory(dir, { maxSizeBytes: 0 })).ok).toBe(false)
    expect(existsSync(join(dir, 'thesis.doc'))).toBe(true)
  })
})
