import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { join, relative } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { digestBytes, stageArtifact } from '../../../store/index.ts'
import { failureKind, newDirectory, noise, open, value } from '../fixtures.ts'

/** Returns a store whose clock says that `ms` have passed since the file at `path` was changed. */
async function storeAt(path: string, ms: number) {
  return open({ dir: newDirectory(), now: () => statSync(path).ctimeMs + ms })
}

describe('remembered digests', () => {
  it('are those of the content, and are not read again while the stat is the same', async () => {
    const path = join(newDirectory(), 'file')
    writeFileSync(path, noise(3_000_000))
    const store = await storeAt(path, 100_000)
    expect(store.ledger.fileDigests.known(path)).toBeUndefined()
    const first = value(await store.ledger.fileDigests.digest(path))
    expect(first.digest).toEqual(digestBytes(noise(3_000_000)))
    expect(store.ledger.fileDigests.known(path)).toEqual(first)
    value(store.flush())
    expect(store.ledger.fileDigests.known(path)).toEqual(first)
    await store.close()
    const again = await open({ dir: store.dir })
    expect(again.ledger.fileDigests.known(path)).toEqual(first)
    expect(first.stamp.sizeBytes).toBe(3_000_000n)
  })

  it('are never those of a file that was changed so lately that its stat may not show the next change', async () => {
    const path = join(newDirectory(), 'file')
    writeFileSync(path, 'one')
    for (const ms of [0, 10, 49]) {
      const store = await storeAt(path, ms)
      value(await store.ledger.fileDigests.digest(path))
      expect(store.ledger.fileDigests.known(path)).toBeUndefined()
    }
    const settled = await storeAt(path, 60)
    value(await settled.ledger.fileDigests.digest(path))
    expect(settled.ledger.fileDigests.known(path)).toBeDefined()
  })

  it('are kept for other runs only when no memory map can change the file without a new stamp', async () => {
    const path = join(newDirectory(), 'file')
    writeFileSync(path, 'one')
    for (const [ms, isKept] of [
      [60, false],
      [59_000, false],
      [61_000, true],
    ] as const) {
      const store = await storeAt(path, ms)
      value(await store.ledger.fileDigests.digest(path))
      // Within one run its stat is believed.
      expect(store.ledger.fileDigests.known(path)).toBeDefined()
      await store.close()
      const again = await open({ dir: store.dir })
      expect(again.ledger.fileDigests.known(path) !== undefined).toBe(isKept)
    }
  })

  it.runIf(existsSync('/dev/shm'))('are never kept for other runs of a file in memory', async () => {
    const dir = mkdtempSync('/dev/shm/reprise-test-')
    onTestFinished(() => rmSync(dir, { recursive: true }))
    const path = join(dir, 'file')
    writeFileSync(path, 'one')
    const store = await storeAt(path, 3_600_000)
    value(await store.ledger.fileDigests.digest(path))
    await store.close()
    const again = await open({ dir: store.dir })
    expect(again.ledger.fileDigests.known(path)).toBeUndefined()
  })

  it('of what was staged stay right when its directory is renamed, and not when a file was changed meanwhile', async () => {
    const dir = newDirectory()
    const work = join(dir, 'work')
    mkdirSync(join(work, 'tree', 'sub'), { recursive: true })
    for (const name of ['kept', 'changed', 'tree/kept', 'tree/sub/changed']) writeFileSync(join(work, name), name)
    chmodSync(join(work, 'kept'), 0o755)
    const store = await open({ dir: newDirectory() })
    const staged = [
      value(await stageArtifact(store.blobs, 'file', join(work, 'kept'))),
      value(await stageArtifact(store.blobs, 'file', join(work, 'changed'))),
      value(await stageArtifact(store.blobs, 'tree', join(work, 'tree'))),
    ]
    expect(staged.map(({ artifact }) => artifact.executable ?? false)).toEqual([true, false, false])
    for (const name of ['changed', 'tree/sub/changed']) {
      writeFileSync(join(work, name), name.toUpperCase())
      utimesSync(join(work, name), 1, 1)
    }
    const place = join(dir, 'place')
    renameSync(work, place)
    const known = staged.flatMap(({ files }) =>
      files.map(({ path, digest, from }) => {
        const there = join(place, relative(work, path))
        store.ledger.fileDigests.remember(there, digest, from)
        return [relative(place, there), store.ledger.fileDigests.known(there)?.digest]
      }),
    )
    expect(Object.fromEntries(known)).toEqual({
      kept: digestBytes(Buffer.from('kept')),
      changed: undefined,
      'tree/kept': digestBytes(Buffer.from('tree/kept')),
      'tree/sub/changed': undefined,
    })
  })

  it('are not trusted when the clock was set back', async () => {
    const path = join(newDirectory(), 'file')
    writeFileSync(path, 'one')
    const store = await storeAt(path, -1_000_000)
    value(await store.ledger.fileDigests.digest(path))
    expect(store.ledger.fileDigests.known(path)).toBeUndefined()
  })

  it('are forgotten when the file is touched, replaced, or becomes something else', async () => {
    const dir = newDirectory()
    const path = join(dir, 'file')
    writeFileSync(path, 'one')
    const store = await storeAt(path, 100_000)
    const remembered = async () => {
      value(await store.ledger.fileDigests.digest(path))
      store.ledger.fileDigests.remember(path, digestBytes(Buffer.from('one')))
      expect(store.ledger.fileDigests.known(path)).toBeDefined()
    }
    await remembered()
    utimesSync(path, 1, 1)
    expect(store.ledger.fileDigests.known(path)).toBeUndefined()
    await remembered()
    writeFileSync(path, 'two')
    utimesSync(path, 1, 1)
    expect(store.ledger.fileDigests.known(path)).toBeUndefined()
    expect(value(await store.ledger.fileDigests.digest(path)).digest).toEqual(digestBytes(Buffer.from('two')))
  })

  it('are recorded at once for a file that the caller wrote itself, unless its size is another one', async () => {
    const path = join(newDirectory(), 'file')
    writeFileSync(path, 'mine')
    const store = await storeAt(path, 0)
    store.ledger.fileDigests.remember(path, digestBytes(Buffer.from('other size')))
    expect(store.ledger.fileDigests.known(path)).toBeUndefined()
    store.ledger.fileDigests.remember(path, digestBytes(Buffer.from('mine')))
    expect(store.ledger.fileDigests.known(path)?.digest).toEqual(digestBytes(Buffer.from('mine')))
  })

  it('follow a link to its file, and answer for what is no file', async () => {
    const dir = newDirectory()
    writeFileSync(join(dir, 'file'), 'x')
    symlinkSync('file', join(dir, 'link'))
    mkdirSync(join(dir, 'sub'))
    const store = await open({ dir: newDirectory() })
    expect(value(await store.ledger.fileDigests.digest(join(dir, 'link'))).digest).toEqual(
      digestBytes(Buffer.from('x')),
    )
    expect(failureKind(await store.ledger.fileDigests.digest(join(dir, 'sub')))).toBe('source-unsupported')
    expect(failureKind(await store.ledger.fileDigests.digest(join(dir, 'none')))).toBe('source-unreadable')
  })

  it('are right for many files at once, which worker threads hash, and for a large one', async () => {
    const dir = newDirectory()
    const store = await open({ dir: newDirectory() })
    const paths = Array.from({ length: 700 }, (_, index) => join(dir, String(index)))
    paths.forEach((path, index) => {
      writeFileSync(path, noise(index * 3, index + 1))
    })
    const large = join(dir, 'large')
    writeFileSync(large, noise(20_000_000))
    const found = await store.ledger.fileDigests.digests([...paths, join(dir, 'none'), large])
    paths.forEach((_, index) => {
      expect(found[index]).toMatchObject({ ok: true, value: { digest: digestBytes(noise(index * 3, index + 1)) } })
    })
    expect(found.at(-2)).toMatchObject({ ok: false, error: { kind: 'source-unreadable', code: 'ENOENT' } })
    expect(found.at(-1)).toMatchObject({ ok: true, value: { digest: digestBytes(noise(20_000_000)) } })
  })
})
