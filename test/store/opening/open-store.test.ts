import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { describeStoreFailure, materializeArtifact, openStore, stageArtifact } from '../../../store/index.ts'
import { failureKind, newDirectory, noise, open, recordOf, value } from '../fixtures.ts'

describe('openStore', () => {
  it('makes a store with its format, for its owner alone', async () => {
    const dir = join(newDirectory(), 'deep', 'store')
    await open({ dir })
    expect(readFileSync(join(dir, 'FORMAT'), 'utf8')).toBe('reprise-store 1\n')
    expect(readdirSync(dir).sort()).toEqual(['FORMAT', 'blobs', 'index', 'leases', 'tmp'])
    for (const part of ['.', 'index', 'blobs', 'leases', 'tmp'])
      expect(statSync(join(dir, part)).mode & 0o777).toBe(0o700)
    expect(statSync(join(dir, 'index', 'data.mdb')).mode & 0o077).toBe(0)
  })

  it('opens a store again, and twice in one process', async () => {
    const dir = newDirectory()
    const one = await open({ dir })
    const two = await open({ dir })
    const { artifact, staged } = value(await stageArtifact(one.blobs, 'json', 1))
    const record = recordOf({ n: 1 }, { out: artifact })
    value(await one.actions.commit(record, staged))
    expect((await two.lookup(record.key)).kind).toBe('hit')
    await one.close()
    expect((await two.lookup(record.key)).kind).toBe('hit')
    await two.close()
    const three = await open({ dir })
    expect((await three.lookup(record.key)).kind).toBe('hit')
  })

  it('refuses a newer format and rewrites nothing', async () => {
    const dir = newDirectory()
    await (await open({ dir })).close()
    writeFileSync(join(dir, 'FORMAT'), 'reprise-store 2\n')
    const before = statSync(join(dir, 'index', 'data.mdb')).mtimeMs
    const opened = await openStore({ dir })
    expect(failureKind(opened)).toBe('store-format')
    if (!opened.ok) expect(describeStoreFailure(opened.error)).toContain("'reprise-store 2'")
    expect(readFileSync(join(dir, 'FORMAT'), 'utf8')).toBe('reprise-store 2\n')
    expect(statSync(join(dir, 'index', 'data.mdb')).mtimeMs).toBe(before)
  })

  it('refuses a link, a file, a directory with other things in it, and a part that is a link', async () => {
    const dir = newDirectory()
    await (await open({ dir: join(dir, 'real') })).close()
    symlinkSync('real', join(dir, 'link'))
    writeFileSync(join(dir, 'file'), 'x')
    mkdirSync(join(dir, 'documents'))
    writeFileSync(join(dir, 'documents', 'thesis.tex'), 'x')
    mkdirSync(join(dir, 'halfway'))
    symlinkSync('/tmp', join(dir, 'halfway', 'blobs'))
    for (const name of ['link', 'file', 'documents', 'halfway']) {
      expect(failureKind(await openStore({ dir: join(dir, name) }))).toBe('store-refused')
    }
    expect(readdirSync(join(dir, 'documents'))).toEqual(['thesis.tex'])
  })

  it('answers for a place where nothing can be made, instead of hanging', async () => {
    expect(failureKind(await openStore({ dir: '/proc/reprise/store' }))).toMatch(/store-io|store-refused/)
    const dir = newDirectory()
    writeFileSync(join(dir, 'file'), 'x')
    expect(failureKind(await openStore({ dir: join(dir, 'file', 'store') }))).toMatch(/store-io|store-refused/)
  })

  it.runIf(process.getuid?.() === 0)('refuses a store of another user, except for reading', async () => {
    const { chownSync } = await import('node:fs')
    const dir = newDirectory()
    await (await open({ dir })).close()
    chownSync(dir, 12_345, 12_345)
    const opened = await openStore({ dir })
    expect(failureKind(opened)).toBe('store-refused')
    if (!opened.ok) expect(describeStoreFailure(opened.error)).toContain('another user')
    await open({ dir, readOnly: true })
  })

  it('serves hits from a store that is open for reading, and records nothing', async () => {
    const dir = newDirectory()
    const work = newDirectory()
    const store = await open({ dir })
    writeFileSync(join(work, 'large'), noise(100_000))
    const { artifact, staged } = value(await stageArtifact(store.blobs, 'file', join(work, 'large')))
    const record = recordOf({ n: 1 }, { out: artifact })
    value(await store.actions.commit(record, staged))
    await store.close()

    const reader = await open({ dir, readOnly: true })
    expect(reader.readOnly).toBe(true)
    expect((await reader.lookup(record.key)).kind).toBe('hit')
    value(await materializeArtifact(reader, artifact, join(work, 'out')))
    expect(readFileSync(join(work, 'out')).equals(noise(100_000))).toBe(true)
    reader.actions.countHit(record.key, 5)
    reader.ledger.memos.set('a', 1)
    value(reader.flush())
    const other = value(await stageArtifact(reader.blobs, 'json', 'new'))
    expect(failureKind(await reader.actions.commit(recordOf({ n: 2 }, { out: other.artifact }), other.staged))).toBe(
      'store-read-only',
    )
    expect(failureKind(await reader.actions.remove([record.key], 'x'))).toBe('store-read-only')
    expect('lease' in reader.leases.tryAcquire('a', 'b')).toBe(true)
    expect(failureKind(await openStore({ dir: join(work, 'none'), readOnly: true }))).toBe('store-absent')
    expect(existsSync(join(work, 'none'))).toBe(false)
  })

  it('shares no writable inode: what is materialized can be changed, and the store is not', async () => {
    const store = await open({ dir: newDirectory() })
    const work = newDirectory()
    writeFileSync(join(work, 'in'), noise(100_000))
    const { artifact, staged } = value(await stageArtifact(store.blobs, 'file', join(work, 'in')))
    value(await store.blobs.put(staged))
    value(await materializeArtifact(store, artifact, join(work, 'out')))
    writeFileSync(join(work, 'out'), 'changed')
    writeFileSync(join(work, 'in'), 'changed')
    expect(Buffer.compare(value(await store.read(artifact.digest)), noise(100_000))).toBe(0)
  })

  it('links read-only when asked to, and notices when somebody writes through the link', async () => {
    const store = await open({ dir: newDirectory() })
    const work = newDirectory()
    writeFileSync(join(work, 'in'), noise(100_000))
    const { artifact, staged } = value(await stageArtifact(store.blobs, 'file', join(work, 'in')))
    value(await store.blobs.put(staged))
    const { methods } = value(await materializeArtifact(store, artifact, join(work, 'out'), { link: 'hardlink' }))
    expect(Object.keys(methods)).toEqual(['hardlink'])
    expect(statSync(join(work, 'out')).mode & 0o777).toBe(0o444)
    value(await materializeArtifact(store, artifact, join(work, 'again'), { link: 'hardlink' }))
    chmodSync(join(work, 'out'), 0o644)
    writeFileSync(join(work, 'out'), noise(100_000, 2))
    expect(failureKind(await materializeArtifact(store, artifact, join(work, 'third'), { link: 'hardlink' }))).toBe(
      'blob-corrupt',
    )
    expect(existsSync(join(work, 'third'))).toBe(false)
  })
})
