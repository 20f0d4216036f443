import { readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { digestBytes, type LocalStore, type StagedBlob, stageArtifact } from '../../store/index.ts'
import { failureKind, isThere, newDirectory, noise, recordOf, value } from '../store/fixtures.ts'
import { remembered } from './ledger.ts'
import { storedArtifacts } from './stored-artifacts.ts'

const sizes = [0, 1, 100, 4096, 40_000, 300_000, 3_000_000]

/**
 * Describes what every store on this machine promises besides being a cache; `make` opens a new empty one that is closed
 * after the test.
 */
export function describeLocalStore(name: string, make: () => Promise<LocalStore>): void {
  describe(`${name}: blobs`, () => blobConformance(make))
  describe(`${name}: actions`, () => actionConformance(make))
  describe(`${name}: artifacts`, () => storedArtifacts(make))
  describe(`${name}: memory`, () => remembered(make))
}

function blobConformance(make: () => Promise<LocalStore>): void {
  it.each(sizes)('gives %i bytes back, staged from memory or from a file', async (size) => {
    const store = await make()
    const { blobs } = store
    const dir = newDirectory()
    const bytes = noise(size)
    const digest = digestBytes(bytes)
    expect(await isThere(store, digest)).toBe(false)
    expect(failureKind(await store.read(digest))).toBe('blob-missing')
    const path = join(dir, 'source')
    writeFileSync(path, bytes)
    const staged = value(await blobs.stageFile(path))
    expect(staged.digest).toEqual(digest)
    expect(await isThere(store, digest)).toBe(false)
    value(await blobs.put([staged]))
    expect(await isThere(store, digest)).toBe(true)
    expect(Buffer.compare(value(await store.read(digest)), bytes)).toBe(0)
    expect(blobs.stageBytes(bytes).where).toBe('present')
    const method = value(await blobs.materialize(digest, join(dir, 'deep', 'er', 'target')))
    expect(['reflink', 'copy', 'inline']).toContain(method)
    expect(readFileSync(join(dir, 'deep', 'er', 'target')).equals(bytes)).toBe(true)
  })

  it('puts what was staged in memory, whatever its size', async () => {
    const store = await make()
    const { blobs } = store
    const all = sizes.map((size) => noise(size, 7))
    value(await blobs.put(all.map((bytes) => blobs.stageBytes(bytes))))
    for (const bytes of all) expect(Buffer.compare(value(await store.read(digestBytes(bytes))), bytes)).toBe(0)
  })

  it('sets the executable bit, replaces what is there, and leaves nothing else', async () => {
    const { blobs } = await make()
    const dir = newDirectory()
    for (const size of [10, 200_000]) {
      const blob = blobs.stageBytes(noise(size))
      value(await blobs.put([blob]))
      const path = join(dir, `file-${size}`)
      writeFileSync(path, 'old')
      value(await blobs.materialize(blob.digest, path, { executable: true }))
      expect(statSync(path).mode & 0o777).toBe(0o755)
      value(await blobs.materialize(blob.digest, path))
      expect(statSync(path).mode & 0o777).toBe(0o644)
      expect(statSync(path).size).toBe(size)
    }
    expect(readdirSync(dir).sort()).toEqual(['file-10', 'file-200000'])
  })

  it('refuses links, directories and what is not there', async () => {
    const { blobs } = await make()
    const dir = newDirectory()
    writeFileSync(join(dir, 'file'), 'x')
    symlinkSync('file', join(dir, 'link'))
    expect(failureKind(await blobs.stageFile(join(dir, 'link')))).toBe('source-unsupported')
    expect(failureKind(await blobs.stageFile(dir))).toBe('source-unsupported')
    expect(failureKind(await blobs.stageFile(join(dir, 'none')))).toBe('source-unreadable')
  })

  it('puts all of the staged blobs or none', async () => {
    const store = await make()
    const { blobs } = store
    const good = blobs.stageBytes(noise(10, 1))
    const large = blobs.stageBytes(noise(100_000, 2))
    const gone: StagedBlob = { where: 'present', digest: digestBytes(noise(10, 3)) }
    expect(failureKind(await blobs.put([good, large, gone]))).toBe('blob-missing')
    expect(await isThere(store, good.digest)).toBe(false)
    expect(await isThere(store, large.digest)).toBe(false)
    value(await blobs.put([good, large]))
    expect(await isThere(store, large.digest)).toBe(true)
  })

  it('keeps two blobs apart that differ in one byte, and takes the same one twice', async () => {
    const store = await make()
    const { blobs } = store
    const bytes = noise(100_000)
    const other = Buffer.from(bytes)
    other[50_000] = (other[50_000] ?? 0) ^ 1
    const staged = [blobs.stageBytes(bytes), blobs.stageBytes(bytes), blobs.stageBytes(other)]
    value(await blobs.put(staged))
    value(await blobs.put(staged))
    expect(Buffer.compare(value(await store.read(digestBytes(bytes))), bytes)).toBe(0)
    expect(Buffer.compare(value(await store.read(digestBytes(other))), other)).toBe(0)
  })

  it('answers for a target that cannot be written', async () => {
    const { blobs } = await make()
    const dir = newDirectory()
    const blob = blobs.stageBytes(noise(10))
    value(await blobs.put([blob]))
    writeFileSync(join(dir, 'file'), 'x')
    expect(failureKind(await blobs.materialize(blob.digest, join(dir, 'file', 'below')))).toBe('target-unwritable')
    expect(readdirSync(dir)).toEqual(['file'])
  })
}

function actionConformance(make: () => Promise<LocalStore>): void {
  it('looks up what was committed, together with its blobs', async () => {
    const store = await make()
    const { blobs, actions } = store
    const { artifact, staged } = value(await stageArtifact(blobs, 'json', { words: 3 }))
    const record = recordOf({ stage: 'count' }, { count: artifact })
    expect(await store.lookup(record.key)).toEqual({ kind: 'absent' })
    value(await actions.commit(record, staged))
    expect(await store.lookup(record.key)).toEqual({ kind: 'hit', record })
    expect(await isThere(store, artifact.digest)).toBe(true)
  })

  it('commits neither the action nor its blobs when one is missing', async () => {
    const store = await make()
    const { blobs, actions } = store
    const here = value(await stageArtifact(blobs, 'json', 1))
    const gone = value(await stageArtifact(blobs, 'json', 2))
    const record = recordOf({ stage: 'two' }, { here: here.artifact, gone: gone.artifact })
    expect(failureKind(await actions.commit(record, here.staged))).toBe('blob-missing')
    expect(await store.lookup(record.key)).toEqual({ kind: 'absent' })
    expect(await isThere(store, here.artifact.digest)).toBe(false)
  })

  it('remembers who removed an action, until it is committed again', async () => {
    const store = await make()
    const { blobs, actions } = store
    const { artifact, staged } = value(await stageArtifact(blobs, 'json', 'x'))
    const record = recordOf({ stage: 'x' }, { x: artifact })
    value(await actions.commit(record, staged))
    value(await actions.remove([record.key, '0'.repeat(64)], 'cache gc'))
    expect(await store.lookup(record.key)).toMatchObject({ kind: 'evicted', by: 'cache gc' })
    expect(await store.lookup('0'.repeat(64))).toEqual({ kind: 'absent' })
    value(await actions.commit(record, staged))
    expect((await store.lookup(record.key)).kind).toBe('hit')
  })

  it('replaces a record of the same key', async () => {
    const store = await make()
    const { blobs, actions } = store
    const one = value(await stageArtifact(blobs, 'json', 1))
    const two = value(await stageArtifact(blobs, 'json', 2))
    value(await actions.commit(recordOf({ a: 1 }, { out: one.artifact }), one.staged))
    const second = recordOf({ a: 1 }, { out: two.artifact })
    value(await actions.commit(second, two.staged))
    expect(await store.lookup(second.key)).toEqual({ kind: 'hit', record: second })
  })
}
